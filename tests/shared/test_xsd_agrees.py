"""`xsd/` judges documents as the official schemas do, and knows the same codes. Needs `ESPI_SHARED`."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from lxml import etree

from espi.atom.schema import FOLDER, described, validate
from espi.errors import BadInput
from espi.resources.declare import CUSTOMER, ESPI, Simple

SHARED = Path(os.environ["ESPI_SHARED"])
XS = "{http://www.w3.org/2001/XMLSchema}"
PAIRS = [("espi-4.0.xsd", "espi.xsd"), ("customer-4.0.xsd", "customer.xsd"), ("atom.xsd", "atom.xsd")]


@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize(("official", "ours"), PAIRS)
def test_both_schemas_accept_and_refuse_the_same_documents(official: str, ours: str, seed: int) -> None:
    words = [SHARED / "tools" / "schema_agree.py", SHARED / "xsd" / official, FOLDER / ours]
    judged = subprocess.run(
        [sys.executable, *map(str, words), "--count", "3000", "--seed", str(seed)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert judged.returncode == 0, judged.stdout + judged.stderr
    assert ", 0 disagreements" in judged.stdout


@pytest.mark.parametrize(("official", "namespace"), [("espi-4.0.xsd", ESPI), ("customer-4.0.xsd", CUSTOMER)])
def test_every_code_of_the_official_schema_is_listed_and_no_other(official: str, namespace: str) -> None:
    compared = 0
    for simple in etree.parse(SHARED / "xsd" / official).getroot().iter(XS + "simpleType"):
        codes = {facet.get("value") for facet in simple.iter(XS + "enumeration")}
        if not codes or not simple.get("name"):
            continue
        try:
            ours = described(simple.get("name"), namespace)
        except BadInput:
            continue  # declared by the official schema and used by none of its elements
        assert isinstance(ours, Simple)
        if simple.get("name") == "ServiceKind" and namespace == CUSTOMER:
            continue  # a second, unused list of words under the name of the numbers
        assert {str(code) for code in ours.codes} == codes, simple.get("name")
        compared += 1
    assert compared > 8


def test_ours_is_a_fraction_of_the_size() -> None:
    official = sum((SHARED / "xsd" / name).stat().st_size for name, _ in PAIRS)
    ours = sum(path.stat().st_size for path in FOLDER.glob("*.xsd"))
    assert ours * 5 < official


def test_what_is_in_the_field_keeps_to_the_schemas() -> None:
    for path in sorted((SHARED / "data" / "green-button").glob("*.xml")):
        assert validate(path.read_bytes()) == [], path.name
