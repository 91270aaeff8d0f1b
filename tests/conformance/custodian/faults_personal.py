"""Faults in what concerns the retail customer."""

from __future__ import annotations

from tests.conformance.custodian import facts
from tests.conformance.custodian.aims import BATCH, CODE, PERSONAL, RECORD, TOKEN
from tests.conformance.custodian.faults import Fault
from tests.conformance.custodian.spoiling import answers, drops, edits, members, opens, when

CUSTOMER_BLOCKS = "_51_53_54_55_56_57_58_59_60_61_64_65_67_69_70_71"

FAULTS = [
    Fault(
        "RCS001",
        "a token does not say where the customer is",
        when(members("customerResourceURI"), path=TOKEN, words=CODE, status=200),
    ),
    Fault("RCS002", "the customer is missing", when(edits("cust:Customer>", "cust:Organisation>"), path=PERSONAL)),
    Fault(
        "RCS003",
        "usage stands among the customer's data",
        when(
            edits(
                "</feed>",
                "<entry><id>urn:uuid:3f0e1b52-6c1c-5c34-8a52-8d5d0e3c9b12</id><title/><link rel='self' href='https://dc.example/x'/><content><espi:MeterReading/></content></entry></feed>",
            ),
            path=PERSONAL,
        ),
    ),
    Fault("RCS005", "a grant of usage opens the customer too", when(opens, path=PERSONAL, kind="A", status=403)),
    Fault(
        "RCS006",
        "the customer's address is his number",
        when(
            edits(f'(customerResourceURI": "[^"]*/){facts.SUBSCRIPTION}', r"\g<1>4711"),
            path=TOKEN,
            words=CODE,
            status=200,
        ),
        also_fails=("RCS007",),
    ),
    Fault(
        "RCS007", "an authorization does not say where the customer is", when(drops("customerResourceURI"), path=RECORD)
    ),
    Fault(
        "RCS008",
        "a place names another usage point",
        when(edits(f"UsagePoint/{facts.POINT}<", f"UsagePoint/{'0' * 12}<"), path=PERSONAL),
    ),
    Fault(
        "RCS009",
        "blocks of the customer are not in the scope",
        when(edits(CUSTOMER_BLOCKS, ""), path=TOKEN, words=CODE, status=200),
        also_fails=("SCP005",),
    ),
    Fault("RCS010", "a bill cannot be fetched", when(answers(404), path="/Statement/[0-9a-f]+/Document$")),
    Fault(
        "RCS011",
        "the customer's name is in the usage feed",
        when(edits("<title>Electricity<", "<title>Electricity of Ada Example<"), path=BATCH),
    ),
    Fault(
        "RCS054",
        "nobody has a name",
        when(
            edits("<cust:(organisationName|customerName)>Ada Example</cust:(organisationName|customerName)>", ""),
            path=PERSONAL,
        ),
    ),
    Fault("RCS055", "the town is missing", when(drops("townDetail", 1), path=PERSONAL)),
    Fault("RCS056", "an account has no number", when(drops("accountId"), path=PERSONAL)),
    Fault(
        "RCS057",
        "an account leads to no agreement",
        when(edits('<link rel="related"[^>]*CustomerAgreement"/>', "", 1), path=PERSONAL),
    ),
    Fault(
        "RCS058",
        "a place names its usage points twice",
        when(edits("(<cust:UsagePoints>.*?</cust:UsagePoints>)", r"\1\1"), path=PERSONAL),
    ),
    Fault(
        "RCS059",
        "the supplier has no name",
        when(
            edits(
                "<cust:Organisation><cust:organisationName>Springfield Power<.*?</cust:Organisation>",
                "",
            ),
            path=PERSONAL,
        ),
    ),
    Fault(
        "RCS060",
        "there is no meter",
        when(edits("cust:Meter>", "cust:Asset>"), path=PERSONAL),
    ),
    Fault("RCS061", "there is no device", when(edits("cust:EndDevice>", "cust:Asset>"), path=PERSONAL)),
    Fault("RES013", "agreements have no collection", when(answers(404), path="/CustomerAgreement$")),
]
