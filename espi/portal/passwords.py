"""Which passwords are taken: long enough, and none that guessers try first. There is no rule about kinds of letters."""

from __future__ import annotations

import re

LEAST, MOST = 12, 128
FEWEST_LETTERS = 5
SHORTEST_PART = 4

_WORDS = """
    password passwort contrasena contrasenia passphrase passcode letmein welcome bienvenido bienvenida admin
    administrator root superuser master default guest user username login access secret secreto private changeme
    change temporary temp test testing tester demo example sample qwerty qwertyuiop qwertz azerty asdfgh asdfghjkl
    zxcvbn zxcvbnm iloveyou teamo teamomucho tequiero mivida miamor princess princesa sunshine monkey dragon football
    futbol baseball basketball soccer hockey superman batman spiderman pokemon starwars trustno1 shadow michael
    jennifer jordan hunter ranger buster tigger charlie thomas robert daniel andrew joshua jessica ashley amanda
    nicole matthew george maria jose juan carlos luis miguel guadalupe alejandro alejandra fernando fernanda sofia
    isabella gabriel gabriela angel angela jesus cristo dios freedom libertad whatever computer internet google
    facebook instagram youtube twitter amazon apple microsoft samsung windows android iphone linux oracle cisco
    mustang corvette ferrari porsche mercedes toyota harley yankees cowboys longhorns texans rangers astros dallas
    houston austin texas mexico america americas chelsea liverpool barcelona arsenal realmadrid summer winter spring
    autumn verano invierno primavera january february march april june july august september october november december
    enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre monday tuesday wednesday
    thursday friday saturday sunday lunes martes miercoles jueves viernes sabado domingo love hello hola blessed
    family familia mother father mama papa baby angelito cookie chocolate banana orange purple yellow green blue
    silver golden diamond flower butterfly mariposa estrella lucky happy smile forever killer ninja warrior wizard
    matrix phoenix thunder lightning power energy energia electric electricity luz meter medidor smartmeter greenbutton
    utility company business office house home casa money dinero cheese pepper ginger maggie bailey sophie chicken
    corona covid london paris berlin madrid newyork california florida chicago boston correcthorsebatterystaple
    nothing unknown anything something everything opensesame abracadabra alohomora supersecret mypassword yourpassword
    thepassword newpassword oldpassword nopassword notpassword passwordpassword donttell dontknow letmeinnow
    """
_COMMON = frozenset(_WORDS.split())
_ROWS = (
    "abcdefghijklmnopqrstuvwxyz",
    "1234567890",
    "qwertyuiop",
    "asdfghjkl",
    "zxcvbnm",
    "1qaz2wsx3edc4rfv5tgb6yhn",
    "qazwsxedcrfvtgb",
)
_LOOKS = str.maketrans("013457@$!", "oleastasi")


def refusal(password: str, *about: str) -> str:
    """Why a password is not taken: "short", "long", "common" or "personal"; "" for one that is.

    about: what is known of its owner, such as his user name, which it must not be made of.
    """
    if len(password) < LEAST:
        return "short"
    if len(password) > MOST:
        return "long"
    plain = re.sub(r"[\s_.\-]+", "", password.casefold())
    if _is_personal(plain, about):
        return "personal"
    return "common" if _is_common(plain) else ""


def _is_personal(plain: str, about: tuple[str, ...]) -> bool:
    parts = {part for each in about for part in (each.casefold(), *re.split(r"[@.\s]+", each.casefold()))}
    rest = plain
    for part in sorted(parts, key=len, reverse=True):
        if len(part) >= SHORTEST_PART:
            rest = rest.replace(re.sub(r"[\s_.\-]+", "", part), "")
    return rest != plain and len(rest) < LEAST // 2


def _is_common(plain: str) -> bool:
    if len(set(plain)) < FEWEST_LETTERS or _is_row(plain):
        return True
    core = re.sub(r"^[\W\d_]+|[\W\d_]+$", "", plain)
    if any(word in _COMMON or _repeats(word) for word in (plain, core, core.translate(_LOOKS))):
        return True
    parts = set(re.findall(r"[^\W\d_]+", plain))
    return len(parts) == 1 and parts <= _COMMON


def _is_row(plain: str) -> bool:
    """Whether it runs along a row of keys or the alphabet, one way or the other, as often as it likes."""
    for row in _ROWS:
        line = row * (MOST // len(row) + 2)
        if plain in line or plain in line[::-1]:
            return True
    return False


def _repeats(word: str) -> bool:
    """Whether it is a common word, or anything short, said again and again."""
    for size in range(1, len(word) // 2 + 1):
        part = word[:size]
        if len(word) % size == 0 and part * (len(word) // size) == word:
            return size < LEAST // 2 or part in _COMMON
    return False
