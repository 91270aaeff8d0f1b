"""Retail customer data: every link of the chain, and what each resource must say."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from conformance.outcome import Outcome
from conformance.requirements import requirements
from tests.conformance.made_feeds import CUSTOMER, POINT, Made, Usage, elements, feed, messages, resource, result

ACCOUNT = f"{CUSTOMER}/CustomerAccount/9af211329b2f"
AGREEMENT = f"{ACCOUNT}/CustomerAgreement/46a81739c6ee"
PLACE = f"{AGREEMENT}/ServiceLocation/81df63580cc9"
SUPPLIER = f"{AGREEMENT}/ServiceSupplier/955ed10b73d6"
METER = f"{PLACE}/Meter/5eff322a1bd4"
DEVICE = f"{PLACE}/EndDevice/78b49fb2cc2d"
DATES = f"{AGREEMENT}/ProgramDateIdMappings/1310ca2c8932"
STATEMENT = f"{CUSTOMER.partition('/RetailCustomer')[0]}/Statement/b111c6e1d318"
RANDOM = "urn:uuid:48b2bda7-7761-4562-864c-6145312e5aa4"
ADDRESS = "Organisation/streetAddress"

FACTS = {
    "Customer": {
        f"{ADDRESS}/streetDetail/addressGeneral": "1 Sample Street",
        f"{ADDRESS}/townDetail/name": "Exampleton",
        f"{ADDRESS}/townDetail/stateOrProvince": "IL",
        "customerName": "Sample Household",
    },
    "CustomerAccount": {"accountId": "SAMPLE-0001"},
    "CustomerAgreement": {"agreementId": "SAMPLE-A1"},
    "ServiceLocation": {"UsagePoints/UsagePoint": POINT},
    "ServiceSupplier": {"Organisation/organisationName": "Sample Custodian"},
    "Meter": {"serialNumber": "SAMPLE-M1"},
    "EndDevice": {"serialNumber": "SAMPLE-D1"},
    "ProgramDateIdMappings": {
        "programDateIdMapping/programDateType": "CUST_DR_PROGRAM_TERM_DATE_WITHOUT_FINANCIAL",
        "programDateIdMapping/code": "1",
        "programDateIdMapping/name": "Summer",
    },
    "Statement": {"statementRef/statementURL": "https://custodian.example/statements/1"},
}
PLACES = {
    "Customer": (CUSTOMER, f"{CUSTOMER}/CustomerAccount"),
    "CustomerAccount": (ACCOUNT, CUSTOMER, f"{ACCOUNT}/CustomerAgreement"),
    "CustomerAgreement": (AGREEMENT, ACCOUNT, f"{AGREEMENT}/ServiceLocation"),
    "ServiceLocation": (PLACE, AGREEMENT),
    "ServiceSupplier": (SUPPLIER, AGREEMENT),
    "Meter": (METER, PLACE),
    "EndDevice": (DEVICE, PLACE),
    "ProgramDateIdMappings": (DATES, AGREEMENT),
    "Statement": (STATEMENT,),
}
RULES = [name for name in requirements() if name.startswith(("RC_FB", "RCD"))]
Change = Callable[[Made], Made | None]


def chain(kind: str = "", change: Change | None = None) -> bytes:
    """The whole chain, with a change to the entries of a kind (None takes them out)."""
    made = []
    for name, (own, *related) in PLACES.items():
        entry: Made | None = Made(
            name, own, resource(name, elements(FACTS[name], "cust"), "cust"), related, prefix="cust"
        )
        if entry and change and name == kind:
            entry = change(entry)
        if entry:
            made.append(entry)
    return feed(made)


def without(path: str) -> Change:
    """Without the element of a path."""

    def change(entry: Made) -> Made:
        facts = {name: text for name, text in FACTS[entry.kind].items() if name != path}
        return replace(entry, content=resource(entry.kind, elements(facts, "cust"), "cust"))

    return change


def told(path: str, text: str) -> Change:
    """With another text at a path."""
    return lambda entry: replace(
        entry, content=resource(entry.kind, elements({**FACTS[entry.kind], path: text}, "cust"), "cust")
    )


def with_(**members: object) -> Change:
    """With other members of the entry."""
    return lambda entry: replace(entry, **members)  # type: ignore[arg-type]


def gone(_: Made) -> None:
    """Without the entry."""


def test_a_whole_chain_meets_every_rule() -> None:
    assert len(RULES) > 25
    outcomes = {rule: result(chain(), rule).outcome for rule in RULES}
    assert set(outcomes.values()) == {Outcome.PASS}, outcomes


@pytest.mark.parametrize(
    ("rule", "kind", "change", "said"),
    [
        ("RC_FB55_DE_001", "Customer", without(f"{ADDRESS}/streetDetail/addressGeneral"), "no street address or box"),
        ("RC_FB55_DE_001", "Customer", told(f"{ADDRESS}/streetDetail/addressGeneral", " "), "no street address or box"),
        ("RC_FB55_DE_002", "Customer", without(f"{ADDRESS}/townDetail/name"), "no town"),
        ("RC_FB55_DE_003", "Customer", without(f"{ADDRESS}/townDetail/stateOrProvince"), "no state or province"),
        ("RC_FB56_DE_001", "Customer", with_(related=[]), "no related link to a CustomerAccount"),
        ("RC_FB56_DE_001", "Customer", with_(related=[f"{CUSTOMER}x/CustomerAccount"]), "where no CustomerAccount"),
        ("RC_FB56_DE_002", "CustomerAccount", gone, "The feed has no CustomerAccount entry"),
        ("RC_FB56_DE_003", "CustomerAccount", with_(id=RANDOM), "version 5 or 3"),
        ("RC_FB56_DE_003", "CustomerAccount", with_(id=None), "has the id (none)"),
        ("RC_FB56_DE_004", "CustomerAccount", with_(title=None), "has no title"),
        ("RC_FB56_DE_005", "CustomerAccount", with_(self=f"{CUSTOMER}/CustomerAccount"), "and an identifier"),
        ("RC_FB56_DE_007", "CustomerAccount", with_(up=ACCOUNT), "it ends in CustomerAccount"),
        ("RC_FB56_DE_008", "CustomerAccount", with_(related=[AGREEMENT]), "no related link to its Customer"),
        ("RC_FB56_DE_009", "CustomerAccount", with_(related=[CUSTOMER, f"{CUSTOMER}0"]), "2 Customers"),
        ("RC_FB56_DE_010", "CustomerAccount", without("accountId"), "no accountId"),
        ("RC_FB56_DE_011", "CustomerAccount", with_(published=None), "no published"),
        ("RC_FB56_DE_012", "CustomerAccount", with_(updated=None), "no updated"),
        ("RC_FB58_DE_010", "CustomerAccount", with_(related=[CUSTOMER]), "no related link to a CustomerAgreement"),
        ("RCD001", "Customer", with_(title=None, updated=None), "has no title, no updated"),
        ("RCD001", "Customer", gone, "The feed has no Customer entry"),
        ("RCD002", "Customer", without("customerName"), "has no name"),
        ("RCD003", "CustomerAgreement", with_(related=[]), "no related link to its CustomerAccount"),
        ("RCD004", "CustomerAgreement", with_(related=[f"{AGREEMENT}0/ServiceLocation"]), "where no ServiceLocation"),
        ("RCD004", "ServiceLocation", with_(published=None), "has no published"),
        ("RCD005", "ServiceLocation", told("UsagePoints/UsagePoint", "/UsagePoint/1"), "write the whole https address"),
        ("RCD006", "ServiceSupplier", without("Organisation/organisationName"), "has no Organisation"),
        ("RCD007", "Meter", with_(related=[], self=f"{CUSTOMER}/Meter/5eff322a1bd4"), "belongs to no ServiceLocation"),
        ("RCD008", "EndDevice", with_(up=None), "has no up link"),
        ("RCD009", "ProgramDateIdMappings", without("programDateIdMapping/code"), "without code"),
        ("RCD010", "Statement", told("statementRef/statementURL", "bill.pdf"), "write a whole https address"),
        ("RCD010", "Statement", without("statementRef/statementURL"), "there is nothing to fetch"),
        ("RCD011", "Meter", with_(self=f"{CUSTOMER}/Meter/5eff322a1bd4"), "ServiceLocation/{id}/Meter/{id}"),
    ],
)  # fmt: skip
def test_a_broken_link_of_the_chain(rule: str, kind: str, change: Change, said: str) -> None:
    content = chain(kind, change)
    blocks_of_rules = requirements()[rule].block
    found = [one.message for one in result(content, rule, blocks={51, blocks_of_rules or 51}).findings]
    assert any(said in message for message in found), found


def test_two_accounts_with_one_address() -> None:
    account = Made("CustomerAccount", ACCOUNT, "<cust:CustomerAccount/>", prefix="cust")
    assert "2 CustomerAccounts have the self link" in messages(feed([account, account]), "RC_FB56_DE_006")[0]


def test_a_usage_point_named_twice() -> None:
    twice = chain().replace(
        b"</cust:UsagePoints>", b"</cust:UsagePoints>" + elements({"UsagePoints/UsagePoint": POINT}, "cust").encode(), 1
    )
    assert "2 times" in messages(twice, "RCD005")[0]


def test_rules_for_customers_are_not_asked_of_usage() -> None:
    assert {result(Usage().xml(), rule).outcome for rule in RULES} == {Outcome.OMIT}


def test_a_download_has_a_kind_of_metering_and_opaque_addresses() -> None:
    assert result(Usage().xml(), "DMD001").outcome is Outcome.PASS
    lagging = Usage(type={**Usage().type, "flowDirection": "2"}).xml()
    assert "no electricity, natural gas, water, temperature as D078" in messages(lagging, "DMD001")[0]
    own = result(Usage().xml(), "DMD003", blocks={2})
    assert own.outcome is Outcome.PASS
    (guessed,) = result(Usage().xml().replace(b"3492ad65d05a/", b"4/"), "DMD003", blocks={2}).findings
    assert "below Subscription/4, which can be guessed" in guessed.message
    (bare,) = result(Usage().xml().replace(b"Subscription/3492ad65d05a/", b""), "DMD003", blocks={2}).findings
    assert "below neither RetailCustomer nor Subscription" in bare.message


def test_a_download_of_customer_data_is_a_file_of_its_own() -> None:
    assert result(chain(), "DMD007", blocks={52}).outcome is Outcome.PASS
    mixed = chain().replace(b"</feed>", Usage().entries()[0].xml().encode() + b"</feed>")
    (found,) = result(mixed, "DMD007", blocks={52}).findings
    assert "has usage data too" in found.message
