"""What the played custodian knows: one customer with one meter, one third party with three clients, and ids."""

from __future__ import annotations

import hashlib
import uuid
from datetime import UTC, datetime

HOUR_S = 3600
STEP_S = 4 * HOUR_S
"""How long a reading is: six a day, so that feeds stay short."""
DAY_S = 86_400
FIRST_DAY_S = 1_717_218_000  # midnight of 2024-06-01 in Springfield, US Central daylight time
DAYS = 5
PUBLISHED_S = FIRST_DAY_S + DAYS * DAY_S + HOUR_S

CLIENT, REGISTRATION, ADMIN = "third_party", "REGISTRATION_third_party", "third_party_admin"
SECRETS = {CLIENT: "secret-of-the-client", REGISTRATION: "secret-of-registration", ADMIN: "secret-of-the-admin"}
UPLOADER = "uploader"
SECRETS[UPLOADER] = "secret-of-the-uploader"
LOGIN, PASSWORD = "ada", "green-button-of-ada"
CERTIFICATE_ID = "3f0e1b52-6c1c-5c34-8a52-8d5d0e3c9b11"
BULK, PERSONAL_BULK = "HARBOUR1", "HARBOURRC"
USAGE_BLOCKS = "1_3_4_5_12_13_14_15_16_17_31_32_33_34_35_36_37_39_40_41_44"
PERSONAL_BLOCKS = "51_53_54_55_56_57_58_59_60_61_64_65_67_69_70_71"
TERMS = f"IntervalDuration={STEP_S};BlockDuration=daily;HistoryLength=34128000;BR={BULK}"
SCOPE = f"FB={USAGE_BLOCKS}_{PERSONAL_BLOCKS};{TERMS}"


def path_id(name: str) -> str:
    """Twelve hexadecimal digits that say nothing of the name: 48 bits, as an address needs."""
    return hashlib.sha256(f"springfield power/{name}".encode()).hexdigest()[:12]


def entry_id(name: str) -> str:
    """The same name-based UUID for the same thing, always."""
    return f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, f'springfield-power.example/{name}')}"


def time_text(at_s: int) -> str:
    """An instant as Atom and the query parameters write it."""
    return datetime.fromtimestamp(at_s, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


APPLICATION = path_id("application")
SUBSCRIPTION = path_id("subscription")
OTHER_SUBSCRIPTION = path_id("subscription of somebody else")
POINT = path_id("usage point")
READING = path_id("meter reading")
TYPE = path_id("reading type")
ZONE = path_id("local time parameters")
SUMMARY = path_id("usage summary")
QUALITY = path_id("power quality summary")
CUSTOMER = path_id("customer")
ACCOUNT = path_id("customer account")
AGREEMENT = path_id("customer agreement")
LOCATION = path_id("service location")
METER = path_id("meter")
DEVICE = path_id("end device")
SUPPLIER = path_id("service supplier")
STATEMENT = path_id("statement")
BLOCKS = tuple((path_id(f"block {day}"), FIRST_DAY_S + day * DAY_S) for day in range(DAYS))
