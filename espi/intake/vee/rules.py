"""The rule table V01 to V18: what each asks, and what follows where a day fails (Smart Meter Texas facts, 3.6)."""

from __future__ import annotations

from enum import IntEnum, StrEnum
from typing import NamedTuple


class Check(IntEnum):
    """The rules by number, as results bear them."""

    FULL_DAY = 1
    AS_PROVISIONED = 2
    METER_KNOWN = 3
    CLOCK_DRIFT = 4
    GAP = 5
    NEGATIVE = 6
    ABOVE_MAXIMUM = 7
    SPIKE = 8
    SUM = 9
    HIGH_LOW = 10
    ZERO_RUN = 11
    FROZEN = 12
    GENERATION_UNREGISTERED = 13
    USE_WHILE_OFF = 14
    DUPLICATE = 15
    TEST_OR_TAMPER = 16
    PROLONGED_ESTIMATION = 17
    FUTURE = 18

    @property
    def id(self) -> str:
        """As the table names it: V01 to V18."""
        return f"V{self.value:02d}"


class When(StrEnum):
    """Where a rule is looked at."""

    REFUSAL = "at intake, which does not take the block"
    INTAKE = "at intake"
    JOB = "in a job after the file"


class Rule(NamedTuple):
    """A row of the table."""

    check: Check
    asks: str
    follows: str
    when: When


RULES = (
    Rule(Check.FULL_DAY, "block is not a full local day", "refused with 03", When.REFUSAL),
    Rule(Check.AS_PROVISIONED, "interval, unit or channel not as provisioned", "refused with 01", When.REFUSAL),
    Rule(Check.METER_KNOWN, "ESIID not known", "parked until it is", When.REFUSAL),
    Rule(Check.CLOCK_DRIFT, "meter's clock is off", "flag", When.JOB),
    Rule(Check.GAP, "intervals without a value", "estimate", When.INTAKE),
    Rule(Check.NEGATIVE, "negative values", "estimate", When.INTAKE),
    Rule(Check.ABOVE_MAXIMUM, "values above the physical maximum", "estimate", When.INTAKE),
    Rule(Check.SPIKE, "one value far above the third highest", "flag; estimate if V09 fails too", When.INTAKE),
    Rule(Check.SUM, "intervals do not add up to the register's advance", "flag", When.JOB),
    Rule(Check.HIGH_LOW, "day far from the mean of like days", "flag", When.JOB),
    Rule(Check.ZERO_RUN, "zeros on an energised premise", "flag", When.INTAKE),
    Rule(Check.FROZEN, "the same value again and again", "flag", When.INTAKE),
    Rule(Check.GENERATION_UNREGISTERED, "generation where none is registered", "flag", When.JOB),
    Rule(Check.USE_WHILE_OFF, "use on a de-energised premise", "flag", When.JOB),
    Rule(Check.DUPLICATE, "the same values as another day's", "flag", When.JOB),
    Rule(Check.TEST_OR_TAMPER, "test mode or tampering in the day", "flag", When.JOB),
    Rule(Check.PROLONGED_ESTIMATION, "nothing but estimates for days", "report to the utility", When.JOB),
    Rule(Check.FUTURE, "day that has not ended", "refused with 04", When.REFUSAL),
)

DAY_RULES = frozenset(rule.check for rule in RULES if rule.when is When.INTAKE)
"""Rules that need nothing but the day."""

JOB_RULES = frozenset(rule.check for rule in RULES if rule.when is When.JOB)
"""Rules that need more than the day."""

REFUSED_BY = {"01": Check.AS_PROVISIONED, "03": Check.FULL_DAY, "04": Check.FUTURE}
"""Which rule a block failed that intake refused, by ERCOT's code."""

ESTIMATED_AFTER = frozenset({Check.GAP, Check.NEGATIVE, Check.ABOVE_MAXIMUM})
"""Rules after which an estimate takes the value's place at once."""
