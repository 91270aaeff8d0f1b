"""Names that ESPI documents are made of: namespaces, their prefixes, media types."""

from __future__ import annotations

from typing import Final

from espi.resources.declare import CUSTOMER, ESPI

ATOM: Final = "http://www.w3.org/2005/Atom"

PREFIXES: Final = {ESPI: "espi", CUSTOMER: "cust"}
"""The prefixes we write. The certification harness compares names with the literal `espi:`."""

MEDIA_TYPES: Final = {
    "feed": "application/atom+xml; charset=utf-8",
    "entry": "application/atom+xml; charset=utf-8",
    "bare": "application/xml; charset=utf-8",
    "content": "application/xml",
}
"""What is served as what; `content` is the `type` of an entry's content element."""

CERTIFICATE_URL: Final = "https://cert.greenbuttonalliance.org/certificate/"
"""Where the certificate of a certified custodian is shown; its id follows."""
