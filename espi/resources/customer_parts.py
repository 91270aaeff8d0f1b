"""Structures that the retail customer resources are built of, and what they inherit."""

from __future__ import annotations

from dataclasses import replace

from espi.resources import local_time_parameters, parts, simple
from espi.resources.declare import CUSTOMER, Field, Simple, Struct
from espi.resources.parts import ANY_NUMBER, MONEY, ONE


def _part(name: str, doc: str, *fields: Field, extensible: bool = True) -> Struct:
    return Struct(name, fields, doc, extensible, CUSTOMER)


def _text(name: str, doc: str, text: Simple = simple.STRING_256) -> Field:
    return Field(name, text, doc)


def _time(name: str, doc: str) -> Field:
    return Field(name, simple.TIME, doc, unit="s")


BATCH_ITEM_INFO = replace(parts.BATCH_ITEM_INFO, namespace=CUSTOMER)
SUMMARY_MEASUREMENT = replace(parts.SUMMARY_MEASUREMENT, namespace=CUSTOMER)

IDENTIFIED = (
    Field("batchItemInfo", BATCH_ITEM_INFO, "Where the resource stands in a batch that carries it."),
    Field("name", simple.NAME, "A free name; deprecated."),
)
"""What every customer resource has before its own elements."""

OBJECT = _part("Object", "What nearly every type is: something that can be extended.")
IDENTIFIED_OBJECT = _part("IdentifiedObject", "What every resource is: something with an identity.", *IDENTIFIED)

TIME_CONFIGURATION = _part(
    "TimeConfiguration", "How local time is got from UTC.", *IDENTIFIED, *local_time_parameters.CONFIGURATION
)

DATE_TIME_INTERVAL = _part(
    "DateTimeInterval",
    "A span of time, here with open ends if need be.",
    Field("duration", simple.UINT32, "How long it lasts.", unit="s"),
    _time("start", "When it begins."),
)

STATUS = _part(
    "Status",
    "How something stands, since when and why.",
    _text("value", "How it stands."),
    _time("dateTime", "Since when."),
    _text("remark", "A remark."),
    _text("reason", "Why."),
)

PRIORITY = _part(
    "Priority",
    "How urgent something is.",
    Field("rank", simple.INTEGER, "0 for none; the lower, the more urgent.", ONE),
    _text("type", "What the rank is called."),
    _text("justification", "Why."),
)

ELECTRONIC_ADDRESS = _part(
    "ElectronicAddress",
    "How to reach someone or something by wire or radio.",
    _text("lan", "Address in the local network."),
    _text("mac", "Address of the network interface."),
    _text("email1", "E-mail."),
    _text("email2", "Another e-mail."),
    _text("web", "Web page."),
    _text("radio", "Radio address."),
    _text("userID", "A login name. We never write it."),
    _text("password", "A password. We never write it."),
)

TELEPHONE_NUMBER = _part(
    "TelephoneNumber",
    "A telephone number in its parts.",
    _text("countryCode", "Country code."),
    _text("areaCode", "Area code."),
    _text("cityCode", "City code."),
    _text("localNumber", "The number itself."),
    _text("ext", "Extension."),
    _text("dialOut", "What to dial for an outside line."),
    _text("internationalPrefix", "What to dial before the country code."),
    _text("ituPhone", "The whole number in the international form."),
)

STREET_DETAIL = _part(
    "StreetDetail",
    "The street part of an address.",
    _text("number", "House number."),
    _text("name", "Name of the street."),
    _text("suffix", "Direction after the name."),
    _text("prefix", "Direction before the name."),
    _text("type", "Street, avenue, lane."),
    _text("code", "Its code in another system."),
    _text("buildingName", "Name of the building."),
    _text("suiteNumber", "Apartment or suite."),
    _text("addressGeneral", "A free line."),
    _text("addressGeneral2", "A second free line."),
    _text("addressGeneral3", "A third free line."),
    Field("withinTownLimits", simple.BOOLEAN, "It lies within the town."),
)

TOWN_DETAIL = _part(
    "TownDetail",
    "The town part of an address.",
    _text("code", "Code of the town."),
    _text("section", "Part of the town."),
    _text("name", "Name of the town."),
    _text("county", "County."),
    _text("stateOrProvince", "State or province."),
    _text("country", "Country."),
)

STREET_ADDRESS = _part(
    "StreetAddress",
    "A postal address.",
    Field("streetDetail", STREET_DETAIL, "The street part."),
    Field("townDetail", TOWN_DETAIL, "The town part."),
    Field("status", STATUS, "Whether it is in use."),
    _text("postalCode", "Postal code."),
    _text("poBox", "Post office box."),
)

ORGANISATION = _part(
    "Organisation",
    "A person or body with its addresses.",
    *IDENTIFIED,
    Field("streetAddress", STREET_ADDRESS, "Where it is."),
    Field("postalAddress", STREET_ADDRESS, "Where its mail goes."),
    Field("phone1", TELEPHONE_NUMBER, "Telephone."),
    Field("phone2", TELEPHONE_NUMBER, "Another telephone."),
    Field("electronicAddress", ELECTRONIC_ADDRESS, "E-mail and the like."),
    Field("organisationName", simple.STRING_256, "Its name.", since="4.0"),
)

ORGANISATION_ROLE = _part(
    "OrganisationRole",
    "A part that a person or body plays.",
    *IDENTIFIED,
    Field("Organisation", ORGANISATION, "Who plays it."),
)

DOCUMENT = _part(
    "Document",
    "A paper, in whatever form.",
    *IDENTIFIED,
    _text("type", "What sort of paper."),
    _text("authorName", "Who wrote it."),
    _time("createdDateTime", "When it was made."),
    _time("lastModifiedDateTime", "When it was last changed."),
    _text("revisionNumber", "Its revision."),
    Field("electronicAddress", ELECTRONIC_ADDRESS, "Where it is found."),
    _text("subject", "What it is about."),
    _text("title", "Its title."),
    Field("docStatus", STATUS, "How the paper stands."),
    Field("status", STATUS, "How its subject stands."),
    _text("comment", "A comment."),
)

AGREEMENT = _part(
    "Agreement",
    "A paper that two parties signed.",
    *DOCUMENT.fields,
    _time("signDate", "When it was signed."),
    Field("validityInterval", DATE_TIME_INTERVAL, "When it holds."),
)

POSITION_POINT = _part(
    "PositionPoint",
    "A point on the map.",
    _text("xPosition", "East."),
    _text("yPosition", "North."),
    _text("zPosition", "Height."),
)

LOCATION = _part(
    "Location",
    "A place.",
    *IDENTIFIED,
    _text("type", "What sort of place."),
    Field("mainAddress", STREET_ADDRESS, "Its address."),
    Field("secondaryAddress", STREET_ADDRESS, "Another address."),
    Field("phone1", TELEPHONE_NUMBER, "Telephone."),
    Field("phone2", TELEPHONE_NUMBER, "Another telephone."),
    Field("electronicAddress", ELECTRONIC_ADDRESS, "E-mail and the like."),
    _text("geoInfoReference", "Its key in a map system."),
    _text("direction", "How to get there."),
    Field("status", STATUS, "How it stands."),
    Field("positionPoints", POSITION_POINT, "A point of its outline.", ANY_NUMBER),
)
WORK_LOCATION = replace(LOCATION, name="WorkLocation", doc="A place where work is done.")

LIFECYCLE_DATE = _part(
    "LifecycleDate",
    "The stations of a device's life.",
    _time("manufacturedDate", "Made."),
    _time("purchaseDate", "Bought."),
    _time("receivedDate", "Received."),
    _time("installationDate", "Installed."),
    _time("removalDate", "Removed."),
    _time("retiredDate", "Retired."),
)

ACCEPTANCE_TEST = _part(
    "AcceptanceTest",
    "The test before a device was accepted.",
    _text("type", "Which test."),
    Field("success", simple.BOOLEAN, "It passed."),
    _time("dateTime", "When."),
)

ASSET = _part(
    "Asset",
    "A thing that is owned.",
    *IDENTIFIED,
    _text("type", "What sort of thing."),
    _text("utcNumber", "Its tracking number."),
    _text("serialNumber", "Its serial number."),
    _text("lotNumber", "The lot it came in."),
    Field("purchasePrice", simple.INT48, "What it cost.", unit=MONEY),
    Field("critical", simple.BOOLEAN, "It matters more than others."),
    Field("electronicAddress", ELECTRONIC_ADDRESS, "Its network address."),
    Field("lifecycle", LIFECYCLE_DATE, "The stations of its life."),
    Field("acceptanceTest", ACCEPTANCE_TEST, "The test before it was accepted."),
    _text("initialCondition", "The state it came in."),
    Field("initialLossOfLife", simple.PER_CENT, "How much of its life was spent when it came.", unit="%"),
    Field("status", STATUS, "How it stands."),
)
ASSET_CONTAINER = replace(ASSET, name="AssetContainer", doc="A thing that holds others.")
