"""The third party's registration, as the played custodian holds it."""

from __future__ import annotations

from tests.conformance.custodian import facts
from tests.conformance.custodian.atom import Entry, element

PATH = f"/ApplicationInformation/{facts.APPLICATION}"


def registration(site: str, third_party: str, registration_token: str) -> Entry:
    """The entry of the registration.

    site: the custodian's own address. third_party: the third party's, where the kit listens.
    """
    root = f"{site}/espi/1_1/resource"
    parts: list[tuple[str, str | int]] = [
        ("dataCustodianId", "springfield"),
        ("dataCustodianApplicationStatus", 2),
        ("thirdPartyApplicationDescription", "Judges custodians."),
        ("thirdPartyApplicationStatus", 1),
        ("thirdPartyApplicationType", 1),
        ("thirdPartyApplicationUse", 1),
        ("thirdPartyPhone", "+1 555 0100"),
        ("authorizationServerUri", site),
        ("thirdPartyNotifyUri", f"{third_party}/ThirdParty/espi/1_1/Notification"),
        ("authorizationServerAuthorizationEndpoint", f"{site}/oauth/authorize"),
        ("authorizationServerRegistrationEndpoint", f"{site}/oauth/register"),
        ("authorizationServerTokenEndpoint", f"{site}/oauth/token"),
        ("dataCustodianBulkRequestURI", f"{root}/Batch/Bulk"),
        ("dataCustodianResourceEndpoint", root),
        ("thirdPartyScopeSelectionScreenURI", f"{third_party}/ThirdParty/RetailCustomer/ScopeSelection"),
        ("thirdPartyUserPortalScreenURI", f"{third_party}/ThirdParty/home"),
        ("client_secret", facts.SECRETS[facts.CLIENT]),
        ("logo_uri", f"{third_party}/ThirdParty/logo.png"),
        ("client_name", "The judge"),
        ("client_uri", f"{third_party}/ThirdParty"),
        ("redirect_uri", f"{third_party}/ThirdParty/espi/1_1/OAuthCallBack"),
        ("client_id", facts.CLIENT),
        ("software_id", "judge"),
        ("software_version", "1.0"),
        ("client_id_issued_at", facts.FIRST_DAY_S),
        ("client_secret_expires_at", 0),
        ("token_endpoint_auth_method", "client_secret_basic"),
        ("scope", facts.SCOPE),
        ("grant_types", "authorization_code"),
        ("grant_types", "client_credentials"),
        ("grant_types", "refresh_token"),
        ("response_types", "code"),
        ("registration_client_uri", root + PATH),
        ("registration_access_token", registration_token),
        (
            "dataCustodianScopeSelectionScreenURI",
            f"{site}/RetailCustomer/ScopeSelectionList?ThirdPartyID={facts.CLIENT}",
        ),
    ]
    content = element("ApplicationInformation", *(element(name, value) for name, value in parts))
    return Entry(PATH, "The judge", content)
