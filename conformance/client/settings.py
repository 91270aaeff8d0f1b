"""What the operator of a data custodian tells the kit: one TOML file with the keys of the certification harness.

Names are those of the harness's own configuration where it has one (`dataCustodianResourceEndpoint`, `client_id`,
`scope`, `certDataScopeFBs`, …); the tables `[listener]`, `[browser]`, `[operator]`, `[waits]`, `[tls]` and `[claims]`
are ours. A string may be `{ env = "NAME" }` instead, so that secrets need not stand in the file. An unknown key is
refused.
"""

from __future__ import annotations

import dataclasses
import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, get_type_hints
from urllib.parse import urlsplit

Table = Mapping[str, Any]

CALLBACK_PATH = "/ThirdParty/espi/1_1/OAuthCallBack"
NOTIFICATION_PATH = "/ThirdParty/espi/1_1/Notification"
SCOPE_SELECTION_PATH = "/ThirdParty/RetailCustomer/ScopeSelection"


class Unusable(Exception):
    """The settings cannot be used; the message says which key and why."""


def _key(name: str, default: Any = "") -> Any:
    """A field whose key in the file is spelled otherwise."""
    return field(default=default, metadata={"key": name})


@dataclass(frozen=True)
class ListenerSettings:
    """Where the kit's own pages and its notification address are.

    public_url: how the custodian and the browser reach them, if not at `host` and `port` (port 0: any free one).
    certificate, key: PEM files; without them the listener speaks plain HTTP. timeout of a slow caller: 30 s.
    """

    host: str = "127.0.0.1"
    port: int = 0
    public_url: str = ""
    certificate: str = ""
    key: str = ""


@dataclass(frozen=True)
class Step:
    """What a scripted customer does on a page.

    page: a regular expression that the page's address must match; of several steps that match, the first is done whose
    fields, button or link are on the page. fill: text by field name. choose: the values to pick
    in radio buttons, check boxes and lists by field name; `"*"` picks all, `"first"` the first. clear: check boxes to
    leave empty. press: the name, value or text of the button (empty: the first one). follow: text or address of a link,
    instead of a form. `{scope}` in a value is the scope asked for.
    """

    page: str
    fill: Mapping[str, str] = field(default_factory=dict)
    choose: Mapping[str, str | tuple[str, ...]] = field(default_factory=dict)
    clear: tuple[str, ...] = ()
    press: str = ""
    follow: str = ""


@dataclass(frozen=True)
class BrowserSettings:
    """Who acts as the customer: a person (`by_hand`), or scripts by name (`[[browser.consent]]`, `[[browser.deny]]`).

    The steps of the script `log_in` count as part of every other. ca_file: further authorities that the scripted
    browser trusts, for the kit's own pages. pages: the address where a script begins that no check gives one, by name.
    """

    by_hand: bool = True
    ca_file: str = ""
    pages: Mapping[str, str] = field(default_factory=dict)
    scripts: Mapping[str, tuple[Step, ...]] = field(default_factory=dict)


@dataclass(frozen=True)
class Waits:
    """How long is waited, in seconds.

    answer_s: for the server to go on with an answer. notification_s: for a notification that was asked for, or is due
    after a 202. person_s: for a person at a browser or at the custodian's console. old_code_s: the age at which an
    authorization code is tried that must have ended by then; it has 360 s at most, and less proves it too where the
    code is refused; 0: not tried. retry_s: between attempts where a server says nothing of `Retry-After`.
    """

    answer_s: int = 60
    notification_s: int = 100
    person_s: int = 600
    old_code_s: int = 0
    retry_s: int = 2


@dataclass(frozen=True)
class TlsSettings:
    """ca_file: authorities to trust instead of the machine's. verify: false trusts any (and fails TC009).

    client_certificate, client_key: PEM files to show where the server asks for them.
    """

    ca_file: str = ""
    verify: bool = True
    client_certificate: str = ""
    client_key: str = ""


@dataclass(frozen=True)
class Claims:
    """The function blocks that the custodian claims, by number, and the profiles (`DMD`, `CMD`, `PII`).

    version: of REQ.21, such as 3.3 or 4.0, where something depends on it.
    """

    blocks: tuple[int, ...] = ()
    profiles: tuple[str, ...] = ("CMD",)
    version: str = ""


@dataclass(frozen=True)
class Settings:
    """Everything the kit knows before it begins. Endpoints that are empty are read from ApplicationInformation."""

    name: str = ""
    certificate_id: str = _key("GBACertId")
    resource_endpoint: str = _key("dataCustodianResourceEndpoint")
    token_endpoint: str = _key("authorizationServerTokenEndpoint")
    authorization_endpoint: str = _key("authorizationServerAuthorizationEndpoint")
    scope_selection_url: str = _key("dataCustodianScopeSelectionScreenURI")
    metadata_url: str = _key("authorizationServerMetadata")
    application_information_id: str = _key("applicationInformationId")
    authorization_id: str = _key("authorizationId")
    client_id: str = ""
    client_secret: str = ""
    registration_access_token: str = ""
    registration_client_id: str = _key("registration_access_token_client_id")
    registration_client_secret: str = _key("registration_access_token_secret")
    registration_scope: str = _key("registration_access_token_scope", "FB=36_40")
    client_access_token: str = ""
    admin_client_id: str = _key("client_access_token_client_id")
    admin_client_secret: str = _key("client_access_token_secret")
    admin_scope: str = _key("client_access_token_scope")
    scope: str = ""
    certified_blocks: str = _key("certDataScopeFBs")
    redirect_uri: str = ""
    bulk_id: str = ""
    offline_authorization_id: str = _key("optionalOfflineAuthorizationID")
    offline_access_token: str = _key("optionalOfflineAccess_token")
    expired_access_token: str = ""
    expired_resource_uri: str = _key("expired_resourceURI")
    data_custodian_access_token: str = ""
    upload_access_token: str = ""
    upload_resource_uri: str = _key("upload_resourceURI")
    """The customer's file by REST, `…/Batch/RetailCustomer/{id}/UsagePoint`, which that token opens."""
    pkce: bool = False
    parameters_in_query: bool = False
    """Send token requests as the certification harness does: POST with the parameters in the query."""
    listener: ListenerSettings = field(default_factory=ListenerSettings)
    browser: BrowserSettings = field(default_factory=BrowserSettings)
    operator: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Commands that do at the custodian what a person would do there, by the action's name (`operator.py`)."""
    waits: Waits = field(default_factory=Waits)
    tls: TlsSettings = field(default_factory=TlsSettings)
    claims: Claims = field(default_factory=Claims)

    @property
    def origin(self) -> str:
        """Scheme, host and port of the resource server."""
        parts = urlsplit(self.resource_endpoint)
        return f"{parts.scheme}://{parts.netloc}"

    @property
    def secrets(self) -> tuple[str, ...]:
        """Every configured text that must not be seen in a report."""
        names = ("client_secret", "registration_access_token", "registration_client_secret", "client_access_token")
        more = ("admin_client_secret", "offline_access_token", "expired_access_token", "data_custodian_access_token")
        found = [str(getattr(self, name)) for name in (*names, *more, "upload_access_token")]
        steps = [step for script in self.browser.scripts.values() for step in script]
        found += [text for step in steps for name, text in step.fill.items() if "pass" in name.lower()]
        return tuple(filter(None, found))


def load(path: Path) -> Settings:
    """The settings of a file.

    Raises:
        Unusable: the file is not there or no TOML, a key is not known or has a value of the wrong kind.
    """
    try:
        table = tomllib.loads(path.read_text("utf-8"))
    except OSError as err:
        raise Unusable(f"{path}: {err.strerror}") from err
    except ValueError as err:
        raise Unusable(f"{path}: {err}") from err
    return from_table(table)


def from_table(table: Table) -> Settings:
    """The settings of a table as TOML has it."""
    given = {name: value for name, value in table.items() if name not in {"browser", "operator"}}
    settings: Settings = _fill(Settings, given, "")
    browser = _browser(_table(table.get("browser", {}), "browser"))
    operator = {
        name: _words(words, f"operator.{name}") for name, words in _table(table.get("operator", {}), "operator").items()
    }
    return dataclasses.replace(settings, browser=browser, operator=operator)


def _browser(table: Table) -> BrowserSettings:
    own = {name: value for name, value in table.items() if not isinstance(value, list)}
    scripts = {
        name: tuple(_fill(Step, _table(step, f"browser.{name}"), f"browser.{name}.") for step in steps)
        for name, steps in table.items()
        if isinstance(steps, list)
    }
    usual = {"by_hand": not scripts}
    made: BrowserSettings = _fill(BrowserSettings, usual | own, "browser.")
    return dataclasses.replace(made, scripts=scripts)


@cache
def _hints(kind: Any) -> dict[str, Any]:
    return get_type_hints(kind)


def _fill(kind: Any, table: Table, where: str) -> Any:
    """A dataclass made of a table."""
    fields = {one.metadata.get("key", one.name): one for one in dataclasses.fields(kind)}
    if unknown := sorted(set(table) - set(fields)):
        raise Unusable(f"Unknown key {where}{unknown[0]}; known are {', '.join(fields)}.")
    hints = _hints(kind)
    made = {fields[name].name: _value(value, hints[fields[name].name], where + name) for name, value in table.items()}
    return kind(**made)


def _value(value: Any, wanted: Any, where: str) -> Any:
    """A value of the file as the field wants it."""
    if isinstance(value, dict) and set(value) == {"env"}:
        value = _from_environment(str(value["env"]), where)
    if dataclasses.is_dataclass(wanted):
        return _fill(wanted, _table(value, where), f"{where}.")
    if wanted in {str, int, bool}:
        if type(value) is not wanted:
            raise Unusable(f"{where} should be {_named(wanted)}, and is {value!r}.")
        return value
    if wanted == tuple[int, ...]:
        return tuple(_value(one, int, where) for one in _list(value, where))
    if wanted == tuple[str, ...]:
        return _words(value, where)
    return {name: _choice(one, f"{where}.{name}") for name, one in _table(value, where).items()}


def _choice(value: Any, where: str) -> str | tuple[str, ...]:
    if isinstance(value, list):
        return _words(value, where)
    text: str = _value(value, str, where)
    return text


def _words(value: Any, where: str) -> tuple[str, ...]:
    return tuple(_value(one, str, where) for one in _list(value, where))


def _table(value: Any, where: str) -> Table:
    if not isinstance(value, dict):
        raise Unusable(f"{where} should be a table, and is {value!r}.")
    return value


def _list(value: Any, where: str) -> list[Any]:
    if not isinstance(value, list):
        raise Unusable(f"{where} should be a list, and is {value!r}.")
    return value


def _named(kind: type) -> str:
    return {str: "a text", int: "a whole number", bool: "true or false"}[kind]


def _from_environment(name: str, where: str) -> str:
    found = os.environ.get(name)
    if found is None:
        raise Unusable(f"{where} should come from the environment variable {name}, which is not set.")
    return found
