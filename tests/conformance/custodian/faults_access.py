"""Faults in who may have what, and in what registration and authorizations say."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from tests.conformance.custodian import facts
from tests.conformance.custodian.aims import BATCH, BULK, LIST, OFFLINE, PERSONAL, REGISTRATION, STATUS
from tests.conformance.custodian.exchange import Answer, Request
from tests.conformance.custodian.faults import Fault, manners
from tests.conformance.custodian.spoiling import (
    NO_TOKEN,
    answers,
    drops,
    edits,
    opens,
    when,
)

if TYPE_CHECKING:
    from tests.conformance.custodian.server import Custodian

OTHERS = f"(?!.*{OFFLINE})/Authorization/[0-9a-f]+$"
POINTS = f"/Subscription/{facts.SUBSCRIPTION}/UsagePoint"
LINK = r"<link [^>]*cert\.greenbutton[^>]*/>"


def counted_up(custodian: Custodian, request: Request, found: Answer) -> Answer:
    """The usage point has the number 17, wherever it is named."""
    if "/UsagePoint/17" in request.path:
        path = request.path.replace("/UsagePoint/17", f"/UsagePoint/{facts.POINT}")
        found = custodian.good(replace(request, path=path))
    return edits(f"UsagePoint/{facts.POINT}", "UsagePoint/17")(custodian, request, found)


FAULTS = [
    Fault("CERT001", "the registration has no link to the certificate", when(edits(LINK, ""), path=REGISTRATION)),
    Fault("CERT002", "the list of authorizations has no link to it", when(edits(LINK, ""), path=LIST)),
    Fault("CERT003", "an authorization has no link to it", when(edits(LINK, ""), path=OTHERS)),
    Fault(
        "CERT004", "the customer's feed links to another one", when(edits(facts.CERTIFICATE_ID, "0" * 8), path=BATCH)
    ),
    Fault("CERT008", "the retail customer's feed has no link to it", when(edits(LINK, ""), path=PERSONAL)),
    Fault(
        "FND001",
        "no page for scopes is named",
        when(drops("dataCustodianScopeSelectionScreenURI"), path=REGISTRATION),
        also_fails=("TC001", "OAD014b", "BLK014"),
    ),
    Fault(
        "FND002",
        "a status that the standard does not know",
        when(edits("ApplicationStatus>2<", "ApplicationStatus>7<"), path=REGISTRATION),
    ),
    Fault(
        "OAU067",
        "the list of authorizations has none of customers",
        when(edits("<entry>(?:(?!</entry>).)*>authorization_code<.*?</entry>\n", ""), path=LIST),
        also_fails=("RBK001",),
    ),
    Fault(
        "FND003",
        "the list of authorizations is not valid",
        when(edits("<espi:token_type>Bearer", "<espi:token_type>bearer", 1), path=LIST),
        also_fails=("CERT002",),
    ),
    Fault(
        "FND004",
        "an authorization does not say whose it is",
        when(edits("URI>https[^<]*/Authorization/[^<]*<", "URI><"), path=OTHERS),
    ),
    Fault("FND005", "usage points have no kind of service", when(drops("ServiceCategory"), path=BATCH)),
    Fault("FND006", "the service says that it is down", when(edits("Status>1<", "Status>0<"), path=STATUS)),
    Fault(
        "TC001",
        "an address is not https",
        when(edits("<espi:client_uri>https", "<espi:client_uri>http"), path=REGISTRATION),
    ),
    Fault(
        "TC010",
        "a title shows an account number",
        when(edits("<title>Electricity<", "<title>Account 004512345<"), path=BATCH),
    ),
    Fault("TC011", "usage points are counted up", when(counted_up, path="/resource/")),
    Fault("OAD006", "the client token opens the registration", when(opens, path=REGISTRATION, kind="C", method="GET")),
    Fault(
        "OAD007",
        "the registration token opens an authorization",
        when(opens, path=OTHERS, kind="R", method="GET"),
    ),
    Fault(
        "OAD008",
        "a customer's token lists authorizations",
        when(opens, path=LIST, kind="A", method="GET"),
        also_fails=("OAU042",),
    ),
    Fault("OAD009", "no token is answered with 401", when(answers(401), path=BATCH, kind=NO_TOKEN)),
    Fault("OAD010", "a customer's token asks for the status", when(opens, path=STATUS, kind="A")),
    Fault(
        "OAD016",
        "an expired token is answered with 403",
        when(answers(403), path=BATCH, kind="unknown", status=401),
        also_fails=("OAD013", "OAU032", "OAU033", "OAU060", "OAU015", "OAU019", "OAU041"),
    ),
    Fault(
        "OFA001",
        "what was made offline does not say since when",
        when(drops("publishedPeriod"), path=OFFLINE),
    ),
    Fault("MGA001", "an authorization has no period", when(drops("authorizedPeriod"), path=OTHERS, method="GET")),
    Fault("MGA002", "a deletion is answered with 204", when(answers(204), path=OTHERS, method="DELETE", status=200)),
    Fault("MGA003", "an empty header is answered with 401", when(answers(401), path=OTHERS, kind=NO_TOKEN)),
    Fault(
        "MGT001",
        "a registration cannot be put back",
        when(answers(405), path=REGISTRATION, method="PUT", status=200),
        also_fails=("MGT002",),
    ),
    Fault(
        "MGT002", "a deletion is answered with 204", when(answers(204), path=REGISTRATION, method="DELETE", status=200)
    ),
    Fault(
        "MGT003", "the client token changes the registration", when(opens, path=REGISTRATION, method="PUT", kind="C")
    ),
    Fault("RBK002", "a customer's token opens the bulk", when(opens, path=BULK, kind="A")),
    Fault("RBK003", "the registration token opens the bulk", when(opens, path=BULK, kind="R")),
    Fault("RBK004", "the bulk is open to everybody", when(opens, path=BULK, kind=NO_TOKEN)),
    Fault("RBK006", "any bulk is open to any client", when(opens, path="/Batch/Bulk/", kind="C", status=403)),
    Fault("RES010", "a customer's token deletes", when(answers(200), path=POINTS, method="DELETE")),
    Fault("RES019", "a client token puts in reading types", when(opens, path="/ReadingType$", method="POST", kind="C")),
    Fault("RES020", "a client token reads usage points", when(opens, path=POINTS, kind="C", method="GET")),
    Fault(
        "RES021",
        "a customer's token reads another subscription",
        when(opens, path="/Batch/Subscription/", kind="A", status=403),
    ),
    Fault(
        "DMD004",
        "a client token fetches a customer's file",
        when(opens, path="/UsagePoint$", kind="C", status=403, method="GET"),
        also_fails=("RES020",),
    ),
    Fault("RCS004", "a client token reads who the customer is", when(opens, path=PERSONAL, kind="C")),
    Fault(
        "RES014",
        "a customer's token opens the bulk of retail customers",
        when(opens, path="/BulkRetailCustomerInfo/", kind="A"),
    ),
    Fault(
        "OAU042",
        "a token of the wrong kind is not told so",
        when(answers(403), path="/resource/", status=403),
    ),
    Fault(
        "OAU043",
        "who has no token is not told how to use one",
        when(answers(401), path="/resource/", kind=NO_TOKEN, status=401),
    ),
    Fault(
        "OAU041",
        "who has a dead token is not told how to use one",
        when(answers(401), path="/resource/", kind="unknown", status=401),
        also_fails=("OAU069",),
    ),
    Fault(
        "OAU069",
        "who has a dead token is not told so",
        when(answers(401, WWW_Authenticate='Bearer realm="espi"'), path="/resource/", kind="unknown", status=401),
    ),
    Fault("OAD013", "a token lives on after a refresh", begins=manners(refresh_ends_old_token=False)),
    Fault(
        "OAU060",
        "tokens outlive their authorization",
        begins=manners(withdrawal_ends_tokens=False),
        also_fails=("OAU033",),
    ),
    Fault(
        "OAU044",
        "a token may stand in the address",
        lambda custodian, request, found: custodian.opened(request) if "access_token=" in request.query else found,
    ),
]
