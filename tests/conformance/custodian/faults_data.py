"""Faults in feeds: query parameters, bulk, batches that come later, single resources, management."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlencode

from tests.conformance.custodian import facts
from tests.conformance.custodian.aims import BATCH, BULK, FILE
from tests.conformance.custodian.exchange import Answer, Request
from tests.conformance.custodian.faults import Fault, manners
from tests.conformance.custodian.spoiling import Spoil, answers, asks_without, drops, edits, when

if TYPE_CHECKING:
    from tests.conformance.custodian.server import Custodian

POINTS = f"^/espi/1_1/resource/Subscription/{facts.SUBSCRIPTION}/UsagePoint$"
BLOCKS = "/IntervalBlock$"
ENTRY = re.compile("<entry>.*?</entry>\n", re.DOTALL)
BOTH = "published-min=.*published-max="
PAGE = "start-index=.*max-results="


def without(part: str) -> Spoil:
    """Leave out the entries that have some text."""

    def spoilt(_custodian: Custodian, _request: Request, found: Answer) -> Answer:
        return replace(found, body=ENTRY.sub(lambda one: "" if part in one[0] else one[0], found.text).encode())

    return spoilt


def at_most_two_blocks(_custodian: Custodian, _request: Request, found: Answer) -> Answer:
    """Further blocks are left out."""
    blocks = [one for one in ENTRY.findall(found.text) if "<espi:IntervalBlock>" in one]
    text = found.text
    for block in blocks[2:]:
        text = text.replace(block, "")
    return replace(found, body=text.encode())


def swapped(_custodian: Custodian, _request: Request, found: Answer) -> Answer:
    """The third block stands before the second but one."""
    blocks = [one for one in ENTRY.findall(found.text) if "<espi:IntervalBlock>" in one]
    if len(blocks) < 4:
        return found
    text = found.text.replace(blocks[3], "").replace(blocks[2], blocks[3] + blocks[2])
    return replace(found, body=text.encode())


def with_those_that_overlap(custodian: Custodian, request: Request, _found: Answer) -> Answer:
    """The bounds are a second wider than they were asked for."""
    asked = [(name, _moved(name, value)) for name, value in parse_qsl(request.query)]
    return custodian.good(replace(request, query=urlencode(asked)))


def _moved(name: str, value: str) -> str:
    days = {"published-min": -1, "published-max": 1}.get(name, 0)
    begins = re.fullmatch(r"(.*)T(05:00:00)Z", value)
    if begins or not days:
        return value
    day = int(value[8:10]) + (max(days, 0))
    return f"{value[:8]}{day:02}T05:00:00Z"


def past_the_first(custodian: Custodian, request: Request, _found: Answer) -> Answer:
    """What starts with the lower bound is left out."""
    middle = facts.time_text(facts.BLOCKS[facts.DAYS // 2][1])
    good = custodian.good(request)
    return without(f"<title>{middle[:10]}<")(custodian, request, good) if f"min={middle}" in request.query else good


def counted_from_nothing(custodian: Custodian, request: Request, _found: Answer) -> Answer:
    """The first entry has the number 0."""
    asked = [
        (name, str(int(value) + 1) if name == "start-index" else value) for name, value in parse_qsl(request.query)
    ]
    return custodian.good(replace(request, query=urlencode(asked)))


def not_until_notified(custodian: Custodian, _request: Request, found: Answer) -> Answer:
    """There is no bulk before a notification of it."""
    return found if any("/Batch/Bulk/" in text for text, _ in custodian.posted) else Answer(404)


def second_time(spoil: Spoil) -> Spoil:
    """Spoil what comes after a 202."""
    return lambda custodian, request, found: found if found.status == 202 else spoil(custodian, request, found)


LATE = manners(prepares_batches=True)

FAULTS = [
    Fault("QRY001", "more than two blocks do not come", when(at_most_two_blocks, path=BATCH, words=BOTH)),
    Fault(
        "QRY002",
        "max-results=All is understood",
        when(asks_without("max-results"), path=BATCH, words="max-results=All"),
    ),
    Fault(
        "QRY003",
        "bounds of update are overlooked",
        when(asks_without("updated-min", "updated-max"), path=BATCH, words="updated-(min|max)=[^T]*T(0|1|2[0-4])"),
    ),
    Fault("QRY004", "no results means all", when(asks_without("max-results"), path=BATCH, words="max-results=0")),
    Fault("QRY005", "30 February is a day", when(asks_without("published-min"), path=BATCH, words="02-30")),
    Fault(
        "QRY006",
        "a narrowed feed has no local time",
        when(without("<espi:LocalTimeParameters>"), path=BATCH, words=BOTH),
    ),
    Fault(
        "QRY007",
        "an upper bound alone is overlooked",
        when(asks_without("published-max"), path=BATCH, words="published-max", lacks="published-min"),
    ),
    Fault(
        "QRY008",
        "summaries always come",
        when(
            lambda c, r, f: replace(f, body=f.text.replace("</feed>", _summaries(c, r) + "</feed>").encode()),
            path=BATCH,
            words=BOTH,
        ),
    ),
    Fault(
        "QRY009",
        "what starts with the lower bound is left out",
        when(past_the_first, path=BATCH, words=BOTH),
        also_fails=("QRY006",),
    ),
    Fault(
        "QRY010",
        "what lies partly within the bounds is kept",
        when(with_those_that_overlap, path=BATCH, words=BOTH, status=200),
    ),
    Fault(
        "QRY011",
        "a block loses its last reading",
        when(
            edits(
                r"<espi:IntervalReading>(?:(?!<espi:IntervalReading>).)*</espi:IntervalReading>(?=</espi:IntervalBlock>)",
                "",
            ),
            path=BATCH,
            words=BOTH,
        ),
    ),
    Fault("QRY012", "what is not known is refused", when(answers(400), path=BATCH, words="colour=")),
    Fault("QRY013", "counting starts with 0", when(asks_without("start-index"), path=BATCH, words="start-index=0")),
    Fault("QRY014", "depth is overlooked", when(asks_without("depth"), path=BATCH, words="depth=[0-9]")),
    Fault("QRY015", "pages begin too late", when(counted_from_nothing, path=BATCH, words=f"{BOTH}.*{PAGE}")),
    Fault(
        "QRY016",
        "a narrowed feed has another id for a usage point",
        when(
            edits(
                facts.entry_id(f"/Subscription/{facts.SUBSCRIPTION}/UsagePoint/{facts.POINT}"),
                facts.entry_id("another"),
            ),
            path=BATCH,
            words=BOTH,
        ),
    ),
    Fault("QRY017", "blocks come out of order", when(swapped, path=BATCH)),
    Fault(
        "QRY018",
        "an authorization covers less than is given",
        when(
            edits(r"(<espi:publishedPeriod>.*?<espi:start>)\d+", rf"\g<1>{facts.FIRST_DAY_S + 2 * facts.DAY_S}"),
            path="/Authorization/[0-9a-f]+$",
        ),
    ),
    Fault(
        "QRY019", "collections overlook parameters", when(asks_without("published-min", "published-max"), path=BLOCKS)
    ),
    Fault(
        "RBK001",
        "an entry of the bulk is somebody else's",
        when(
            edits(
                f'rel="self"([^>]*)Subscription/{facts.SUBSCRIPTION}',
                rf'rel="self"\1Subscription/{facts.OTHER_SUBSCRIPTION}',
                1,
            ),
            path=BULK,
        ),
    ),
    Fault("RBK005", "there is no bulk before a notification", when(not_until_notified, path=BULK, kind="C")),
    Fault(
        "RBK007",
        "the bulk overlooks parameters",
        when(asks_without("published-min", "published-max"), path=BULK, words=BOTH),
    ),
    Fault("SFTP001", "the bulk's file has no entries", files=lambda text: ENTRY.sub("", text)),
    Fault(
        "BAT001",
        "there are words with a 202",
        when(answers(202, "please wait"), path="/Batch/", status=202),
        begins=LATE,
    ),
    Fault(
        "BAT002",
        "nobody is told what is ready",
        notifies=lambda _custodian, _text: None,
        begins=LATE,
    ),
    Fault("BAT003", "what was told to be ready is not there", when(second_time(answers(404)), path=BATCH), begins=LATE),
    Fault("BAT004", "what comes later is not valid", when(second_time(drops("tzOffset")), path=BATCH), begins=LATE),
    Fault(
        "BAT005",
        "the status comes later",
        when(answers(202), path="/ReadServiceStatus", kind="C"),
        also_fails=("FND006",),
    ),
    Fault(
        "RES001",
        "the collection of usage points is empty",
        when(without("<espi:UsagePoint>"), path=POINTS),
    ),
    Fault("RES002", "meter readings have no collection", when(answers(404), path="/MeterReading$")),
    Fault(
        "RES003",
        "a block alone is not given",
        when(answers(404), path="/IntervalBlock/[0-9a-f]+$"),
        also_fails=("RES009",),
    ),
    Fault("RES004", "reading types have no collection", when(answers(404), path="/ReadingType$", method="GET")),
    Fault("RES005", "local time has no collection", when(answers(404), path="/LocalTimeParameters$")),
    Fault("RES006", "summaries have no collection", when(answers(404), path="/UsageSummary$")),
    Fault(
        "RES007",
        "a quality summary is not valid",
        when(drops("summaryInterval"), path="/ElectricPowerQualitySummary/[0-9a-f]+$"),
    ),
    Fault("RES008", "a usage point has no batch", when(answers(404), path="/Batch/Subscription/[0-9a-f]+/UsagePoint/")),
    Fault(
        "RES009",
        "a usage point alone has another id",
        when(
            edits("urn:uuid:....", "urn:uuid:abcd"),
            path=f"resource/Subscription/[0-9a-f]+/UsagePoint/{facts.POINT}$",
            method="GET",
        ),
    ),
    Fault(
        "RES011",
        "what is created is answered with 200",
        when(lambda _c, _r, f: replace(f, status=200), path="/ReadingType$", method="POST", status=201),
    ),
    Fault(
        "RES012",
        "an unknown usage point is an empty one",
        when(answers(200), path="/UsagePoint/[0-9a-f]+$", status=404, kind="A"),
    ),
    Fault("RES015", "registrations cannot be listed", when(answers(404), path="/ApplicationInformation$")),
    Fault(
        "RES017", "words are put in", when(answers(200), path="/ReadingType/", method="PUT", words="This is no entry")
    ),
    Fault(
        "RES018",
        "what is not there can be deleted",
        when(answers(200), path="/ReadingType/", method="DELETE", status=404),
    ),
    Fault("RES022", "the older name is not known", when(answers(404), path="/ElectricPowerUsageSummary$")),
    Fault(
        "RES023", "there is no collection of all blocks", when(answers(404), path="^/espi/1_1/resource/IntervalBlock$")
    ),
    Fault(
        "DMD008",
        "a customer's file overlooks parameters",
        when(asks_without("published-min", "published-max"), path=FILE, words=BOTH),
    ),
    Fault("DMD009", "a feed is not taken", when(answers(501), path=FILE, method="POST", status=201)),
]


def _summaries(custodian: Custodian, request: Request) -> str:
    """All summaries, whatever the bounds."""
    full = custodian.good(replace(request, query=""))
    return "".join(one for one in ENTRY.findall(full.text) if "<espi:UsageSummary>" in one)
