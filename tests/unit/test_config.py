"""A setting is declared once, and a bad one stops the start with a message that says where it stands."""

import dataclasses
from pathlib import Path

import pytest

from espi import config
from espi.errors import BadInput


def test_every_setting_is_declared_and_nothing_else_is() -> None:
    assert [setting.name for setting in config.SETTINGS] == [
        field.name for field in dataclasses.fields(config.Settings)
    ]


def test_the_environment_goes_before_the_file_and_the_file_before_the_default(tmp_path: Path) -> None:
    (tmp_path / "espi.toml").write_text('retention_years = 3\nbase_url = "https://dc.example"\n')
    settings = config.load({"ESPI_HOME": str(tmp_path), "ESPI_RETENTION_YEARS": "5"})
    assert (settings.retention_years, settings.base_url, settings.session_hours) == (5, "https://dc.example", 12)
    assert settings.resource_url == "https://dc.example/espi/1_1/resource"
    assert settings.database_url == f"sqlite:///{tmp_path / 'espi.sqlite'}"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("retension_years = 3", "retension_years"),
        ("retention_years = 'x'", "espi.toml"),
        ("retention_years", "espi.toml"),
    ],
)
def test_a_faulty_file_is_refused_by_name(tmp_path: Path, text: str, says: str) -> None:
    (tmp_path / "espi.toml").write_text(text)
    with pytest.raises(BadInput, match=says):
        config.load({"ESPI_HOME": str(tmp_path)})


@pytest.mark.parametrize("url", ["localhost:8443", "https://dc.example/", "ftp://dc.example", "http://dc.example"])
def test_a_base_url_must_be_one(tmp_path: Path, url: str) -> None:
    with pytest.raises(BadInput, match="ESPI_BASE_URL"):
        config.load({"ESPI_HOME": str(tmp_path), "ESPI_BASE_URL": url})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ESPI_CLOCK", "2014-02-01T12:00:00Z"),
        ("ESPI_SANDBOX", "yes"),
        ("ESPI_NOTIFY_PRIVATE", "yes"),
        ("ESPI_CERTIFICATION_HARNESS", "yes"),
    ],
)
def test_production_refuses_what_is_for_trials(tmp_path: Path, name: str, value: str) -> None:
    environment = {"ESPI_HOME": str(tmp_path), name: value, "ESPI_PRODUCTION": "yes"}
    with pytest.raises(BadInput, match=name):
        config.load(environment)
