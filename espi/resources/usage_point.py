"""UsagePoint: a place where a commodity is delivered and measured."""

from __future__ import annotations

from espi.resources import simple
from espi.resources.declare import Field, Resource, Struct, register
from espi.resources.function_blocks import FB_01, FB_03, FB_04, FB_32
from espi.resources.parts import ANY_NUMBER, IDENTIFIED, ONE, SOME, SUMMARY_MEASUREMENT, TARIFF_RIDER_REFS

SERVICE_CATEGORY = Struct(
    "ServiceCategory",
    (Field("kind", simple.SERVICE_KIND, "The commodity.", ONE),),
    "What is delivered.",
)

SERVICE_DELIVERY_POINT = Struct(
    "ServiceDeliveryPoint",
    (
        Field("name", simple.STRING_256, "A name to show; need not be unique."),
        Field("tariffProfile", simple.STRING_256, "The tariff's identifier or address."),
        Field("customerAgreement", simple.STRING_256, "The agreement under which it is served."),
        Field("tariffRiderRefs", TARIFF_RIDER_REFS, "Riders on the base tariff."),
    ),
    "Tariff and agreement of the place.",
)

_EFFECTIVE = (
    Field("startEffectiveDate", simple.TIME, "Valid from.", unit="s"),
    Field("endEffectiveDate", simple.TIME, "Valid until.", unit="s"),
)

PNODE_REF = Struct(
    "PnodeRef",
    (
        Field("apnodeType", simple.APNODE_TYPE, "The kind of pricing node.", ONE),
        Field("ref", simple.STRING_256, "The grid operator's name of the node.", ONE),
        *_EFFECTIVE,
    ),
    "A pricing node of the wholesale market.",
)

PNODE_REFS = Struct("PnodeRefs", (Field("pnodeRef", PNODE_REF, "A pricing node.", SOME),), "Pricing nodes.")

AGGREGATE_NODE_REF = Struct(
    "AggregateNodeRef",
    (
        Field("anodeType", simple.ANODE_TYPE, "The kind of aggregate node.", ONE),
        Field("ref", simple.STRING_256, "The grid operator's name of the node.", ONE),
        *_EFFECTIVE,
        Field("pnodeRef", PNODE_REF, "A pricing node that belongs to it.", ANY_NUMBER),
    ),
    "An aggregate of pricing nodes.",
)

AGGREGATE_NODE_REFS = Struct(
    "AggregateNodeRefs",
    (Field("aggregateNodeRef", AGGREGATE_NODE_REF, "An aggregate node.", SOME),),
    "Aggregate nodes.",
)

USAGE_POINT = register(
    Resource(
        "UsagePoint",
        Struct(
            "UsagePoint",
            (
                *IDENTIFIED,
                Field(
                    "roleFlags",
                    simple.HEX_BINARY_16,
                    "Bits, from the lowest: mirror, aggregation point, electric vehicle, own generation, revenue "
                    "quality, direct current.",
                ),
                Field("ServiceCategory", SERVICE_CATEGORY, "What is delivered."),
                Field("status", simple.UINT8, "1 on, 0 off."),
                Field(
                    "serviceDeliveryPoint", SERVICE_DELIVERY_POINT, "Tariff and agreement of the place.", since="1.1"
                ),
                Field(
                    "amiBillingReady", simple.AMI_BILLING_READY_KIND, "How far remote reading has come.", since="1.1"
                ),
                Field("checkBilling", simple.BOOLEAN, "An earlier bill is in doubt.", since="1.1"),
                Field("connectionState", simple.USAGE_POINT_CONNECTED_KIND, "Whether it is connected.", since="1.1"),
                Field("estimatedLoad", SUMMARY_MEASUREMENT, "The load expected here.", since="1.1"),
                Field("grounded", simple.BOOLEAN, "The neutral is grounded.", since="1.1"),
                Field("isSdp", simple.BOOLEAN, "Here the commodity changes its owner.", since="1.1"),
                Field("isVirtual", simple.BOOLEAN, "There is no single place with a meter.", since="1.1"),
                Field("minimalUsageExpected", simple.BOOLEAN, "Next to no use is normal here.", since="1.1"),
                Field("nominalServiceVoltage", SUMMARY_MEASUREMENT, "The voltage supplied.", since="1.1"),
                Field("outageRegion", simple.STRING_256, "The area that loses supply together.", since="1.1"),
                Field("phaseCode", simple.PHASE_CODE_KIND, "The phases present.", since="1.1"),
                Field("ratedCurrent", SUMMARY_MEASUREMENT, "The current it is built for.", since="1.1"),
                Field("ratedPower", SUMMARY_MEASUREMENT, "The power it is built for.", since="1.1"),
                Field("readCycle", simple.STRING_256, "The code of the day it is read for billing.", since="1.1"),
                Field("readRoute", simple.STRING_256, "The route on which it is read.", since="1.1"),
                Field("serviceDeliveryRemark", simple.STRING_256, "A free remark.", since="1.1"),
                Field("servicePriority", simple.STRING_32, "How urgently supply is restored.", since="1.1"),
                Field("pnodeRefs", PNODE_REFS, "Its pricing nodes.", since="1.1"),
                Field("aggregateNodeRefs", AGGREGATE_NODE_REFS, "Its aggregate nodes.", since="1.1"),
            ),
        ),
        "A place where a commodity is delivered and measured.",
        param="usage_point_id",
        under=("Subscription", "RetailCustomer", ""),
        children=("MeterReading", "UsageSummary", "ElectricPowerQualitySummary"),
        related=("LocalTimeParameters",),
        blocks=(FB_01, FB_03, FB_04, FB_32),
    )
)
