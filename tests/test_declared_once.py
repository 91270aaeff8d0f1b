"""What is declared in `espi/resources/` is what `xsd/` says: no more, no less, in the same order."""

from collections.abc import Iterator

import pytest

from espi.atom.schema import described, elements
from espi.errors import BadInput
from espi.resources.catalogue import ELEMENTS, REGISTRY
from espi.resources.declare import CONTAINERS, CUSTOMER, ESPI, Field, Kind, Resource, Simple, Struct, paths
from espi.resources.function_blocks import BLOCKS

RESOURCES = list(REGISTRY.values())


def by_name(value: object) -> str:
    return value.element if isinstance(value, Resource) else str(value)


def fields(part: Struct | Simple, path: str) -> Iterator[tuple[str, Field]]:
    """Every element below a part, with its path."""
    for field in part.fields if isinstance(part, Struct) else ():
        yield f"{path}/{field.name}", field
        yield from fields(field.type, f"{path}/{field.name}")


def facts(part: Struct | Simple) -> object:
    """What a schema can know of a type: not its name, its meaning or its units."""
    if isinstance(part, Simple):
        return part.kind, part.low, part.high, part.max_length, sorted(map(str, part.codes)), part.closed
    return (
        part.namespace if part.fields else "",
        part.extensible,
        [(field.name, field.many, facts(field.type)) for field in part.fields],
    )


@pytest.mark.parametrize(("namespace", "element"), ELEMENTS)
def test_a_declaration_agrees_with_the_schema(namespace: str, element: str) -> None:
    assert facts(ELEMENTS[namespace, element]) == facts(described(element, namespace))


@pytest.mark.parametrize("namespace", [ESPI, CUSTOMER])
def test_the_schema_has_no_element_that_is_not_declared(namespace: str) -> None:
    assert elements(namespace) == {element for space, element in ELEMENTS if space == namespace}


@pytest.mark.parametrize(("namespace", "element"), ELEMENTS)
def test_named_simple_types_bear_the_names_of_the_schema(namespace: str, element: str) -> None:
    for path, field in fields(ELEMENTS[namespace, element], element):
        if isinstance(field.type, Simple) and field.type.kind is not Kind.ANY and field.type.name[0].isupper():
            assert facts(described(field.type.name, namespace)) == facts(field.type), path


@pytest.mark.parametrize(("namespace", "element"), ELEMENTS)
def test_every_element_says_what_it_means(namespace: str, element: str) -> None:
    for path, field in fields(ELEMENTS[namespace, element], element):
        assert field.doc.endswith("."), path
        assert field.since in {"", "1.1", "4.0"}, path
        if isinstance(field.type, Simple):
            assert all(field.type.codes.values()), path


@pytest.mark.parametrize("resource", RESOURCES, ids=by_name)
def test_a_resource_says_what_it_is_and_which_blocks_speak_of_it(resource: Resource) -> None:
    assert resource.doc.endswith(".")
    assert resource.blocks
    assert all(BLOCKS[block.number] is block for block in resource.blocks)


@pytest.mark.parametrize("resource", RESOURCES, ids=by_name)
def test_every_link_leads_to_something_declared(resource: Resource) -> None:
    for name in (*resource.children, *resource.related, *resource.back, *resource.aliases):
        assert name in REGISTRY
    for name in resource.under:
        assert name == "" or name in CONTAINERS or name in REGISTRY
    assert not resource.deprecated or resource.deprecated in REGISTRY


@pytest.mark.parametrize("resource", RESOURCES, ids=by_name)
def test_a_child_lies_below_its_parent_and_finds_the_way_back(resource: Resource) -> None:
    for child in resource.children:
        assert REGISTRY[child].under[0] == resource.element
    for above in resource.back:
        assert resource.under[0] == above
    for single in resource.related:
        assert REGISTRY[single].under == ("",)


def test_a_meter_reading_has_no_link_back_because_a_reader_then_takes_export_for_consumption() -> None:
    assert REGISTRY["MeterReading"].back == ()


def test_no_two_resources_share_a_path() -> None:
    every = [path for resource in RESOURCES for path in paths(resource)]
    assert len(set(every)) == len(every)


@pytest.mark.parametrize("resource", [resource for resource in RESOURCES if resource.under], ids=by_name)
def test_a_path_ends_in_the_resource_or_its_own_id(resource: Resource) -> None:
    for collection, member in zip(*[iter(paths(resource))] * 2, strict=True):
        assert collection.endswith(f"/{resource.element}")
        assert member == f"{collection}/<{resource.param}>"
        assert member.count(f"<{resource.param}>") == 1


# What the standard lists of addresses of single resources: usage data, and the customer tree.
POINT = "/Subscription/<subscription_id>/UsagePoint/<usage_point_id>"
READING = f"{POINT}/MeterReading/<meter_reading_id>"
ACCOUNT = "/RetailCustomer/<retail_customer_id>/Customer/<customer_id>/CustomerAccount/<customer_account_id>"
AGREEMENT = f"{ACCOUNT}/CustomerAgreement/<customer_agreement_id>"
PLACE = f"{AGREEMENT}/ServiceLocation/<service_location_id>"
ADDRESSES = {
    "UsagePoint": POINT,
    "MeterReading": READING,
    "IntervalBlock": f"{READING}/IntervalBlock/<interval_block_id>",
    "UsageSummary": f"{POINT}/UsageSummary/<usage_summary_id>",
    "ElectricPowerUsageSummary": f"{POINT}/ElectricPowerUsageSummary/<electric_power_usage_summary_id>",
    "ElectricPowerQualitySummary": f"{POINT}/ElectricPowerQualitySummary/<electric_power_quality_summary_id>",
    "ReadingType": "/ReadingType/<reading_type_id>",
    "LocalTimeParameters": "/LocalTimeParameters/<local_time_parameters_id>",
    "ApplicationInformation": "/ApplicationInformation/<application_information_id>",
    "Authorization": "/Authorization/<authorization_id>",
    "Customer": "/RetailCustomer/<retail_customer_id>/Customer/<customer_id>",
    "CustomerAccount": ACCOUNT,
    "CustomerAgreement": AGREEMENT,
    "ServiceLocation": PLACE,
    "ServiceSupplier": f"{AGREEMENT}/ServiceSupplier/<service_supplier_id>",
    "ProgramDateIdMappings": f"{AGREEMENT}/ProgramDateIdMappings/<program_date_id_mappings_id>",
    "EndDevice": f"{PLACE}/EndDevice/<end_device_id>",
    "Meter": f"{PLACE}/Meter/<meter_id>",
    "Statement": "/Statement/<statement_id>",
}


@pytest.mark.parametrize("resource", RESOURCES, ids=by_name)
def test_a_resource_is_where_the_standard_puts_it(resource: Resource) -> None:
    found = list(paths(resource))
    if resource.element in ADDRESSES:
        member = ADDRESSES[resource.element]
        assert found[:2] == [member.rpartition("/")[0], member]
    else:
        assert found == [], "only documents outside Atom and feed extras have no address"


def test_what_the_schemas_do_not_know_is_refused() -> None:
    with pytest.raises(BadInput, match="unheardOf"):
        described("unheardOf")
