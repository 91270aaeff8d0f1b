"""Who the played custodian's one customer is: the retail customer's resources, apart from the usage."""

from __future__ import annotations

from tests.conformance.custodian import facts
from tests.conformance.custodian.atom import Entry, element
from tests.conformance.custodian.usage import POINT_PATH

CUSTOMER_PATH = f"/RetailCustomer/{facts.SUBSCRIPTION}/Customer/{facts.CUSTOMER}"
ACCOUNT_PATH = f"{CUSTOMER_PATH}/CustomerAccount/{facts.ACCOUNT}"
AGREEMENT_PATH = f"{ACCOUNT_PATH}/CustomerAgreement/{facts.AGREEMENT}"
LOCATION_PATH = f"{AGREEMENT_PATH}/ServiceLocation/{facts.LOCATION}"
STATEMENT_PATH = f"{ACCOUNT_PATH}/Statement/{facts.STATEMENT}"


def entries(resource_endpoint: str) -> list[Entry]:
    """The customer, the account, the agreement, the place, the meter and a device there."""
    place = _customer("UsagePoints", _customer("UsagePoint", f"{resource_endpoint}{POINT_PATH}"))
    location = _customer("ServiceLocation", _customer("mainAddress", _street(), _town()), place)
    account = _customer("CustomerAccount", _customer("billingCycle", 7), _customer("accountId", "A-100-200"))
    agreement = _customer("CustomerAgreement", _customer("signDate", facts.FIRST_DAY_S), _customer("agreementId", "7"))
    meter = _customer("Meter", _customer("serialNumber", "M-77"), _customer("formNumber", "2S"))
    device = _customer("EndDevice", _customer("serialNumber", "D-5"), _customer("isPan", "true"))
    utility = _customer("Organisation", _customer("organisationName", "Springfield Power"))
    supplier = _customer("ServiceSupplier", utility, _customer("kind", "utility"))
    bill = _customer(
        "statementRef",
        _customer("fileName", "bill.pdf"),
        _customer("mediaType", "application/pdf"),
        _customer("statementURL", f"{resource_endpoint}{STATEMENT_PATH}/Document"),
    )
    statement = _customer("Statement", _customer("issueDateTime", facts.FIRST_DAY_S), bill)
    return [
        Entry(CUSTOMER_PATH, "Customer", _person(), (f"{CUSTOMER_PATH}/CustomerAccount",)),
        Entry(ACCOUNT_PATH, "Account", account, (CUSTOMER_PATH, f"{ACCOUNT_PATH}/CustomerAgreement")),
        Entry(
            AGREEMENT_PATH,
            "Agreement",
            agreement,
            (ACCOUNT_PATH, *(f"{AGREEMENT_PATH}/{name}" for name in ("ServiceLocation", "ServiceSupplier"))),
        ),
        Entry(
            LOCATION_PATH, "Place", location, (AGREEMENT_PATH, f"{LOCATION_PATH}/Meter", f"{LOCATION_PATH}/EndDevice")
        ),
        Entry(f"{LOCATION_PATH}/Meter/{facts.METER}", "Meter", meter, (LOCATION_PATH,)),
        Entry(f"{LOCATION_PATH}/EndDevice/{facts.DEVICE}", "Device", device, (LOCATION_PATH,)),
        Entry(f"{AGREEMENT_PATH}/ServiceSupplier/{facts.SUPPLIER}", "Supplier", supplier, (AGREEMENT_PATH,)),
        Entry(STATEMENT_PATH, "Statement", statement),
    ]


def _person() -> str:
    address = _customer("streetAddress", _street(), _town(), _customer("postalCode", "99999"))
    organisation = _customer("Organisation", address, _customer("organisationName", "Ada Example"))
    return _customer(
        "Customer", organisation, _customer("kind", "residential"), _customer("customerName", "Ada Example")
    )


def _street() -> str:
    return _customer("streetDetail", _customer("addressGeneral", "12 Agave Lane"))


def _town() -> str:
    return _customer("townDetail", _customer("name", "Springfield"), _customer("stateOrProvince", "TX"))


def _customer(name: str, *parts: str | int) -> str:
    return element(name, *parts, prefix="cust")
