"""The retail customer resources: who the customer is, what was agreed and billed, where and with what it is delivered.

They hold personal data, live in a namespace of their own and are reached below `RetailCustomer`.
"""

from __future__ import annotations

from espi.resources import simple
from espi.resources.customer_parts import (
    AGREEMENT,
    ASSET_CONTAINER,
    DOCUMENT,
    IDENTIFIED,
    ORGANISATION,
    ORGANISATION_ROLE,
    PRIORITY,
    STATUS,
    SUMMARY_MEASUREMENT,
    WORK_LOCATION,
)
from espi.resources.declare import CUSTOMER as NAMESPACE
from espi.resources.declare import Field, Resource, Struct, register
from espi.resources.function_blocks import (
    FB_50,
    FB_51,
    FB_54,
    FB_55,
    FB_56,
    FB_57,
    FB_58,
    FB_59,
    FB_60,
    FB_61,
    FB_62,
    FB_71,
)
from espi.resources.parts import ANY_NUMBER, MONEY, ONE


def _struct(name: str, *fields: Field, doc: str = "", extensible: bool = True) -> Struct:
    return Struct(name, fields, doc, extensible, NAMESPACE)


CUSTOMER = register(
    Resource(
        "Customer",
        _struct(
            "Customer",
            *ORGANISATION_ROLE.fields,
            Field("kind", simple.CUSTOMER_KIND, "What sort of customer."),
            Field("specialNeed", simple.STRING_256, "A special need, life support for instance."),
            Field("vip", simple.BOOLEAN, "An important customer."),
            Field("pucNumber", simple.STRING_256, "The regulator's number."),
            Field("status", STATUS, "How the customer stands."),
            Field("priority", PRIORITY, "How urgently the customer is served."),
            Field("locale", simple.STRING_256, "The customer's language."),
            Field("customerName", simple.STRING_256, "The customer's name.", since="4.0"),
        ),
        "Who is served.",
        param="customer_id",
        under=("RetailCustomer", ""),
        children=("CustomerAccount",),
        blocks=(FB_50, FB_51, FB_54, FB_55),
    )
)

ACCOUNT_NOTIFICATION = _struct(
    "AccountNotification",
    Field("methodKind", simple.NOTIFICATION_METHOD_KIND, "How it was sent.", ONE),
    Field("time", simple.TIME, "When.", ONE, unit="s"),
    Field("note", simple.STRING_256, "Why.", ONE),
    Field("customerNotificationKind", simple.STRING_256, "The occasion: overdue, moving in, moving out.", ONE),
    doc="Something the customer was told.",
)

CUSTOMER_ACCOUNT = register(
    Resource(
        "CustomerAccount",
        _struct(
            "CustomerAccount",
            *DOCUMENT.fields,
            Field("billingCycle", simple.STRING_256, "The code of the day of billing."),
            Field("budgetBill", simple.STRING_256, "How the year is spread over the bills."),
            Field("lastBillAmount", simple.INT48, "The last bill.", unit=MONEY),
            Field("notifications", ACCOUNT_NOTIFICATION, "Something the customer was told.", ANY_NUMBER),
            Field("contactInfo", ORGANISATION, "Who pays."),
            Field("accountId", simple.STRING_256, "The account's number.", since="4.0"),
        ),
        "What the customer pays through.",
        param="customer_account_id",
        under=("Customer", ""),
        children=("CustomerAgreement",),
        back=("Customer",),
        blocks=(FB_50, FB_51, FB_56),
    )
)

PROGRAM_DATE = _struct(
    "ProgramDate",
    Field("programDate", simple.TIME, "When.", unit="s"),
    Field("programDateDescription", simple.STRING, "What happens then."),
    doc="A date of a program.",
    extensible=False,
)

DEMAND_RESPONSE_PROGRAM = _struct(
    "DemandResponseProgram",
    Field("programName", simple.STRING_256, "Its name."),
    Field("enrollmentStatus", simple.OPEN_ENROLLMENT_STATUS, "Whether the customer is enrolled."),
    Field("programDescription", simple.ANY_URI, "A page about it."),
    Field("programDate", PROGRAM_DATE, "A date of the program.", ANY_NUMBER),
    Field("capacityReservationLevel", SUMMARY_MEASUREMENT, "The capacity reserved."),
    Field("DRProgramNomination", SUMMARY_MEASUREMENT, "The load nominated."),
    doc="A program that pays for using less at times.",
    extensible=False,
)

CUSTOMER_AGREEMENT = register(
    Resource(
        "CustomerAgreement",
        _struct(
            "CustomerAgreement",
            *AGREEMENT.fields,
            Field("loadMgmt", simple.STRING_256, "The code of load management."),
            Field("isPrePay", simple.BOOLEAN, "Paid before use."),
            Field("shutOffDateTime", simple.TIME, "When service ended.", unit="s"),
            Field("DemandResponseProgram", DEMAND_RESPONSE_PROGRAM, "A program the customer is in.", ANY_NUMBER),
            Field("PricingStructures", simple.ANY_URI, "The address of a price list.", ANY_NUMBER),
            Field("currency", simple.CURRENCY, "The currency of the amounts."),
            Field("futureStatus", STATUS, "A change that is planned.", ANY_NUMBER),
            Field("agreementId", simple.STRING_256, "The agreement's number.", since="4.0"),
        ),
        "What was agreed with the customer.",
        param="customer_agreement_id",
        under=("CustomerAccount", ""),
        children=("ServiceLocation", "ServiceSupplier", "ProgramDateIdMappings"),
        back=("CustomerAccount",),
        blocks=(FB_50, FB_51, FB_57),
    )
)

USAGE_POINTS = _struct(
    "UsagePoints",
    Field("UsagePoint", simple.ANY_URI, "The address of a usage point, as its self link has it.", ANY_NUMBER),
    doc="Usage points of a place.",
)

SERVICE_LOCATION = register(
    Resource(
        "ServiceLocation",
        _struct(
            "ServiceLocation",
            *WORK_LOCATION.fields,
            Field("accessMethod", simple.STRING_256, "How to get in."),
            Field("siteAccessProblem", simple.STRING_256, "What stands in the way."),
            Field("needsInspection", simple.BOOLEAN, "It must be inspected."),
            Field("UsagePoints", USAGE_POINTS, "The usage points there.", ANY_NUMBER),
            Field("outageBlock", simple.STRING_32, "The block that loses supply together."),
        ),
        "Where service is delivered.",
        param="service_location_id",
        under=("CustomerAgreement", ""),
        children=("EndDevice", "Meter"),
        back=("CustomerAgreement",),
        blocks=(FB_50, FB_51, FB_58),
    )
)

SERVICE_SUPPLIER = register(
    Resource(
        "ServiceSupplier",
        _struct(
            "ServiceSupplier",
            *ORGANISATION_ROLE.fields,
            Field("kind", simple.SUPPLIER_KIND, "What sort of supplier."),
            Field("issuerIdentificationNumber", simple.STRING_256, "Its number with the standards body."),
            Field("effectiveDate", simple.TIME, "Since when it supplies.", unit="s"),
        ),
        "Who supplies.",
        param="service_supplier_id",
        under=("CustomerAgreement", ""),
        back=("CustomerAgreement",),
        blocks=(FB_50, FB_51, FB_59),
    )
)

END_DEVICE = register(
    Resource(
        "EndDevice",
        _struct(
            "EndDevice",
            *ASSET_CONTAINER.fields,
            Field("isVirtual", simple.BOOLEAN, "There is no such thing to touch."),
            Field("isPan", simple.BOOLEAN, "A device of the network at the premises."),
            Field("installCode", simple.STRING_256, "The code that lets it join the network."),
            Field("amrSystem", simple.STRING_256, "The system that reads it."),
        ),
        "A device at the customer's.",
        param="end_device_id",
        under=("ServiceLocation", ""),
        back=("ServiceLocation",),
        blocks=(FB_50, FB_51, FB_61),
    )
)

METER_MULTIPLIER = _struct(
    "MeterMultiplier",
    Field("kind", simple.METER_MULTIPLIER_KIND, "Which multiplier."),
    Field("value", simple.FLOAT, "How much."),
    doc="What a reading of the meter is multiplied by.",
)

METER = register(
    Resource(
        "Meter",
        _struct(
            "Meter",
            *END_DEVICE.struct.fields,
            Field("formNumber", simple.STRING_256, "Its form after ANSI C12.10."),
            Field("MeterMultipliers", METER_MULTIPLIER, "What its readings are multiplied by.", ANY_NUMBER),
            Field("intervalLength", simple.UINT32, "How long its intervals are.", unit="s"),
        ),
        "A device that measures.",
        param="meter_id",
        under=("ServiceLocation", ""),
        back=("ServiceLocation",),
        blocks=(FB_50, FB_51, FB_60),
    )
)

PROGRAM_DATE_ID_MAPPING = _struct(
    "ProgramDateIdMapping",
    Field("programDateType", simple.PROGRAM_DATE_KIND, "What sort of date.", ONE),
    Field("code", simple.STRING_64, "Its code.", ONE),
    Field("name", simple.STRING_256, "What it is called.", ONE),
    Field("note", simple.STRING_256, "A remark."),
    doc="What a date of a program is called.",
)

PROGRAM_DATE_ID_MAPPINGS = register(
    Resource(
        "ProgramDateIdMappings",
        _struct(
            "ProgramDateIdMappings",
            *IDENTIFIED,
            Field("programDateIdMapping", PROGRAM_DATE_ID_MAPPING, "One date; the schema allows no second."),
        ),
        "What the dates of programs are called.",
        param="program_date_id_mappings_id",
        under=("CustomerAgreement", ""),
        back=("CustomerAgreement",),
        blocks=(FB_50, FB_62),
    )
)

STATEMENT_REF = _struct(
    "StatementRef",
    Field("fileName", simple.STRING_512, "The file's name."),
    Field("mediaType", simple.MEDIA_TYPE, "What sort of file."),
    Field("statementURL", simple.ANY_URI, "Where it is.", ONE),
    doc="A bill as a file.",
)

STATEMENT = register(
    Resource(
        "Statement",
        _struct(
            "Statement",
            *IDENTIFIED,
            Field("issueDateTime", simple.TIME, "When it was issued.", unit="s", since="4.0"),
            Field("statementRef", STATEMENT_REF, "The bill as a file.", ANY_NUMBER, since="4.0"),
        ),
        "A bill, since release 4.0.",
        param="statement_id",
        blocks=(FB_71,),
    )
)
