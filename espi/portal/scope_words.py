"""What a scope opens, in the words of whoever agrees to it."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from espi import scope as scopes
from espi.portal.language import count, say
from espi.scope import BadScope, Scope


def in_words(scope: Scope) -> list[str]:
    """The kinds of data that a scope opens, one a line; how far back it goes is not among them."""
    return [_WORDS[said.key](said.value) for said in scopes.explain(scope) if said.key in _WORDS]


def of_text(text: str) -> list[str]:
    """The same of a scope as it is kept; nothing of one that cannot be read."""
    try:
        return in_words(scopes.parse(text))
    except BadScope:
        return []


def history(months: int) -> str:
    """How far back a scope goes."""
    return count("The last %(num)s month before you agree", "The last %(num)s months before you agree", months)


def history_months(scope: Scope) -> int:
    """How many months a scope goes back; 0 where it does not say."""
    return next((int(said.value) for said in scopes.explain(scope) if said.key == "history"), 0)


def _interval(value: str) -> str:
    named = {
        "900": say("A value for every 15 minutes"),
        "1800": say("A value for every 30 minutes"),
        "3600": say("A value for every hour"),
        "daily": say("A value for every day"),
        "weekly": say("A value for every week"),
        "monthly": say("A value for every month"),
        "billingperiod": say("A value for every bill"),
        "seasonal": say("A value for every season"),
    }
    return named.get(value, say("A value for every %(seconds)s seconds", seconds=value))


def _frequency(value: str) -> str:
    named = {"daily": say("News every day"), "weekly": say("News every week"), "monthly": say("News every month")}
    return named.get(value, say("News whenever there are new values"))


_WORDS: Mapping[str, Callable[[str], str]] = {
    "electricity": lambda _: say("How much electricity you use"),
    "returned": lambda _: say("How much electricity you send back"),
    "demand": lambda _: say("How much power you draw at most"),
    "register": lambda _: say("What the dial of the meter shows"),
    "gas": lambda _: say("How much gas you use"),
    "water": lambda _: say("How much water you use"),
    "temperature": lambda _: say("The temperature at your meter"),
    "interval": _interval,
    "cost": lambda _: say("What it costs"),
    "bills": lambda _: say("Totals of your bills"),
    "quality": lambda _: say("The quality of the power"),
    "frequency": _frequency,
}
