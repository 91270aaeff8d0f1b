"""pgesmd-self-access against our server: status, a bulk request, the notification at its own listener, the feed.

Runs in that package's own environment and a folder of its own; the first argument is a JSON object. It prints `asked`
when the bulk request was answered with 202, and at the end what it found.
"""

from __future__ import annotations

import json
import logging
import sys
from pathlib import Path

from pgesmd_self_access.api import SelfAccessApi
from pgesmd_self_access.helpers import parse_espi_data, save_espi_xml
from pgesmd_self_access.server import SelfAccessServer

logging.disable(logging.DEBUG)
told = json.loads(sys.argv[1])
base = told["issuer"]
folder = Path("data/espi_xml")
folder.mkdir(parents=True, exist_ok=True)
api = SelfAccessApi(
    told["bulk_id"],
    told["client_id"],
    told["client_secret"],
    told["certificate"],
    told["key"],
    token_uri=told["token_endpoint"],
    utility_uri=base,
    api_uri="/espi",
    service_status_uri=told["service_status"],
)
online, asked = api.get_service_status(), api.request_latest_data()
print(json.dumps({"online": online, "asked": asked}), flush=True)
SelfAccessServer(api, save_file=save_espi_xml, filename="got", to_db=False, close_after=True)
rows = list(parse_espi_data((folder / "got.xml").read_text("utf-8")))
print(json.dumps({"readings": len(rows), "total": sum(row[2] for row in rows)}))
