"""ApplicationInformation: a third party's registration, as OAuth clients are registered.

The custodian supplies its own endpoints, identifiers and secrets; the third party the rest.
"""

from __future__ import annotations

from espi.resources import simple
from espi.resources.declare import UNBOUNDED, Field, Resource, Struct, register
from espi.resources.function_blocks import FB_03, FB_36, FB_41
from espi.resources.parts import ANY_NUMBER, IDENTIFIED, ONE, SOME

_CUSTODIAN = (
    Field("dataCustodianId", simple.STRING_64, "The custodian's identifier of itself.", ONE),
    Field(
        "dataCustodianApplicationStatus",
        simple.DATA_CUSTODIAN_APPLICATION_STATUS,
        "What the custodian makes of the client.",
        ONE,
    ),
)

_THIRD_PARTY = (
    Field("thirdPartyApplicationDescription", simple.STRING_256, "What the application does, in the party's words."),
    Field("thirdPartyApplicationStatus", simple.THIRD_PARTY_APPLICATION_STATUS, "How far the application has come."),
    Field("thirdPartyApplicationType", simple.THIRD_PARTY_APPLICATION_TYPE, "Where it runs."),
    Field("thirdPartyApplicationUse", simple.THIRD_PARTY_APPLICATION_USE, "What it is for."),
    Field("thirdPartyPhone", simple.STRING_32, "Its operations desk; never shown to customers."),
)

_ENDPOINTS = (
    Field("authorizationServerUri", simple.ANY_URI, "Where the authorization server is."),
    Field("thirdPartyNotifyUri", simple.ANY_URI, "Where notifications are posted.", ONE),
    Field("authorizationServerAuthorizationEndpoint", simple.ANY_URI, "Where customers grant.", ONE),
    Field("authorizationServerRegistrationEndpoint", simple.ANY_URI, "Where clients register themselves."),
    Field("authorizationServerTokenEndpoint", simple.ANY_URI, "Where tokens are given.", ONE),
    Field("dataCustodianBulkRequestURI", simple.ANY_URI, "Where bulk feeds are, up to the bulk id.", ONE),
    Field("dataCustodianResourceEndpoint", simple.ANY_URI, "What every resource's address begins with.", ONE),
    Field(
        "thirdPartyScopeSelectionScreenURI",
        simple.ANY_URI,
        "Where a customer picks what to share. Deprecated, but releases before 4.0 demand it.",
    ),
    Field("thirdPartyUserPortalScreenURI", simple.ANY_URI, "The third party's page for customers."),
)

_CLIENT = (
    Field("client_secret", simple.STRING_512, "The client's secret.", ONE),
    Field("logo_uri", simple.ANY_URI, "The client's logo."),
    Field("client_name", simple.STRING_256, "The name on the consent page.", ONE),
    Field("client_uri", simple.ANY_URI, "The client's home page."),
    Field("redirect_uri", simple.ANY_URI, "Where a customer is sent back to.", SOME),
    Field("client_id", simple.STRING_64, "The client's identifier.", ONE),
    Field("tos_uri", simple.ANY_URI, "Terms of service."),
    Field("policy_uri", simple.ANY_URI, "What the client does with data."),
    Field("software_id", simple.STRING_256, "The software, the same in all its installations.", ONE),
    Field("software_version", simple.STRING_32, "Its version.", ONE),
    Field("client_id_issued_at", simple.TIME, "When the client was registered.", ONE, unit="s"),
    Field("client_secret_expires_at", simple.TIME, "When the secret ends; 0 for never.", ONE, unit="s"),
    Field("contacts", simple.STRING_256, "A person responsible, as an e-mail address.", ANY_NUMBER),
    Field("token_endpoint_auth_method", simple.TOKEN_ENDPOINT_METHOD, "How the client proves itself.", ONE),
    Field("scope", simple.STRING_256, "A whole scope the client may ask for.", SOME),
    Field("grant_types", simple.GRANT_TYPE, "A grant the client may use; at least two.", (2, UNBOUNDED)),
    Field("response_types", simple.RESPONSE_TYPE, "What the authorization endpoint answers.", ONE),
    Field("registration_client_uri", simple.ANY, "Where this registration is.", ONE),
    Field("registration_access_token", simple.ANY, "The token that opens it.", ONE),
    Field(
        "dataCustodianScopeSelectionScreenURI",
        simple.ANY,
        "Where a customer starts at the custodian. Deprecated, but releases before 4.0 demand it.",
    ),
)

APPLICATION_INFORMATION = register(
    Resource(
        "ApplicationInformation",
        Struct("ApplicationInformation", (*IDENTIFIED, *_CUSTODIAN, *_THIRD_PARTY, *_ENDPOINTS, *_CLIENT)),
        "A third party's registration with the custodian.",
        param="application_information_id",
        blocks=(FB_03, FB_36, FB_41),
    )
)
