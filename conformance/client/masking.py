"""Nothing that opens a door may stand in a report: secrets, tokens, codes and passwords are masked where they are kept.

A text is masked in two ways. What stands where a secret stands (a header, a parameter, a member of JSON, an element) is
masked by its place and remembered; what is remembered, or was told by the settings, is masked wherever else it appears.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable
from urllib.parse import quote, unquote_plus

LEAST_REMEMBERED = 8
"""Characters. Shorter texts are masked in their place only: they would be found inside of other words."""

NOTHING = "null"
SECRET_NAMES = (
    *("access_token", "refresh_token", "registration_access_token", "client_access_token", "id_token", "token"),
    *("code", "client_secret", "client_assertion", "code_verifier", "password", "j_password", "csrf_token", "totp"),
)
_NAMES = "|".join(SECRET_NAMES)
_PARAMETER = re.compile(rf"(?<![\w-])({_NAMES})=([^&\s\"'<>#]+)")
_MEMBER = re.compile(rf"\"({_NAMES})\"\s*:\s*\"([^\"]+)\"")
_ELEMENT = re.compile(r"<((?:\w+:)?(?:\w+_token|client_secret))>([^<]+)<")
_FIELD = re.compile(rf"name=\"({_NAMES})\"[^>]*?value=\"([^\"]+)\"")
_CREDENTIALS = re.compile(r"(?i)\b(Bearer|Basic|DPoP) +([^\s,]+)")
_COOKIE = re.compile(r"([\w.-]+)=([^;,\s]+)")


def masked(secret: str) -> str:
    """`***` and the last four characters, where the text is so long that these tell little."""
    return f"***{secret[-4:]}" if len(secret) >= 12 else "***"


class Mask:
    """Knows the secrets of a run."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        self._known: dict[str, str] = {}
        for secret in secrets:
            self.learn(secret)

    def learn(self, secret: str) -> None:
        """Mask this text from now on, percent-encoded too."""
        if len(secret) >= LEAST_REMEMBERED:
            for form in (secret, quote(secret, safe="")):
                self._known[form] = masked(secret)

    def learn_basic(self, user: str, password: str) -> None:
        """Mask a pair of credentials in the form of a header."""
        self.learn(password)
        self.learn(base64.b64encode(f"{user}:{password}".encode()).decode())

    def text(self, text: str) -> str:
        """The text with every secret masked."""
        for pattern in (_PARAMETER, _MEMBER, _ELEMENT, _FIELD):
            text = pattern.sub(self._hide, text)
        for secret in sorted(self._known, key=len, reverse=True):
            text = text.replace(secret, self._known[secret])
        return text

    def header(self, name: str, value: str) -> str:
        """A header's value with every secret masked."""
        if name.lower() in {"authorization", "www-authenticate"}:
            value = _CREDENTIALS.sub(self._hide_credentials, value) if name.lower() == "authorization" else value
        elif name.lower() in {"cookie", "set-cookie"}:
            head, _, rest = value.partition(";") if name.lower() == "set-cookie" else (value, "", "")
            value = _COOKIE.sub(r"\1=***", head) + (f";{rest}" if rest else "")
        return self.text(value)

    def _hide(self, found: re.Match[str]) -> str:
        secret = found[2]
        if secret.startswith("***") or secret == NOTHING:
            return found[0]
        self.learn(unquote_plus(secret))
        start, end = found.start(2) - found.start(), found.end(2) - found.start()
        return found[0][:start] + masked(unquote_plus(secret)) + found[0][end:]

    def _hide_credentials(self, found: re.Match[str]) -> str:
        if found[1].lower() == "basic":
            return "Basic ***"
        self.learn(found[2])
        return f"{found[1]} {masked(found[2])}"
