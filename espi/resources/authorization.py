"""Authorization: what a customer, or the custodian itself, has allowed a client. Tokens are never in it."""

from __future__ import annotations

from espi.resources import simple
from espi.resources.declare import Field, Resource, Struct, register
from espi.resources.function_blocks import FB_03, FB_31, FB_40, FB_44
from espi.resources.parts import DATE_TIME_INTERVAL, IDENTIFIED, ONE

AUTHORIZATION = register(
    Resource(
        "Authorization",
        Struct(
            "Authorization",
            (
                *IDENTIFIED,
                Field("authorizedPeriod", DATE_TIME_INTERVAL, "When it may be used; a duration of 0 is for ever."),
                Field("publishedPeriod", DATE_TIME_INTERVAL, "The span of data it opens."),
                Field("status", simple.AUTHORIZATION_STATUS, "Whether it is in force.", ONE),
                Field("expires_at", simple.TIME, "When the access token ends.", ONE, unit="s"),
                Field("grant_type", simple.GRANT_TYPE, "The grant it came from."),
                Field("scope", simple.STRING_256, "The scope agreed on.", ONE),
                Field("token_type", simple.TOKEN_TYPE, "How the token is used.", ONE),
                Field("error", simple.OAUTH_ERROR, "The last error."),
                Field("error_description", simple.STRING_256, "That error in words."),
                Field("error_uri", simple.ANY_URI, "A page about that error."),
                Field("resourceURI", simple.ANY_URI, "The usage data it opens.", ONE),
                Field("authorizationURI", simple.ANY_URI, "Where this authorization is.", ONE),
                Field("customerResourceURI", simple.ANY_URI, "The customer data it opens."),
            ),
        ),
        "What a client is allowed. It names no customer and holds no token.",
        param="authorization_id",
        blocks=(FB_03, FB_31, FB_40, FB_44),
    )
)
