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
from urllib.parse import urlsplit

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


NIGHTLY = REMOVE, DRY, OFF = "remove", "dry", "off"
"""What a nightly job may do about readings that are too old."""


def _truth(text: str) -> bool:
    if text.lower() in ("1", "true", "yes", "on"):
        return True
    if text.lower() in ("0", "false", "no", "off", ""):
        return False
    raise ValueError("say true or false")


def _url(text: str) -> str:
    if not text.startswith(("https://", "http://")) or text.endswith("/"):
        raise ValueError("give an absolute URL without a slash at its end")
    if text.startswith("http://") and urlsplit(text).hostname not in {"localhost", "127.0.0.1", "::1"}:
        raise ValueError("tokens travel to it, so it begins with https://")
    return text


def _nightly(text: str) -> str:
    if text not in NIGHTLY:
        raise ValueError(f"say {', '.join(NIGHTLY)}")
    return text


def _hours(text: str) -> tuple[str, ...]:
    for each in text.split():
        int(each.partition("=")[2])
    return tuple(text.split())


def _scopes(text: str) -> tuple[str, ...]:
    return tuple(text.split())


_BLOCKS = "1_3_4_5_6_7_8_9_10_11_12_13_14_15_16_17_26_27_28_29_31_32_35_37_39_41_44_51_53_54_55_56_57_58_59_60_61"
DEFAULT_SCOPES = (
    f"FB={_BLOCKS};IntervalDuration=900_3600_daily_monthly;BlockDuration=daily_monthly;HistoryLength=94608000",
)

DEFAULT_TICKET_HOURS = ("customer=24", "rep=8", "third_party=24", "tdsp=4", "regulator=8", "person=48")

SETTINGS = (
    Setting("home", Path, Path("var"), "Folder of the database, keys, inbox and settings file."),
    Setting("database_url", str, "", "SQLAlchemy URL of the database; empty: SQLite in the home folder.", secret=True),
    Setting("shard_count", int, 32, "Into how many shards `espi init` cuts a table that a Citus cluster distributes."),
    Setting("base_url", _url, "https://localhost:8443", "What every link starts with, as callers see the server."),
    Setting(
        "clock", Clock.parse, Clock(), "An instant, or a shift in seconds, instead of the present; not in production."
    ),
    Setting("production", _truth, False, "Refuse what is meant for demonstrations and tests only."),
    Setting("retention_years", int, 7, "How many years readings are kept, where a utility has no years of its own."),
    Setting("retention_nightly", _nightly, REMOVE, "Each night: remove what is too old, dry (only count it), or off."),
    Setting("compact_after_days", int, 62, "Days after its last until a month is put away in one row a channel."),
    Setting("certificate_id", str, "", "The Green Button certificate's UUID; empty: feeds bear no link to it."),
    Setting("max_file_records", int, 50_000, "A file with more ESIID-days is refused whole (F1); 0: no limit."),
    Setting("intake_lease_s", int, 60, "A loader that is silent for so many seconds loses its file to another."),
    Setting("intake_attempts", int, 3, "A file that fails so often at the same place is set aside."),
    Setting(
        "intake_jobs_waiting",
        int,
        200,
        "The watch of the inbox slows down while more jobs wait that follow loaded files; 0: never.",
    ),
    Setting("max_upload_mb", int, 64, "The largest Green Button file taken in, in megabytes."),
    Setting(
        "validate_max_mb",
        int,
        20,
        "The largest file that the public page /validate judges, in megabytes, up to max_upload_mb; 0: no such page.",
    ),
    Setting("rep_horizon_days", int, 180, "How long a REP may read the days it served after a customer has switched."),
    Setting("rep_history_months", int, 12, "How many months before its first day a new REP may ask for, of a home."),
    Setting("rep_history_months_commercial", int, 24, "As `rep_history_months`, of any other customer."),
    Setting("session_idle_minutes", int, 30, "A portal session ends after this long without a click."),
    Setting("session_hours", int, 12, "A portal session ends after this long in any case."),
    Setting(
        "login_failures",
        int,
        60,
        "Wrong passwords from one network in 15 minutes, after which only browsers that were logged in before may try; "
        "0: no limit.",
    ),
    Setting(
        "second_factor",
        _truth,
        True,
        "Staff and companies set up a second factor before they go on; off in tests only.",
    ),
    Setting("custodian_id", str, "espi", "What feeds and scope selection call this custodian (dataCustodianId)."),
    Setting("scopes", _scopes, DEFAULT_SCOPES, "The ESPI scopes that may be asked for, apart by spaces."),
    Setting("access_token_s", int, 3600, "How long an access token counts, in seconds."),
    Setting("code_s", int, 300, "How long an authorization code counts, in seconds; less than 360."),
    Setting("grant_months", int, 12, "The longest a customer can share for, in months, before he must say so again."),
    Setting(
        "certification_harness",
        _truth,
        False,
        "Meet the unsafe expectations of the certification harness; for its runs only.",
    ),
    Setting(
        "personal_data", _truth, True, "Offer the retail customer (personal) resources, where a customer agrees to it."
    ),
    Setting(
        "prepare_above_days",
        int,
        100_000,
        "A batch of more meter-days is prepared by a job and answered with 202 until it is ready.",
    ),
    Setting("prepared_hours", int, 24, "How long a prepared answer is kept."),
    Setting(
        "kept_months_mb", int, 64, "How much of packed months of feeds a web process keeps, in megabytes; 0: none."
    ),
    Setting("bulk_days", int, 30, "How long bulk files are kept in the home folder."),
    Setting("files_days", int, 30, "Days in a company's folders until a file is archived, and in the archive."),
    Setting("jobs_in_process", _truth, True, "Work on jobs in the web server as well; else `espi work` alone does."),
    Setting(
        "notify_private",
        _truth,
        False,
        "Let notifications go to private and loopback addresses; for demonstrations and tests only.",
    ),
    Setting(
        "notify_gather_s",
        int,
        900,
        "While more files are being loaded, news of the first waits so long for the others'.",
    ),
    Setting("notify_hours", int, 72, "How long a notification is tried again before it is given up."),
    Setting("trust_ca", str, "", "File of a further certificate authority that outgoing connections trust."),
    Setting("mail_host", str, "", "SMTP server as HOST or HOST:PORT; empty: mail is written into the home folder."),
    Setting("mail_from", str, "Green Button <green-button@localhost>", "The sender of mails."),
    Setting("mtls_port", int, 8444, "Port for clients that show a certificate; 0: none."),
    Setting("mtls_url", str, "", "What addresses for such clients start with; empty: the base URL with that port."),
    Setting("invitation_days", int, 30, "How long an invitation can be accepted."),
    Setting(
        "failed_checks_a_day", int, 20, "How many wrong premises a third party may name a day before it is blocked."
    ),
    Setting("calls_a_minute", int, 1200, "How many calls of /api/v1 a client may make a minute; 0: no limit."),
    Setting("changes_an_hour", int, 600, "How many changes a client may make by /api/v1 an hour; 0: no limit."),
    Setting(
        "metrics_for", str, "", "Addresses that may read /metrics, apart by spaces (127.0.0.1); empty: nobody may."
    ),
    Setting("notice", str, "", "What /api/v1/status tells everybody, such as a planned pause."),
    Setting(
        "ticket_hours",
        _hours,
        DEFAULT_TICKET_HOURS,
        "Within how many hours the help desk means to answer each kind of caller, apart by spaces (rep=8).",
    ),
    Setting("ticket_days", int, 730, "How many days after it was closed a ticket is forgotten."),
    Setting("tickets_an_hour", int, 5, "How many questions may come from one address an hour; 0: no limit."),
    Setting("case_minutes", int, 60, "How long the help desk may look at a customer after it gave a reason."),
    Setting("notice_hours", int, 72, "How many hours ahead a planned outage is told."),
    Setting("suspension_days", int, 14, "How many days after its notice a third party is suspended."),
    Setting(
        "device_keys",
        str,
        "",
        "File of the keys that link keys of devices are sealed with, the same on every machine; "
        "empty: device.keys in the home folder.",
    ),
    Setting("backup_passphrase", str, "", "What backups are sealed with: 16 characters or more.", secret=True),
    Setting("sandbox", _truth, False, "Let developers register by themselves and try the demonstration market."),
    Setting("log_level", str, "INFO", "DEBUG, INFO, WARNING or ERROR."),
    Setting("log_json", _truth, False, "Write the log as JSON lines."),
    Setting("secret_key", str, "", "Key of form tokens; empty: derived from the database's secret.", secret=True),
)


@dataclass(frozen=True)
class Settings:
    """The settings in force. Every field is described in `SETTINGS`."""

    home: Path
    database_url: str
    shard_count: int
    base_url: str
    clock: Clock
    production: bool
    retention_years: int
    retention_nightly: str
    compact_after_days: int
    certificate_id: str
    max_file_records: int
    intake_lease_s: int
    intake_attempts: int
    intake_jobs_waiting: int
    max_upload_mb: int
    validate_max_mb: int
    rep_horizon_days: int
    rep_history_months: int
    rep_history_months_commercial: int
    session_idle_minutes: int
    session_hours: int
    login_failures: int
    second_factor: bool
    custodian_id: str
    scopes: tuple[str, ...]
    access_token_s: int
    code_s: int
    grant_months: int
    certification_harness: bool
    personal_data: bool
    prepare_above_days: int
    prepared_hours: int
    kept_months_mb: int
    bulk_days: int
    files_days: int
    jobs_in_process: bool
    notify_private: bool
    notify_gather_s: int
    notify_hours: int
    trust_ca: str
    mail_host: str
    mail_from: str
    mtls_port: int
    mtls_url: str
    invitation_days: int
    failed_checks_a_day: int
    calls_a_minute: int
    changes_an_hour: int
    metrics_for: str
    notice: str
    ticket_hours: tuple[str, ...]
    ticket_days: int
    tickets_an_hour: int
    case_minutes: int
    notice_hours: int
    suspension_days: int
    device_keys: str
    backup_passphrase: str
    sandbox: bool
    log_level: str
    log_json: bool
    secret_key: str

    @property
    def resource_url(self) -> str:
        """The ESPI resource endpoint, the `{R}` of every href."""
        return f"{self.base_url}/espi/1_1/resource"

    @property
    def mtls_base_url(self) -> str:
        """What the addresses for clients that show a certificate start with."""
        if self.mtls_url:
            return self.mtls_url
        scheme, _, rest = self.base_url.partition("://")
        return f"{scheme}://{rest.partition('/')[0].rpartition(':')[0] or rest}:{self.mtls_port}"


def load(environment: Mapping[str, str] = os.environ, **given: Any) -> Settings:
    """The settings from keyword arguments, the environment, the settings file and the defaults, in that order."""
    values = {setting.name: setting.default for setting in SETTINGS}
    home = given.get("home") or Path(environment.get("ESPI_HOME", values["home"]))
    values |= _from_file(Path(home) / "espi.toml") | _from_environment(environment) | given
    if not values["database_url"]:
        values["database_url"] = f"sqlite:///{Path(values['home']).absolute() / 'espi.sqlite'}"
    if values["production"]:
        _refuse_trials(values)
    return Settings(**values)


def _refuse_trials(values: Mapping[str, Any]) -> None:
    """Raise `BadInput` for a setting that production must not have."""
    trials = {
        "clock": (not values["clock"].is_real, "is for demonstrations and tests"),
        "second_factor": (not values["second_factor"], "lets staff in by a password alone"),
        "sandbox": (values["sandbox"], "lets developers change readings"),
        "notify_private": (values["notify_private"], "lets clients reach into our own network"),
        "certification_harness": (values["certification_harness"], "takes credentials from addresses"),
    }
    for name, (is_set, why) in trials.items():
        if is_set:
            raise BadInput(f"ESPI_{name.upper()} {why}; unset it or unset ESPI_PRODUCTION.")


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
