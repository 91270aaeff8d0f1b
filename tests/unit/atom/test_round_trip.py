"""Whatever a declaration allows is written so that our schema takes it and our reader gives it back."""

from __future__ import annotations

import io
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from espi.atom import schema, write
from espi.atom.links import Hrefs
from espi.atom.read import entries
from espi.resources.catalogue import REGISTRY
from espi.resources.declare import Field, Kind, Simple, Struct

ID = "cd4c1e92-eb88-5ad7-baeb-9a9c8de98f90"
LINKS = Hrefs("https://dc.example.com/espi/1_1/resource", "RetailCustomer/9").batch()

PLAIN = st.characters(
    codec="utf-8", exclude_categories=["Cc", "Cs", "Zs", "Zl", "Zp"], exclude_characters="\ufffe\uffff"
)


def values(type_: Simple) -> st.SearchStrategy[Any]:
    if type_.closed and type_.codes:
        return st.sampled_from(sorted(type_.codes, key=str))
    texts = st.text(PLAIN, max_size=min(type_.max_length or 40, 40))
    return {
        Kind.INTEGER: st.integers(type_.low, type_.high),
        Kind.BOOLEAN: st.booleans(),
        Kind.HEX: st.binary(max_size=type_.max_length).map(bytes.hex),
        Kind.DECIMAL: st.integers(-(10**6), 10**6).map(lambda number: Decimal(number) / 100),
        Kind.URI: st.from_regex("https://[a-z]{1,9}/[a-z0-9]{0,9}", fullmatch=True),
    }.get(type_.kind, texts)


def field_values(field: Field, depth: int) -> st.SearchStrategy[Any]:
    one = rows(field.type, depth + 1) if isinstance(field.type, Struct) else values(field.type)
    return st.lists(one, min_size=max(field.many[0], 1), max_size=field.many[0] + 2) if field.repeats else one


def rows(struct: Struct, depth: int = 0) -> st.SearchStrategy[dict[str, Any]]:
    needed = {field.name: field_values(field, depth) for field in struct.fields if field.many[0]}
    other = {field.name: field_values(field, depth) for field in struct.fields if not field.many[0]}
    return st.fixed_dictionaries(needed, optional=other if depth < 3 else {})


@pytest.mark.parametrize("element", sorted(REGISTRY))
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(data=st.data())
def test_a_row_comes_back(element: str, data: st.DataObject) -> None:
    resource = REGISTRY[element]
    row = data.draw(rows(resource.struct))
    entry = write.entry(resource, row, id=ID, links=[LINKS], title=element, published_s=5, updated_s=6)
    head = write.feed_head(ID, "t", 0, [LINKS], namespace=resource.namespace)
    document = head + entry + write.FEED_TAIL
    (back,) = entries(io.BytesIO(document))
    assert (back.resource, back.row, back.faults) == (element, row, ())
    assert (back.id, back.links, back.title) == (ID, (LINKS,), element)
    assert (back.published_s, back.updated_s) == (5, 6)
    assert schema.validate(document) == []


@pytest.mark.parametrize("element", ["BatchList", "ServiceStatus"])
def test_bare_documents_come_back(element: str) -> None:
    row = {"BatchList": {"resources": ["https://x/1?a=1&b=2"]}, "ServiceStatus": {"currentStatus": 1}}[element]
    document = write.bare(REGISTRY[element], row)
    (back,) = entries(io.BytesIO(document))
    assert (back.resource, back.row, back.id, back.links) == (element, row, "", ())


def test_a_single_entry_comes_back() -> None:
    row = {"ServiceCategory": {"kind": 0}}
    document = write.document(
        REGISTRY["UsagePoint"], row, id=ID, links=[LINKS], title="Home", published_s=1, updated_s=2
    )
    (back,) = entries(io.BytesIO(document))
    assert (back.resource, back.row, back.title) == ("UsagePoint", row, "Home")
