"""Every declaration: importing this module fills `espi.resources.declare.REGISTRY`."""

from __future__ import annotations

from dataclasses import replace

from espi.resources import (
    application_information,
    authorization,
    batch,
    customer,
    customer_parts,
    interval_block,
    local_time_parameters,
    meter_reading,
    parts,
    power_quality_summary,
    program_id_mappings,
    reading_type,
    service_status,
    simple,
    usage_point,
    usage_summary,
)
from espi.resources.declare import CUSTOMER, REGISTRY, Simple, Struct

__all__ = [
    "ELEMENTS",
    "REGISTRY",
    "application_information",
    "authorization",
    "batch",
    "customer",
    "interval_block",
    "local_time_parameters",
    "meter_reading",
    "power_quality_summary",
    "program_id_mappings",
    "reading_type",
    "service_status",
    "usage_point",
    "usage_summary",
]

_STRUCTS = (
    Struct("Object", (), "What nearly every type is: something that can be extended."),
    Struct("IdentifiedObject", parts.IDENTIFIED, "What every resource is: something with an identity."),
    parts.BATCH_ITEM_INFO,
    parts.DATE_TIME_INTERVAL,
    parts.SUMMARY_MEASUREMENT,
    interval_block.INTERVAL_READING,
    interval_block.READING_QUALITY,
    *(part for part in vars(customer_parts).values() if isinstance(part, Struct) and part.namespace == CUSTOMER),
    *(part for part in vars(customer).values() if isinstance(part, Struct) and part.namespace == CUSTOMER),
)

ELEMENTS: dict[tuple[str, str], Struct | Simple] = {
    **{(resource.namespace, resource.element): resource.struct for resource in REGISTRY.values()},
    **{(struct.namespace, struct.name): struct for struct in _STRUCTS},
    (CUSTOMER, "BatchList"): replace(batch.BATCH_LIST.struct, namespace=CUSTOMER),
    (CUSTOMER, "LocalTimeParameters"): customer_parts.TIME_CONFIGURATION,
    (CUSTOMER, "PricingStructure"): simple.ANY_URI,
    (CUSTOMER, "UsagePoint"): simple.ANY_URI,
}
"""Every element that may stand alone, by namespace and name: resources, and parts with an element of their own."""
