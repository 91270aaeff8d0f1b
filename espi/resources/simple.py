"""The simple types of ESPI: bounds, lengths and enumerations, as the schema has them.

An enumeration is open unless `closed`: then it takes the type's other values too, though they mean nothing to ESPI.
"""

from __future__ import annotations

from collections.abc import Mapping

from espi.resources import codes
from espi.resources.declare import Kind, Simple

INT48_LIMIT = 2**47
"""Int48 reaches from -2**47 to 2**47, both allowed."""


def _keyed(meanings: Mapping[int, str]) -> Mapping[int | str, str]:
    return dict(meanings.items())


def _open_number(name: str, meanings: Mapping[int, str], doc: str = "") -> Simple:
    return Simple(name, Kind.INTEGER, low=0, high=65_535, codes=_keyed(meanings), doc=doc)


def _closed_word(name: str, meanings: Mapping[int | str, str]) -> Simple:
    return Simple(name, Kind.TEXT, codes=meanings, closed=True)


def _open_word(name: str, meanings: Mapping[int | str, str], max_length: int | None = None) -> Simple:
    return Simple(name, Kind.TEXT, max_length=max_length, codes=meanings)


ANY = Simple("anyType", Kind.ANY, doc="Text or elements of any kind.")
ANY_URI = Simple("anyURI", Kind.URI, doc="An address.")
BOOLEAN = Simple("boolean", Kind.BOOLEAN, doc="true or false.")
STRING = Simple("string", Kind.TEXT, doc="Text of any length.")
INTEGER = Simple("integer", Kind.INTEGER, doc="An integer of any size.")
FLOAT = Simple("float", Kind.DECIMAL, doc="A number with a fraction.")

UINT8 = Simple("UInt8", Kind.INTEGER, low=0, high=2**8 - 1)
UINT16 = Simple("UInt16", Kind.INTEGER, low=0, high=2**16 - 1)
UINT32 = Simple("UInt32", Kind.INTEGER, low=0, high=2**32 - 1)
INT16 = Simple("Int16", Kind.INTEGER, low=-(2**15), high=2**15 - 1)
INT48 = Simple("Int48", Kind.INTEGER, low=-INT48_LIMIT, high=INT48_LIMIT)
TIME = Simple("TimeType", Kind.INTEGER, low=-(2**63), high=2**63 - 1, doc="Seconds since 1970-01-01T00:00:00Z.")
PER_CENT = Simple("PerCent", Kind.INTEGER, low=0, high=100, doc="Hundredths of the whole.")

HEX_BINARY_16 = Simple("HexBinary16", Kind.HEX, max_length=2, doc="At most 2 octets, two hexadecimal digits each.")
HEX_BINARY_32 = Simple("HexBinary32", Kind.HEX, max_length=4, doc="At most 4 octets, two hexadecimal digits each.")
DST_RULE = Simple("DstRuleType", Kind.HEX, max_length=4, doc="When the clock changes, packed into 4 octets.")

STRING_32 = Simple("String32", Kind.TEXT, max_length=32)
STRING_64 = Simple("String64", Kind.TEXT, max_length=64)
STRING_256 = Simple("String256", Kind.TEXT, max_length=256)
STRING_512 = Simple("String512", Kind.TEXT, max_length=512)
NAME = Simple("name", Kind.TEXT, max_length=64, doc="A free name of an object.")

ACCUMULATION_KIND = _open_number("AccumulationKind", codes.ACCUMULATION_KIND)
AUTHORIZATION_STATUS = _open_number("AuthorizationStatus", codes.AUTHORIZATION_STATUS)
COMMODITY_KIND = _open_number("CommodityKind", codes.COMMODITY_KIND)
CRUD_OPERATION = _open_number("CRUDOperation", codes.CRUD_OPERATION)
CURRENCY = _open_number("Currency", codes.CURRENCY, "The ISO 4217 number of a currency.")
DATA_CUSTODIAN_APPLICATION_STATUS = _open_number(
    "DataCustodianApplicationStatus", codes.DATA_CUSTODIAN_APPLICATION_STATUS
)
DATA_QUALIFIER_KIND = _open_number("DataQualifierKind", codes.DATA_QUALIFIER_KIND)
FLOW_DIRECTION_KIND = _open_number("FlowDirectionKind", codes.FLOW_DIRECTION_KIND)
ITEM_KIND = _open_number("ItemKind", codes.ITEM_KIND)
MEASUREMENT_KIND = _open_number("MeasurementKind", codes.MEASUREMENT_KIND)
PHASE_CODE_KIND = _open_number("PhaseCodeKind", codes.PHASE_CODE_KIND)
QUALITY_OF_READING = _open_number("QualityOfReading", codes.QUALITY_OF_READING)
SERVICE_KIND = _open_number("ServiceKind", codes.SERVICE_KIND)
SERVICE_STATUS = _open_number("ESPIServiceStatus", codes.SERVICE_STATUS)
STATUS_CODE = _open_number("StatusCode", codes.STATUS_CODE)
THIRD_PARTY_APPLICATION_STATUS = _open_number(
    "ThirdPartyApplicatonStatus", codes.THIRD_PARTY_APPLICATION_STATUS, "The schema spells the type's name this way."
)
THIRD_PARTY_APPLICATION_TYPE = _open_number("ThirdPartyApplicationType", codes.THIRD_PARTY_APPLICATION_TYPE)
THIRD_PARTY_APPLICATION_USE = _open_number("ThirdPartyApplicationUse", codes.THIRD_PARTY_APPLICATION_USE)
TIME_ATTRIBUTE_KIND = _open_number("TimeAttributeKind", codes.TIME_ATTRIBUTE_KIND)
TIME_PERIOD_OF_INTEREST = _open_number("TimePeriodOfInterest", codes.TIME_PERIOD_OF_INTEREST)
UNIT_SYMBOL_KIND = _open_number("UnitSymbolKind", codes.UNIT_SYMBOL_KIND)
UNIT_MULTIPLIER_KIND = Simple(
    "UnitMultiplierKind",
    Kind.INTEGER,
    low=-(2**15),
    high=2**15 - 1,
    codes=_keyed(codes.UNIT_MULTIPLIER_KIND),
    doc="The power of ten that the value is multiplied by.",
)

AMI_BILLING_READY_KIND = _closed_word("AmiBillingReadyKind", codes.AMI_BILLING_READY_KIND)
ANODE_TYPE = _closed_word("AnodeType", codes.ANODE_TYPE)
APNODE_TYPE = _closed_word("ApnodeType", codes.APNODE_TYPE)
BUCKET_KIND = _closed_word("tOUorCPPorConsumptionTier", codes.BUCKET_KIND)
ENROLLMENT_STATUS = _closed_word("EnrollmentStatus", codes.ENROLLMENT_STATUS)
GRANT_TYPE = _closed_word("GrantType", codes.GRANT_TYPE)
OAUTH_ERROR = _closed_word("OAuthError", codes.OAUTH_ERROR)
RESPONSE_TYPE = _closed_word("ResponseType", codes.RESPONSE_TYPE)
TOKEN_ENDPOINT_METHOD = _closed_word("TokenEndPointMethod", codes.TOKEN_ENDPOINT_METHOD)
TOKEN_TYPE = _closed_word("TokenType", codes.TOKEN_TYPE)
USAGE_POINT_CONNECTED_KIND = _closed_word("UsagePointConnectedKind", codes.USAGE_POINT_CONNECTED_KIND)

CUSTOMER_KIND = _open_word("CustomerKind", codes.CUSTOMER_KIND)
MEDIA_TYPE = _open_word("MediaType", codes.MEDIA_TYPE)
METER_MULTIPLIER_KIND = _open_word("MeterMultiplierKind", codes.METER_MULTIPLIER_KIND)
NOTIFICATION_METHOD_KIND = _open_word("NotificationMethodKind", codes.NOTIFICATION_METHOD_KIND)
OPEN_ENROLLMENT_STATUS = _open_word("EnrollmentStatus", codes.ENROLLMENT_STATUS)
PROGRAM_DATE_KIND = _open_word("ProgramDateKind", codes.PROGRAM_DATE_KIND, 64)
SUPPLIER_KIND = _open_word("SupplierKind", codes.SUPPLIER_KIND)
