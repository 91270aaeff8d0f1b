"""Function blocks: their names, which a document's data belong to, and which need no claim."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from conformance.document.names import CUSTOMER

if TYPE_CHECKING:
    from conformance.document import Document, Entry

NAMES: Mapping[int, str] = {
    1: "Usage data common",
    2: "Usage data: Download My Data",
    3: "Usage data: Connect My Data",
    4: "Interval metering",
    5: "Electricity interval metering",
    6: "Demand electricity metering",
    7: "Net electricity metering",
    8: "Forward and reverse electricity metering",
    9: "Register values of electricity metering",
    10: "Natural gas interval metering",
    11: "Water interval metering",
    12: "Cost of interval data",
    13: "Security and privacy classes",
    14: "Authorization with pre-negotiated scope",
    15: "Usage summary",
    16: "Usage summary with cost",
    17: "Electric power quality summary",
    18: "Multiple usage points",
    19: "Partial update of data",
    26: "Usage summary: billing details",
    27: "Usage summary: demands and the day before",
    28: "Usage summary: costs of the current billing period",
    29: "Temperature interval metering",
    30: "Usage data: common user experience",
    31: "Authorization without pre-negotiated scope",
    32: "Resource-level REST",
    33: "Management REST",
    34: "Bulk usage data by SFTP",
    35: "Bulk usage data by REST",
    36: "Dynamic registration of third parties",
    37: "Query parameters",
    38: "On-demand requests",
    39: "Push model",
    40: "Offline authorization",
    41: "Management of ApplicationInformation or Authorization",
    42: "Third party: core REST",
    43: "Third party: management REST",
    44: "Management of Authorization or ApplicationInformation",
    46: "Retail customer core (now 53)",
    47: "Retail customer bulk by REST (now 67)",
    48: "Retail customer bulk by SFTP (now 66)",
    49: "Retail customer management REST",
    50: "Retail customer resource-level REST",
    51: "Retail customer common",
    52: "Retail customer: Download My Data",
    53: "Retail customer: Connect My Data",
    54: "Basic information",
    55: "Demographic information",
    56: "Billing information",
    57: "Account agreement information",
    58: "Service location information",
    59: "Service supplier information",
    60: "Meter information",
    61: "End device information",
    62: "Program date and id mappings",
    63: "Retail customer: common user experience",
    64: "Retail customer: security and privacy",
    65: "Retail customer: authorization",
    66: "Retail customer bulk by SFTP",
    67: "Retail customer bulk by REST",
    69: "Retail customer: push model",
    70: "Retail customer: offline authorization",
    71: "Billing statement",
    99: "Everything optional",
}
"""What each function block is about, by its number (our words)."""

USAGE_COMMON = frozenset({1, 4})
CUSTOMER_COMMON = frozenset({51})
ADMINISTRATIVE = frozenset({"ApplicationInformation", "Authorization", "BatchList", "ServiceStatus"})
"""Resources that are about the exchange of data, and are none."""


def title(block: int | None) -> str:
    """How reports call a function block: `FB_05 Electricity interval metering`."""
    if block is None:
        return "Common to all blocks"
    return f"FB_{block:02d} {NAMES.get(block, '')}".rstrip()


def common(document: Document) -> frozenset[int]:
    """The blocks whose rules hold for the document whatever is claimed: 1 and 4 for usage, 51 for customers.

    None for what is no data of either: registrations, authorizations, notifications and the service's status.
    """
    kinds = {entry.kind for entry in (*document.entries, *filter(None, (document.bare,)))}
    if kinds and kinds <= ADMINISTRATIVE:
        return frozenset()
    spaces = {entry.namespace for entry in document.entries}
    if CUSTOMER not in spaces:
        return USAGE_COMMON
    return CUSTOMER_COMMON if spaces <= {CUSTOMER, ""} else CUSTOMER_COMMON | USAGE_COMMON


def derived(document: Document) -> frozenset[int]:
    """The other blocks whose defining data are in the document."""
    return frozenset(block for block, found in _DEFINING.items() if found(document))


def _reading_types(**wanted: str | tuple[str, ...]) -> Callable[[Document], int]:
    """Counts the reading types whose facts are (one of) those wanted."""

    def count(document: Document) -> int:
        return sum(all(_is(entry, *one) for one in wanted.items()) for entry in document.of("ReadingType"))

    return count


def _is(entry: Entry, fact: str, wanted: str | tuple[str, ...]) -> bool:
    return entry.facts.get(fact) in ((wanted,) if isinstance(wanted, str) else wanted)


def _service(kind: str) -> Callable[[Document], bool]:
    return lambda document: any(_is(entry, "ServiceCategory/kind", kind) for entry in document.of("UsagePoint"))


def _summaries(document: Document) -> Sequence[Entry]:
    return document.of("UsageSummary", "ElectricPowerUsageSummary")


def _summary_with(*paths: str, at_least: int = 1) -> Callable[[Document], bool]:
    return lambda document: any(
        sum(summary.present(path) for path in paths) >= at_least for summary in _summaries(document)
    )


def _has(kind: str) -> Callable[[Document], object]:
    return lambda document: document.of(kind, namespace=CUSTOMER)


def _customer_address(document: Document) -> bool:
    return any(
        customer.present(path)
        for customer in document.of("Customer", namespace=CUSTOMER)
        for path in ("Organisation/streetAddress", "Organisation/postalAddress")
    )


def _costs(document: Document) -> bool:
    return any(block.has_cost for _entry, block in document.blocks())


def _demand(document: Document) -> bool:
    """FB_06 wants active, apparent and reactive demand: two of the three are a try at it."""
    kinds = [_reading_types(accumulationBehaviour="12", commodity="1", uom=uom) for uom in ("38", "61", "63")]
    return sum(bool(count(document)) for count in kinds) >= 2


def _any(*found: Callable[[Document], object]) -> Callable[[Document], bool]:
    return lambda document: any(one(document) for one in found)


_DEFINING: Mapping[int, Callable[[Document], object]] = {
    5: _reading_types(accumulationBehaviour="4", commodity="1", flowDirection="1", kind="12"),
    6: _demand,
    7: _reading_types(accumulationBehaviour="4", commodity="1", flowDirection="4"),
    8: _reading_types(accumulationBehaviour="4", commodity="1", flowDirection="19"),
    9: _reading_types(accumulationBehaviour="1", commodity="1"),
    10: _any(_reading_types(commodity="7"), _service("1")),
    11: _any(_reading_types(commodity="9"), _service("2")),
    12: _costs,
    15: _summaries,
    16: _summary_with("billLastPeriod", "costAdditionalLastPeriod"),
    17: lambda document: document.of("ElectricPowerQualitySummary"),
    26: _summary_with("costAdditionalDetailLastPeriod"),
    27: _summary_with(
        "ratchetDemand",
        "ratchetDemandPeriod",
        "peakDemand",
        "currentDayOverallConsumption",
        "previousDayOverallConsumption",
        at_least=3,
    ),
    28: _summary_with("billToDate"),
    29: _any(_reading_types(kind="46"), _reading_types(uom=("6", "23"))),
    54: _has("Customer"),
    55: _customer_address,
    56: _has("CustomerAccount"),
    57: _has("CustomerAgreement"),
    58: _has("ServiceLocation"),
    59: _has("ServiceSupplier"),
    60: _has("Meter"),
    61: _has("EndDevice"),
    62: _has("ProgramDateIdMappings"),
    71: _has("Statement"),
}
"""What shows that a document carries the data of a block, for the blocks that need no claim to be judged."""

TWINS: Mapping[int, frozenset[int]] = {
    3: frozenset({53}),
    13: frozenset({64}),
    14: frozenset({31, 65}),
    31: frozenset({14, 65}),
    34: frozenset({66}),
    35: frozenset({67}),
    39: frozenset({69}),
    40: frozenset({70}),
}
"""Blocks whose cases also judge others: those of retail customer data repeat those of usage data."""


def with_twins(claimed: Iterable[int]) -> frozenset[int]:
    """The blocks whose cases judge what is claimed."""
    wanted = frozenset(claimed)
    return wanted | {block for block, twins in TWINS.items() if twins & wanted}
