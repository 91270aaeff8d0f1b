"""Every report on the market, declared once: its pages, charts, files and the answers of the API are made of this."""

from __future__ import annotations

from dataclasses import dataclass, field

COUNT, SHARE, MEAN = "count", "share", "mean"
"""Measures: how many; a share in hundredths of a per cent; minutes on the average."""
MONTHS, DAYS = "month", "day"
UTILITY, CALLER = "utility", "caller"
STACK, LINES = "stack", "lines"
"""Charts: columns on each other, a pile for each period; or a line for each subject."""

CALLERS = (
    ("customer", "Customers"),
    ("rep", "Electric companies (REPs)"),
    ("third_party", "Apps and third parties"),
    ("tdsp", "Utilities (TDSPs)"),
    ("regulator", "Regulator"),
    ("operator", "Operator"),
    ("person", "People without an account"),
)


@dataclass(frozen=True)
class Column:
    """What is counted. people: it is of people, so small numbers are hidden. unit: of what is no count.

    adds: the columns whose sum it is. of: part and whole of a share; of a mean, the seconds that are kept and the
    column of how many they are for.
    """

    name: str
    title: str
    doc: str
    measure: str = COUNT
    people: bool = False
    unit: str = ""
    adds: tuple[str, ...] = ()
    of: tuple[str, ...] = ()


@dataclass(frozen=True)
class Report:
    """A report. by: what its lines are told apart by. source: which kept counts it is read from.

    periods: how fine it may be asked for, the usual first. drawing: the columns of its chart.
    """

    name: str
    title: str
    doc: str
    unit: str
    by: str
    columns: tuple[Column, ...]
    drawing: tuple[str, ...]
    chart: str = STACK
    source: str = "kept"
    periods: tuple[str, ...] = (MONTHS,)
    subjects: tuple[tuple[str, str], ...] = field(default=())

    @property
    def subject_title(self) -> str:
        """What the column of subjects is called."""
        return "Utility" if self.by == UTILITY else "Who"

    @property
    def drawn(self) -> tuple[Column, ...]:
        """The columns of the chart."""
        return tuple(column for name in self.drawing for column in self.columns if column.name == name)


def _share(name: str, title: str, doc: str, part: str, whole: str) -> Column:
    return Column(name, title, doc, SHARE, unit="per cent", of=(part, whole))


def _minutes(name: str, title: str, number: str) -> Column:
    doc = "On the average; of fewer than five it is not told."
    return Column(name, title, doc, MEAN, unit="minutes", of=("seconds", number))


_ASKED = ("completed", "failed", "timed-out", "limited", "under-way")

REPORTS = (
    Report(
        "accounts",
        "Accounts",
        "Customers who can log in, at the utility that measures their meter. Counted each night; the last count of a "
        "month stays. A customer with meters at two utilities is counted at both.",
        "accounts",
        UTILITY,
        (
            Column("homes", "Homes", "Logins of residential customers.", people=True),
            Column("businesses", "Businesses", "Logins of all other customers.", people=True),
            Column("accounts", "All accounts", "Both together.", adds=("homes", "businesses")),
            Column("meters", "Places with a meter", "Points of delivery that the utility has told us of."),
            _share("reach", "Accounts for each 100 places", "All accounts by places.", "accounts", "meters"),
        ),
        ("homes", "businesses"),
    ),
    Report(
        "logins",
        "Logins of companies and staff",
        "Who can log in, by kind. Counted each night; the last count of a month stays.",
        "logins",
        CALLER,
        (
            Column("logins", "Logins", "Logins that are not shut.", people=True),
            Column("companies", "Companies or customers", "For how many of them those logins speak.", people=True),
        ),
        ("logins",),
        LINES,
        subjects=CALLERS[:-1],
    ),
    Report(
        "agreements",
        "Agreements",
        "What customers let apps and companies see, at the utility of the meter. Counted each night, the month before "
        "too. A customer's own programs are left out. Months are those of UTC.",
        "agreements",
        UTILITY,
        (
            Column("active", "In force", "Those that stand at the end of the month.", people=True),
            Column("waiting", "Waiting for the customer", "Requests without an answer at that time.", people=True),
            Column("sharing", "Customers who share", "With one company or more.", people=True),
            Column("began", "Begun", "Agreements that began in the month.", people=True),
            Column("by-customer", "Ended by the customer", "In the month.", people=True),
            Column("by-company", "Ended by the company", "In the month.", people=True),
            Column("otherwise", "Ended otherwise", "Time over, move-out or the operator, in the month.", people=True),
        ),
        ("active", "waiting"),
    ),
    Report(
        "completeness",
        "Completeness",
        "How much of what meters should have sent came in, in days of channels. Counted after each file and by night, "
        "by the days of the utility's own time zone.",
        "days of channels",
        UTILITY,
        (
            Column("expected", "Expected", "A meter hung there, and there was power."),
            Column("came", "Came in", "Of those expected."),
            Column("missing", "Missing", "Expected, and nothing came."),
            _share("complete", "Complete", "Came in, of those expected.", "came", "expected"),
            Column("estimated", "With estimates", "Came, and at least one value is an estimate."),
            Column("partial", "With gaps", "Came, and at least one value is missing."),
            Column("refused", "Refused", "Blocks of files that did not fit the rules."),
        ),
        ("complete",),
        LINES,
        "completeness",
        (MONTHS, DAYS),
    ),
    Report(
        "timeliness",
        "Timeliness",
        "Whether what came in came by the utility's own deadline, as a rule at 11 in the evening of the next day.",
        "days of channels",
        UTILITY,
        (
            Column("received", "Came in", "With any reading."),
            Column("on-time", "On time", "First there by the deadline."),
            Column("late", "Late", "First there after it."),
            _share("punctual", "Share on time", "On time, of those that came in.", "on-time", "received"),
        ),
        ("punctual",),
        LINES,
        "completeness",
        (MONTHS, DAYS),
    ),
    Report(
        "on-demand",
        "Reads on demand",
        "Reads that were asked of a meter at once, and what became of them. Counted each night, the month before too.",
        "requests",
        UTILITY,
        (
            Column("completed", "Answered", "The meter sent a fresh reading.", people=True),
            Column("failed", "Failed", "The utility said that it could not be done.", people=True),
            Column("timed-out", "No answer in time", "Nothing came back.", people=True),
            Column("limited", "Over the limit", "Refused, as there were enough that day.", people=True),
            Column("under-way", "Under way", "Neither answered nor given up.", people=True),
            Column("asked", "All requests", "All of them.", adds=_ASKED),
            _share("success", "Success", "Answered, of all requests.", "completed", "asked"),
            _minutes("took", "Time to the answer", "completed"),
        ),
        ("completed", "failed", "timed-out", "limited"),
    ),
    Report(
        "api-use",
        "Use of the APIs",
        "Calls of programs, by whom they speak for: Green Button and the market's own interface together. Counted as "
        "they come, by days of UTC; calls of the sandbox are left out.",
        "calls",
        CALLER,
        (
            Column("answered", "Answered", "With what was asked for."),
            Column("refused", "Refused", "Not allowed, not there, or not well asked."),
            Column("too-many", "Too many", "Over the limit of calls."),
            Column("failed", "Failed", "Through a fault of this system."),
            Column("calls", "All calls", "All of them.", adds=("answered", "refused", "too-many", "failed")),
            _share("good", "Not failed", "Answered, of all calls.", "answered", "calls"),
        ),
        ("answered", "refused", "too-many", "failed"),
        periods=(MONTHS, DAYS),
        subjects=CALLERS[:-1],
    ),
    Report(
        "tickets",
        "Questions to the help desk",
        "Questions by who asked, in the month in which they were asked. Counted each night, the month before too. "
        "Months are those of UTC.",
        "questions",
        CALLER,
        (
            Column("answered", "Answered", "Questions of the month that have an answer by now.", people=True),
            Column("waiting", "Not answered yet", "Questions of the month that have none.", people=True),
            Column("opened", "All questions", "All of them.", adds=("answered", "waiting")),
            _minutes("wait", "Time to the first answer", "answered"),
        ),
        ("answered", "waiting"),
        subjects=CALLERS,
    ),
)  # fmt: skip
"""The overview has them in this order."""
