"""Full-text search of the help: sections of articles by their words, without accents and whether one or many.

A reader's words are looked up in his language, then in the other: whoever knows the English word alone finds the
Spanish article by it.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import cache

from espi.portal.guide.articles import LANGUAGES, Article, Section, shelf
from espi.portal.guide.markup import plain

MOST_WORDS = 12
MOST_FOUND = 20
TITLE, WORDS, HEADING, BODY = 6.0, 5.0, 4.0, 1.0
MOST_OF_BODY = 3
OURS = 1.25
"""How much better an article fits that is for the reader's role."""

BEGINNING = 4
"""How long a word must be for longer ones that begin with it to count."""

_SAY_NOTHING = """
    a al an and are as at can como con cual cuando de del do does donde el en es esta for how i in is it la las lo los
    me mi mis my no o of on or para por que se si sin su sus the this to un una what when where which who why with y yo
    """
PASSED_OVER = frozenset(_SAY_NOTHING.split())
"""Words that say nothing about what is looked for."""


@dataclass(frozen=True)
class Hit:
    """A section that was found, and how well it fits."""

    article: Article
    section: Section
    fit: float


@dataclass(frozen=True)
class Index:
    """Where each stem stands: article and section number, with its weight. rare: how much each stem tells."""

    places: Mapping[str, Mapping[tuple[str, int], float]]
    rare: Mapping[str, float]


def stems(text: str) -> list[str]:
    """The words of a text as they are compared: no accents, no capitals, no plural."""
    folded = unicodedata.normalize("NFKD", text.casefold())
    words = re.findall(r"[a-z0-9]+", "".join(each for each in folded if not unicodedata.combining(each)))
    return [_stem(word) for word in words if word not in PASSED_OVER]


def _stem(word: str) -> str:
    """A word without the end that makes it many; `battery` and `batteries`, `luz` and `luces` become one."""
    if len(word) <= 3:
        return word.replace("z", "c") if word.endswith("z") else word
    word = word.removesuffix("s").removesuffix("e")
    return word[:-1] + {"y": "i", "z": "c"}.get(word[-1], word[-1])


@cache
def index(language: str) -> Index:
    """The index of a language, made once."""
    places: dict[str, dict[tuple[str, int], float]] = defaultdict(dict)
    number = 0
    for article in shelf(language).values():
        for place, section in enumerate(article.sections):
            number += 1
            for stem, weight in _weights(article, section, is_first=place == 0).items():
                places[stem][article.id, place] = weight
    rare = {stem: math.log(1 + number / len(where)) for stem, where in places.items()}
    return Index(dict(places), rare)


def _weights(article: Article, section: Section, *, is_first: bool) -> dict[str, float]:
    weights: dict[str, float] = defaultdict(float)
    for stem, times in Counter(stems(plain(section.blocks))).items():
        weights[stem] += BODY * min(times, MOST_OF_BODY)
    for stem in set(stems(section.heading)):
        weights[stem] += HEADING
    if is_first:
        for stem in set(stems(article.title)):
            weights[stem] += TITLE
        for stem in set(stems(article.words)):
            weights[stem] += WORDS
    return weights


def find(text: str, language: str, role: str = "") -> list[Hit]:
    """What fits a reader's words best, a section of each article. role: whose articles come first among equals."""
    asked = list(dict.fromkeys(stems(text)))[:MOST_WORDS]
    others = [other for other in LANGUAGES if other != language]
    return _find(asked, language, language, role) or [
        hit for other in others for hit in _find(asked, other, language, role)
    ]


def _find(asked: Collection[str], searched: str, shown: str, role: str) -> list[Hit]:
    fits: dict[tuple[str, int], float] = defaultdict(float)
    matched: dict[str, set[str]] = defaultdict(set)
    for word in asked:
        for place, weight in _places(index(searched), word):
            fits[place] += weight
            matched[place[0]].add(word)
    best: dict[str, Hit] = {}
    for (identity, number), fit in fits.items():
        article = shelf(shown)[identity]
        ours = OURS if role in article.entry.roles else 1.0
        hit = Hit(article, article.sections[number], fit * ours)
        if identity not in best or best[identity].fit < hit.fit:
            best[identity] = hit
    most = max(map(len, matched.values()), default=0)
    kept = [hit for identity, hit in best.items() if len(matched[identity]) == most]
    return sorted(kept, key=lambda hit: (-hit.fit, hit.article.id))[:MOST_FOUND]


def _places(within: Index, word: str) -> Iterator[tuple[tuple[str, int], float]]:
    """Where a word stands, and with half the weight where longer words begin with it."""
    for stem, where in within.places.items():
        if stem == word or (len(word) >= BEGINNING and stem.startswith(word)):
            share = within.rare[stem] * (1.0 if stem == word else 0.5)
            yield from ((place, weight * share) for place, weight in where.items())
