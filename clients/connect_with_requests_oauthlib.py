"""requests-oauthlib against our server: code, refresh, client credentials, a protected GET. Own environment.

The first argument is a JSON object; it prints where the customer must go, reads where he came back to, prints what it
got, and leaves the feed in the file that it was told.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

from oauthlib.oauth2 import BackendApplicationClient
from requests_oauthlib import OAuth2Session

told = json.loads(sys.argv[1])
secret = {"client_secret": told["client_secret"]}
session = OAuth2Session(told["client_id"], redirect_uri=told["redirect_uri"], scope=told["scope"])
address, _state = session.authorization_url(told["authorization_endpoint"])
print(json.dumps({"authorize": address}), flush=True)
back = sys.stdin.readline().strip()
token = session.fetch_token(told["token_endpoint"], authorization_response=back, **secret)
granted = " ".join(token["scope"]) if isinstance(token["scope"], list) else token["scope"]
session.scope = granted  # it repeats its scope when it refreshes, and more than was granted is refused
first = session.get(token["resourceURI"])
refreshed = session.refresh_token(
    told["token_endpoint"], auth=(told["client_id"], told["client_secret"]), refresh_token=token["refresh_token"]
)
feed = session.get(token["resourceURI"])
while feed.status_code == 202:
    time.sleep(int(feed.headers["Retry-After"]))
    feed = session.get(token["resourceURI"])
Path(told["feed"]).write_bytes(feed.content)
own = OAuth2Session(client=BackendApplicationClient(told["client_id"]))
own.fetch_token(told["token_endpoint"], auth=(told["client_id"], told["client_secret"]))
status = own.get(told["service_status"])
print(
    json.dumps(
        {
            "scope": granted,
            "refreshed": refreshed["access_token"] != first.request.headers["Authorization"].partition(" ")[2],
            "feed": feed.status_code,
            "status": status.status_code,
        }
    )
)
