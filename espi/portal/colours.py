"""Colours that people can read: the contrast of two (WCAG 2), and the nearest shade that has enough of it."""

from __future__ import annotations

import re

ENOUGH = 4.5
LIGHT_GROUNDS = ("#ffffff", "#f5f4ef", "#eff0ea", "#e9f1ec")
"""What letters of a colour stand on by day, and the letters that stand on it; as in `static/portal.css`."""
DARK_GROUNDS = ("#17211e", "#0f1614", "#1f2b27", "#1c2f27")
DARK_INK = "#06281a"
"""The letters on a button by night."""
WHITE, BLACK = "#ffffff", "#000000"
STEPS = 100

_COLOUR = re.compile(r"#[0-9a-f]{6}", re.ASCII)


def is_colour(text: str) -> bool:
    """Whether a text is a colour as `#rrggbb`, in small letters."""
    return _COLOUR.fullmatch(text) is not None


def contrast(one: str, other: str) -> float:
    """How far two colours are apart in brightness: from 1 to 21."""
    dark, light = sorted((_luminance(one), _luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def least_by_day(colour: str) -> float:
    """The least contrast that a colour has where it stands by day."""
    return min(contrast(colour, ground) for ground in LIGHT_GROUNDS)


def least_by_night(colour: str) -> float:
    """The least contrast that a colour has where it stands by night."""
    return min(contrast(colour, ground) for ground in (*DARK_GROUNDS, DARK_INK))


def for_day(colour: str) -> str:
    """A colour, or the nearest darker shade of it that can be read by day."""
    shades = (_mixed(colour, BLACK, step) for step in range(STEPS + 1))
    return next(each for each in shades if least_by_day(each) >= ENOUGH)


def for_night(colour: str) -> str:
    """A colour, or the nearest lighter shade of it that can be read by night."""
    shades = (_mixed(colour, WHITE, step) for step in range(STEPS + 1))
    return next(each for each in shades if least_by_night(each) >= ENOUGH)


def _parts(colour: str) -> tuple[int, int, int]:
    red, green, blue = bytes.fromhex(colour[1:])
    return red, green, blue


def _mixed(colour: str, other: str, step: int) -> str:
    pairs = zip(_parts(colour), _parts(other), strict=True)
    return "#" + bytes(here + (there - here) * step // STEPS for here, there in pairs).hex()


def _luminance(colour: str) -> float:
    red, green, blue = (_linear(part / 255) for part in _parts(colour))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(part: float) -> float:
    return part / 12.92 if part <= 0.04045 else float(((part + 0.055) / 1.055) ** 2.4)
