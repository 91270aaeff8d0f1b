"""The portal: a page of a year of quarter hours, made in the server and drawn in a browser.

The page is the year hour by hour of one meter (35,040 readings, 8,760 cells). `year_page_ms` is from request to whole
answer within the server, without network and TLS; `year_draw_ms` is what chromium takes from the answer's last byte
until the page was laid out and painted, on a desk's screen. Both are medians. Without chromium nothing is drawn.
"""

from __future__ import annotations

import shutil
import statistics
import tempfile
import threading
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from flask import Flask
from playwright.sync_api import sync_playwright
from werkzeug.serving import WSGIRequestHandler, make_server
from werkzeug.test import Client

from espi import config
from espi.app import create_app
from espi.clock import zone
from espi.day import ACTUAL_QUALITY, LOAD, DayBlock
from espi.store import directory, people, readings
from espi.store.database import Database
from espi.store.identity import path_id_for

ZONE = "America/Chicago"
DUNS = "1039940674000"
ESIID = "10443720000000017"
NAME, PASSWORD = "ada@example.org", "correct horse battery staple"
DAYS = 400
ROUNDS = 15
DRAWN = """() => new Promise(done => requestAnimationFrame(() => setTimeout(() => {
  const page = performance.getEntriesByType('navigation')[0];
  const paint = performance.getEntriesByName('first-contentful-paint')[0];
  done(Math.max(paint ? paint.startTime : 0, page.domContentLoadedEventEnd) - page.responseEnd);
}, 0)))"""


class Quiet(WSGIRequestHandler):
    """No line for each request."""

    def log(self, type: str, message: str, *args: object) -> None:  # noqa: A002 - its name in the base class
        """Say nothing."""


def figures() -> dict[str, Any]:
    """How long the page takes, and how large it is."""
    with tempfile.TemporaryDirectory() as folder:
        app, path_id = _portal(Path(folder))
        address = f"/usage/{path_id}/year"
        client = _logged_in(app)
        found: dict[str, Any] = {}
        pages = {"year_page": address, "year_months_page": f"/usage/{path_id}?period=year", "first_page": "/"}
        for name, page in pages.items():
            found[f"portal.{name}_ms"] = (_median_ms(partial(_read, client, page)), "ms, request to answer")
        found["portal.year_page_cpu_ms"] = (_cpu_ms(partial(_read, client, address)), "ms of one core")
        found["portal.year_page_kb"] = (len(_read(client, address)) / 1000, "kB, not packed")
        if chromium := next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None):
            found["portal.year_draw_ms"] = (_drawn_ms(app, client, chromium, address), "ms, answer to painted page")
        return found


def _portal(home: Path) -> tuple[Flask, int]:
    """The site with one meter of somewhat more than a year, whose customer can log in."""
    settings = config.load({}, home=home, log_level="ERROR")
    database = Database(settings.database_url)
    database.migrate()
    local = zone(ZONE)
    today = local.day_of(settings.clock.now_s())
    noise = np.random.default_rng(7)
    with database.write() as conn:
        utility = directory.add_utility(conn, "Lone Star Wires", DUNS, ZONE)
        point = directory.add_usage_point(conn, utility, ESIID, now_s=settings.clock.now_s(), title="Home")
        directory.add_interval_channel(conn, point, LOAD, directory.reading_type_for_lse(LOAD), settings.clock.now_s())
        customer = directory.add_customer(conn, "Ada Lovelace", "residential")
        directory.add_tenancy(conn, point, customer, today - DAYS)
        people.add_login(conn, NAME, PASSWORD, "customer", customer)
        blocks = []
        for day in range(today - DAYS, today):
            count = local.quarter_hours(day)
            values = noise.gamma(2.0, 120.0, count).astype(np.int64)
            codes = np.full(count, ACTUAL_QUALITY, np.uint8)
            blocks.append(DayBlock(point, LOAD, day, local.day_start_s(day), 900, values, codes))
        readings.put_blocks(conn, blocks, file_id=1, now_s=settings.clock.now_s())
        path_id = path_id_for(conn, f"usage-point/{DUNS}/{ESIID}")
    return create_app(settings, database=database), path_id


def _logged_in(app: Flask) -> Client:
    client = app.test_client()
    page = client.get("/login", base_url="https://localhost").text
    token = page.partition('name="csrf_token" value="')[2].partition('"')[0]
    fields = {"csrf_token": token, "login": NAME, "password": PASSWORD}
    answer = client.post("/login", base_url="https://localhost", data=fields)
    assert answer.status_code == 303, answer.status
    return client


def _read(client: Client, path: str) -> bytes:
    answer = client.get(path, base_url="https://localhost")
    assert answer.status_code == 200, answer.status
    return bytes(answer.data)


def _median_ms(act: Callable[[], object]) -> float:
    act()
    taken = []
    for _ in range(ROUNDS):
        started = time.perf_counter()
        act()
        taken.append((time.perf_counter() - started) * 1000)
    return statistics.median(taken)


def _cpu_ms(act: Callable[[], object]) -> float:
    """What it costs, however busy the machine is with other things."""
    started = time.process_time()
    for _ in range(ROUNDS):
        act()
    return (time.process_time() - started) * 1000 / ROUNDS


def _drawn_ms(app: Flask, client: Client, chromium: str, address: str) -> float:
    """From the last byte of the page to its paint. The browser gets the page by a server of ours, without TLS."""
    server = make_server("127.0.0.1", 0, _as(app, client), threaded=True, request_handler=Quiet)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
            page = browser.new_page(viewport={"width": 1440, "height": 900})
            taken = []
            for _ in range(ROUNDS):
                page.goto(f"http://127.0.0.1:{server.server_port}{address}")
                taken.append(float(page.evaluate(DRAWN)))
            browser.close()
    finally:
        server.shutdown()
        server.server_close()
    return statistics.median(taken[1:])


def _as(app: Flask, client: Client) -> Any:
    """The site as the one who is logged in sees it: his cookies go along with every request."""
    cookies = "; ".join(f"{each.key}={each.value}" for each in (client._cookies or {}).values())  # noqa: SLF001 - no other way

    def called(environ: dict[str, Any], start: Any) -> Any:
        return app.wsgi_app({**environ, "HTTP_COOKIE": cookies, "wsgi.url_scheme": "https"}, start)

    return called
