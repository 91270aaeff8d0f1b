"""A customer's devices at home: adding and removing one, and what the page says of each."""

from __future__ import annotations

import pytest
from flask import Flask

from espi.han import install_code
from espi.store.tables import METADATA
from espi.web.site import EXTENSION, Site
from tests.journeys.conftest import Reader, World

CODE = install_code.with_check(bytes.fromhex("83FED3407A939738")).hex().upper()
ADDRESS = "00:0D:6F:00:00:00:00:01"


@pytest.fixture
def connected(app: Flask, ada: Reader) -> Reader:
    """Ada, where the utility has a network for devices."""
    found: Site = app.extensions[EXTENSION]
    with found.database.write() as conn:
        conn.execute(METADATA.tables["utility"].update().values(dialect={"head_end": "mesh"}))
    return ada


def test_a_meter_without_a_network_is_said_to_be_so(ada: Reader, world: World) -> None:
    page = ada.get(f"/usage/{world.home}/devices").text
    assert "Lone Star Wires has no network for devices at home" in page
    assert "Add the device" not in page


def test_a_device_is_added_and_removed_and_its_code_never_shown(connected: Reader, world: World) -> None:
    page = f"/usage/{world.home}/devices"
    wrong = connected.fill_in(page, page, kind="display", name="Kitchen", eui64=ADDRESS, code=CODE[:-1] + "0")
    assert wrong.status_code == 400
    assert "check digits do not fit" in wrong.text
    assert "Kitchen" in wrong.text
    assert CODE[:-1] not in wrong.text
    assert connected.fill_in(page, page, kind="display", name="Kitchen", eui64=ADDRESS, code=CODE).status_code == 303
    shown = connected.get(page).text
    assert ">Asked</span>" in shown
    assert "000D6F0000000001" in shown
    assert CODE not in shown
    twice = connected.fill_in(page, page, kind="display", name="", eui64=ADDRESS, code=CODE)
    assert "joined already" in twice.text
    leave = shown.partition(f'action="{page}/')[2].partition('"')[0]
    assert connected.fill_in(page, f"{page}/{leave}").status_code == 303
    assert ">Leaving</span>" in connected.get(page).text
