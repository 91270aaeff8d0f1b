"""On every published file the kit's verdict on each data rule is that of the rule's XPath. Needs `ESPI_SHARED`."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.conformance.judging import data_rules_broken, data_rules_failed

FILES = sorted((Path(os.environ["ESPI_SHARED"]) / "data" / "green-button").glob("*.xml"))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_verdicts_are_those_of_the_rules_as_written(path: Path) -> None:
    content = path.read_bytes()
    assert data_rules_failed(content) == data_rules_broken(content)
