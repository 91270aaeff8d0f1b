"""Every setting, declared once: name, type, default, help, secret or not.

A setting comes from the environment (`ESPI_NAME`), else from `espi.toml` in the home folder, else from its default.
An unknown key or a bad value stops the start and the message says where it stands.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from espi.clock import Clock
from espi.errors import BadInput


@dataclass(frozen=True)
class Setting:
    """One setting: its name without the prefix, how its text is read, its default and what it means."""

    name: str
    read: Callable[[str], Any]
    default: Any
    help: str
    secret: bool = False


def _truth(text: str) -> bool:
    if text.lower() in ("1", "true", "yes", "on"):
        return True
    if text.lower() in ("0", "false", "no", "off", ""):
        return False
    raise ValueError("say true or false")


def _url(text: str) -> str:
    if not text.startswith(("https://", "http://")) or text.endswith("/"):
        raise ValueError("give an absolute URL without a slash at its end")
    return text


SETTINGS = (
    Setting("home", Path, Path("var"), "Folder of the database, keys, inbox and settings file."),
    Setting("database_url", str, "", "SQLAlchemy URL of the database; empty: SQLite in the home folder.", secret=True),
    Setting("base_url", _url, "https://localhost:8443", "What every link starts with, as callers see the server."),
    Setting(
        "clock", Clock.parse, Clock(), "An instant, or a shift in seconds, instead of the present; not in production."
    ),
    Setting("production", _truth, False, "Refuse what is meant for demonstrations and tests only."),
    Setting("retention_years", int, 7, "How many years readings are kept."),
    Setting("certificate_id", str, "", "The Green Button certificate's UUID; empty: feeds bear no link to it."),
    Setting("max_file_records", int, 50_000, "A file with more ESIID-days is refused whole (F1); 0: no limit."),
    Setting("max_upload_mb", int, 64, "The largest Green Button file taken in, in megabytes."),
    Setting("rep_horizon_days", int, 180, "How long a REP may read the days it served after a customer has switched."),
    Setting("session_idle_minutes", int, 30, "A portal session ends after this long without a click."),
    Setting("session_hours", int, 12, "A portal session ends after this long in any case."),
    Setting("log_level", str, "INFO", "DEBUG, INFO, WARNING or ERROR."),
    Setting("log_json", _truth, False, "Write the log as JSON lines."),
    Setting("secret_key", str, "", "Key of the portal's form tokens; empty: one kept in the home folder.", secret=True),
)


@dataclass(frozen=True)
class Settings:
    """The settings in force. Every field is described in `SETTINGS`."""

    home: Path
    database_url: str
    base_url: str
    clock: Clock
    production: bool
    retention_years: int
    certificate_id: str
    max_file_records: int
    max_upload_mb: int
    rep_horizon_days: int
    session_idle_minutes: int
    session_hours: int
    log_level: str
    log_json: bool
    secret_key: str

    @property
    def resource_url(self) -> str:
        """The ESPI resource endpoint, the `{R}` of every href."""
        return f"{self.base_url}/espi/1_1/resource"


def load(environment: Mapping[str, str] = os.environ, **given: Any) -> Settings:
    """The settings from keyword arguments, the environment, the settings file and the defaults, in that order."""
    values = {setting.name: setting.default for setting in SETTINGS}
    home = given.get("home") or Path(environment.get("ESPI_HOME", values["home"]))
    values |= _from_file(Path(home) / "espi.toml") | _from_environment(environment) | given
    if not values["database_url"]:
        values["database_url"] = f"sqlite:///{Path(values['home']).absolute() / 'espi.sqlite'}"
    if values["production"] and not values["clock"].is_real:
        raise BadInput("ESPI_CLOCK is for demonstrations and tests; unset it or unset ESPI_PRODUCTION.")
    return Settings(**values)


def _read(setting: Setting, text: str, where: str) -> Any:
    try:
        return setting.read(text)
    except (ValueError, BadInput) as err:
        raise BadInput(f"{where}: {setting.name} cannot be {text!r}: {err}.") from err


def _from_environment(environment: Mapping[str, str]) -> dict[str, Any]:
    return {
        setting.name: _read(setting, environment[key], f"environment variable {key}")
        for setting in SETTINGS
        if (key := f"ESPI_{setting.name.upper()}") in environment
    }


def _from_file(path: Path) -> dict[str, Any]:
    if not path.is_file():
        return {}
    known = {setting.name: setting for setting in SETTINGS}
    try:
        found = tomllib.loads(path.read_text("utf-8"))
    except tomllib.TOMLDecodeError as err:
        raise BadInput(f"{path.name}: {err}.") from err
    if unknown := sorted(set(found) - set(known)):
        raise BadInput(f"{path.name}: there is no setting {', '.join(unknown)}; docs/settings.md lists them.")
    return {name: _read(known[name], str(value), path.name) for name, value in found.items()}
