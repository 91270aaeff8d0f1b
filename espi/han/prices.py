"""Prices for devices at home (SEP 1.0, Price cluster). A price is displaced by the next one; none is taken back."""

from __future__ import annotations

from decimal import Decimal

from espi.config import Settings
from espi.errors import BadInput
from espi.han.fields import NOW
from espi.han.sending import DAY_S, Wanted
from espi.han.sep1 import LABEL_BYTES, LONGEST_EVENT_MIN, UNTIL_CHANGED, Cluster, PublishPrice
from espi.store import home_commands as store

ACTION = "price:send"
MINUTE_S = 60
US_DOLLAR = 840
MOST_DIGITS = 15
MOST_TIERS = 15
GREATEST = 0xFFFFFFFF


def price(
    amount: Decimal,
    *,
    settings: Settings,
    provider_id: int,
    label: str = "",
    currency: int = US_DOLLAR,
    tier: int = 0,
    tiers: int = 0,
    register_tier: int = 0,
    start_s: int = NOW,
    minutes: int | None = None,
) -> Wanted:
    """A price of a kWh. currency: its ISO 4217 number. minutes: how long it counts, None until another follows.

    label: what a display calls it. `BadInput` for what no frame can hold.
    """
    value, digit = scaled(amount)
    _check(label, currency, (tier, tiers, register_tier), minutes)
    now_s = settings.clock.now_s()
    begin_s = start_s or now_s
    duration = UNTIL_CHANGED if minutes is None else minutes
    content = {
        "amount": str(amount), "label": label, "currency": currency, "tier": tier, "tiers": tiers,
        "register_tier": register_tier, "start_s": start_s, "minutes": minutes,
    }  # fmt: skip
    return Wanted(
        store.PRICE,
        ACTION,
        Cluster.PRICE,
        start_s,
        begin_s + (DAY_S if minutes is None else minutes * MINUTE_S),
        content,
        lambda event_id: PublishPrice(
            provider_id & GREATEST,
            label.encode(),
            event_id,
            now_s,
            unit=0,
            currency=currency,
            trailing_digit=digit,
            tier=tier,
            tiers=tiers,
            register_tier=register_tier,
            start_s=start_s,
            duration_min=duration,
            price=value,
        ),
    )


def scaled(amount: Decimal) -> tuple[int, int]:
    """A price as a whole number and how many of its digits stand behind the point: 0.185 is 185 and 3."""
    if not amount.is_finite() or amount < 0:
        raise BadInput("A price is a number of 0 or more.")
    _, digits, exponent = amount.normalize().as_tuple()
    behind = max(0, -int(exponent))
    value = int(amount.scaleb(behind))
    if behind > MOST_DIGITS or value > GREATEST or len(digits) > MOST_DIGITS:
        raise BadInput("This price has more digits than a frame can hold.")
    return value, behind


def _check(label: str, currency: int, of_tiers: tuple[int, int, int], minutes: int | None) -> None:
    if len(label.encode("utf-8", "surrogatepass")) > LABEL_BYTES or not label.isprintable():
        raise BadInput(f"The name of a price has {LABEL_BYTES} bytes at most.")
    tier, tiers, register_tier = of_tiers
    if not 0 <= tier <= tiers <= MOST_TIERS or not 0 <= register_tier <= tiers:
        raise BadInput(f"A tier is one of 0 to the number of tiers, which is {MOST_TIERS} at most.")
    if not 1 <= currency <= 999:
        raise BadInput("A currency is its number in ISO 4217, such as 840.")
    if minutes is not None and not 1 <= minutes <= LONGEST_EVENT_MIN:
        raise BadInput(f"A price counts for 1 to {LONGEST_EVENT_MIN} minutes, or until another follows.")
