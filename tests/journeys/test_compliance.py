"""Everybody reads how the rules are met."""

from __future__ import annotations

import csv
import io

from espi.portal.requirements import REQUIREMENTS
from tests.journeys.conftest import Reader


def test_everybody_reads_it_as_a_page_and_as_a_file(reader: Reader) -> None:
    page = reader.get("/compliance").text
    assert "Meter data belong to the customer." in page
    assert '<a href="/change-requests">/change-requests</a>' in page
    assert "Los datos del medidor son del cliente." in reader.get("/compliance?language=es").text
    assert "Meter data belong" not in reader.get("/compliance?state=part&language=en").text
    assert reader.get("/compliance?state=none").status_code == 400
    text = reader.get("/compliance/matrix.csv").text.lstrip("\N{ZERO WIDTH NO-BREAK SPACE}")
    rows = list(csv.reader(io.StringIO(text)))
    assert [row[1] for row in rows[1:]] == [line.asks for line in REQUIREMENTS]
