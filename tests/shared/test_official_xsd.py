"""Feeds of every kind of data keep to the official schemas, which may not be copied and so are read where they are."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from lxml import etree

from espi.feeds import SERIES, Question
from tests.metered import FIRST_DAY, LAST_DAY, World

XSD = Path(os.environ["ESPI_SHARED"]) / "xsd"
BOTH = """<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema">
  <xs:import namespace="http://www.w3.org/2005/Atom" schemaLocation="atom.xsd"/>
  <xs:import namespace="http://naesb.org/espi" schemaLocation="{}"/>
</xs:schema>"""

XML = """<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema"
    targetNamespace="http://www.w3.org/XML/1998/namespace">
  <xs:attribute name="lang" type="xs:language"/>
  <xs:attribute name="base" type="xs:anyURI"/>
</xs:schema>"""


class Beside(etree.Resolver):
    """Finds schemas in the shared folder by their last name, and answers for the one of the xml: namespace itself."""

    def resolve(self, system_url: str, public_id: str, context: object) -> object:  # type: ignore[override]
        name = system_url.rsplit("/", 1)[-1]
        return self.resolve_string(XML if name == "xml.xsd" else (XSD / name).read_bytes(), context, base_url=name)


def official(name: str) -> etree.XMLSchema:
    parser = etree.XMLParser(no_network=True)
    parser.resolvers.add(Beside())
    return etree.XMLSchema(etree.fromstring(BOTH.format(name), parser))


@pytest.mark.parametrize("name", ["espi-4.0.xsd", "espi-3.3.xsd"])
def test_every_kind_of_feed_is_valid(tmp_path: Path, name: str) -> None:
    world = World(tmp_path)
    world.fill()
    schema = official(name)
    question = Question(FIRST_DAY, LAST_DAY + 1, series=frozenset(SERIES))
    for kind in world.names:
        schema.assertValid(etree.fromstring(world.feed(kind, question)))
    world.database.close()
