"""Notifications of the played custodian: a list of addresses, posted to the third party."""

from __future__ import annotations

import contextlib
import http.client
import ssl
from urllib.parse import urlsplit
from xml.sax.saxutils import escape


def batch_list(addresses: list[str]) -> str:
    resources = "".join(f"<espi:resources>{escape(each)}</espi:resources>" for each in addresses)
    return f'<espi:BatchList xmlns:espi="http://naesb.org/espi">{resources}</espi:BatchList>'


def post(url: str, text: str, media_type: str = "application/atom+xml") -> int:
    """Send it; the status that came back, or 0."""
    parts = urlsplit(url)
    if parts.scheme == "https":
        context = ssl.create_default_context()
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        to: http.client.HTTPConnection = http.client.HTTPSConnection(parts.netloc, timeout=5, context=context)
    else:
        to = http.client.HTTPConnection(parts.netloc, timeout=5)
    with contextlib.closing(to):
        try:
            to.request("POST", parts.path, text.encode(), {"Content-Type": media_type})
            return to.getresponse().status
        except OSError:
            return 0
