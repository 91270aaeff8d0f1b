"""A customer reads who has looked at her data: apps, companies, her own programs, the help desk; nobody before her."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping

from flask import Flask

from espi.clock import DAY_S
from espi.store import access_log, audit, cases
from espi.web.site import EXTENSION, Site
from tests.factories import NOW_S
from tests.journeys.conftest import Reader, World
from tests.journeys.test_sharing import Shared, shared

__all__ = ["Shared", "shared"]


def note(app: Flask, target: str, actor: str, at_s: int = NOW_S, action: str = "usage:read") -> None:
    """A decision of the gate, as it writes it down."""
    site: Site = app.extensions[EXTENSION]
    with site.database.write() as conn:
        audit.record(
            conn,
            at_s=at_s,
            actor=actor,
            action=action,
            target=target,
            rule="x",
            allowed=True,
            detail={"proof": "password"},
        )


def rows(reader: Reader, **asked: str) -> list[Mapping[str, str]]:
    query = "&".join(f"{name}={value}" for name, value in asked.items())
    answer = reader.get(f"/access-log/file.csv?{query}")
    assert answer.headers["Content-Disposition"].endswith('"access-log.csv"')
    return list(csv.DictReader(io.StringIO(answer.text.removeprefix("\ufeff"))))


def test_utility_and_rep_are_listed_by_name_and_right(app: Flask, world: World, ada: Reader) -> None:
    for name in ("clerk", "bluebonnet"):
        reader = Reader(app)
        reader.log_in(name)
        assert reader.get(f"/usage/{world.home}?date=2025-04-10").status_code == 200
    found = {(row["Who"], row["On what right"]) for row in rows(ada)}
    assert found == {("Lone Star Wires", "It measures your meter"), ("Bluebonnet Power", "It sells you power")}
    page = ada.get("/access-log").text
    for said in (
        "Read your energy data: 12 Analytical Way",
        "without naming single meters",
        "Lone Star Wires measures",
    ):
        assert said in page, said
    assert rows(ada, who="apps") == []


def test_what_was_looked_at_when_another_lived_there_is_not_hers_to_see(app: Flask, world: World, ada: Reader) -> None:
    target = access_log.target_of_point(world.home)
    note(app, target, "tdsp:1:clerk", NOW_S - 200 * DAY_S)
    note(app, access_log.target_of_point(world.neighbour), "tdsp:1:clerk")
    assert rows(ada, who="all") == []
    note(app, target, "tdsp:1:clerk", NOW_S - 20 * DAY_S)
    assert len(rows(ada)) == 1


def test_apps_are_listed_with_what_they_read_alone_or_in_bulk(shared: Shared, app: Flask, ada: Reader) -> None:
    shared.read()
    note(app, access_log.target_of(0, shared.moony), f"third_party:{shared.moony}:moony", NOW_S + 1, "bulk:read")
    note(app, access_log.target_of(0, shared.moony), f"third_party:{shared.moony}:moony", NOW_S - 1, "bulk:read")
    note(app, access_log.target_of(0, shared.moony + 1), "third_party:9:other", NOW_S + 1, "bulk:read")
    assert [(row["Who"], row["What"], row["On what right"]) for row in rows(ada, who="apps")] == [
        ("Moony", "Read your energy data, with that of all who share with it", "You let it"),
        ("Moony", "Read your energy data", "You let it"),
    ]
    assert rows(ada, who="own") == rows(ada, who="companies") == []


def test_days_and_pages(shared: Shared, app: Flask, ada: Reader) -> None:
    for number in range(60):
        note(app, access_log.target_of(shared.grant.id), "third_party:1:moony", NOW_S + number * DAY_S)
    first = ada.get("/access-log?who=apps").text
    assert first.count('<th scope="row">') == 50
    older = first.split("before=")[1].split("&")[0].split('"')[0]
    assert ada.get(f"/access-log?who=apps&before={older}").text.count('<th scope="row">') == 10
    assert len(rows(ada, who="apps")) == 60
    assert len(rows(ada, who="apps", **{"from": "2025-06-16", "to": "2025-06-17"})) == 2
    assert ada.get("/access-log?who=nobody").status_code == 400


def test_no_cell_of_the_file_is_a_formula(shared: Shared, app: Flask, ada: Reader) -> None:
    site: Site = app.extensions[EXTENSION]
    shared.read()
    with site.database.write() as conn:
        reason = "=HYPERLINK(1) was what he said"
        cases.open_case(
            conn,
            "op",
            shared.grant.customer_id,
            ticket="",
            reason=reason,
            sought_by="name",
            now_s=NOW_S,
            ends_s=NOW_S + 60,
        )
    told = rows(ada)
    assert told[-1]["On what right"] == f"'{reason}"
    assert "=HYPERLINK(1) was what he said" in ada.get("/access-log").text
    assert "=HYPERLINK(1) was what he said" in ada.get("/apps").text.split('id="desk"')[1]


def test_nobody_else_reads_it(app: Flask, shared: Shared) -> None:
    shared.read()
    for name in ("clerk", "regulator", "bluebonnet"):
        reader = Reader(app)
        reader.log_in(name)
        assert reader.get("/access-log").status_code == 403
        assert reader.get("/access-log/file.csv").status_code == 403
