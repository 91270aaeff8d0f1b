from __future__ import annotations

from typing import Any

import pytest

from espi.config import Settings
from espi.oauth import binding, dpop, signed
from espi.oauth.dpop import InvalidProof
from espi.store import clients
from espi.store.clients import Client
from espi.store.database import Conn, Database
from espi.web.call import Call
from tests import proofs
from tests.factories import NOW_S

URL = f"{proofs.ISSUER}/espi/1_1/resource/Batch/Subscription/1"
THUMBPRINT_OF_RFC_9449 = "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I"
"""Of the key of RFC 9449, section 4.1, as its section 6.1 gives it."""
KEY_OF_RFC_9449 = {
    "kty": "EC",
    "x": "l8tFrhx-34tV3hRICRDY9zCkDlpBhF42UQUfWVAWBFs",
    "y": "9VE4jf_Ok_o64zbTTlcuNJajHmt6v9TDVrU0CdvGRDA",
    "crv": "P-256",
}


def _call(proof: str, *, method: str = "GET", url: str = URL, scheme: str = "DPoP", cert: bytes | None = None) -> Call:
    return Call(f"{scheme} token", proof, method, url, cert, "127.0.0.1")


def _client(conn: Conn, policy: str = "classic", auth_method: str = "client_secret_basic") -> Client:
    return clients.add_client(
        conn, role="third_party", party_id=1, kind="main", now_s=NOW_S, policy=policy, auth_method=auth_method
    )


def test_the_thumbprint_is_that_of_the_standard() -> None:
    assert signed.public_key(KEY_OF_RFC_9449).thumbprint() == THUMBPRINT_OF_RFC_9449


@pytest.mark.parametrize(
    ("private", "alg"),
    [(proofs.key("holder"), "ES256"), (proofs.rsa_key(), "PS256"), (proofs.edwards_key(), "EdDSA")],
    ids=["ES256", "PS256", "EdDSA"],
)
def test_a_good_proof_names_its_key(conn: Conn, settings: Settings, private: proofs.PrivateKey, alg: str) -> None:
    one, two = (dpop.check(conn, _call(proofs.dpop("GET", URL, private, header_alg=alg)), settings) for _ in range(2))
    assert one == two
    assert len(one) == 43


def test_a_proof_counts_once(conn: Conn, settings: Settings) -> None:
    proof = proofs.dpop("GET", URL)
    dpop.check(conn, _call(proof), settings)
    with pytest.raises(InvalidProof, match="seen before"):
        dpop.check(conn, _call(proof), settings)


def test_a_proof_counts_once_where_the_connection_only_reads(database: Database, settings: Settings) -> None:
    proof = proofs.dpop("GET", URL)
    with database.read() as reading:
        dpop.check(reading, _call(proof), settings)
    with database.read() as reading, pytest.raises(InvalidProof, match="seen before"):
        dpop.check(reading, _call(proof), settings)


@pytest.mark.parametrize(
    "changes",
    [
        {"header_typ": "JWT"},
        {"header_typ": None},
        {"header_alg": "none"},
        {"header_alg": "HS256"},
        {"header_alg": "RS256"},
        {"header_jwk": None},
        {"header_jwk": "key"},
        {"header_jwk": {"kty": "oct", "k": "c2VjcmV0"}},
        {"header_jwk": proofs.jwk(proofs.key("another"))},
        {"header_jwk": proofs.jwk(proofs.key("holder"), d="AQAB")},
        {"header_jwk": proofs.jwk(proofs.key("holder"), x="!")},
        {"htm": "POST"},
        {"htm": "get"},
        {"htm": None},
        {"htu": f"{proofs.ISSUER}/espi/1_1/resource/Batch/Subscription/2"},
        {"htu": URL.replace("https", "http")},
        {"htu": URL.replace("8443", "8444")},
        {"htu": "https://localhost:port/"},
        {"htu": None},
        {"htu": 7},
        {"iat": NOW_S - 121},
        {"iat": NOW_S + 31},
        {"iat": None},
        {"iat": "now"},
        {"jti": None},
        {"jti": ["a"]},
    ],
    ids="-".join,
)
def test_a_proof_for_something_else_is_refused(conn: Conn, settings: Settings, changes: dict[str, Any]) -> None:
    with pytest.raises(InvalidProof) as refused:
        dpop.check(conn, _call(proofs.dpop("GET", URL, **changes)), settings)
    assert (refused.value.status, refused.value.code) == (400, "invalid_dpop_proof")


@pytest.mark.parametrize(
    "proof", ["", "a.b.c", f"{proofs.dpop('GET', URL)},{proofs.dpop('GET', URL)}"], ids=["none", "no proof", "two"]
)
def test_there_is_exactly_one_proof(conn: Conn, settings: Settings, proof: str) -> None:
    with pytest.raises(InvalidProof):
        dpop.check(conn, _call(proof), settings)


@pytest.mark.parametrize(
    "same", [f"{URL}?updated-min=1", f"{URL}#top", URL.replace("localhost", "LOCALHOST"), URL.replace("https", "HTTPS")]
)
def test_an_address_is_compared_without_its_query(conn: Conn, settings: Settings, same: str) -> None:
    dpop.check(conn, _call(proofs.dpop("GET", same)), settings)


def test_at_a_resource_a_proof_names_the_token(conn: Conn, settings: Settings) -> None:
    dpop.check(conn, _call(proofs.dpop("GET", URL, token="one")), settings, access_token="one")
    for proof in (proofs.dpop("GET", URL), proofs.dpop("GET", URL, token="two"), proofs.dpop("GET", URL, ath="ü")):
        with pytest.raises(InvalidProof, match="ath"):
            dpop.check(conn, _call(proof), settings, access_token="one")


class TestBinding:
    def test_a_token_is_bound_to_the_key_of_the_proof(self, conn: Conn, settings: Settings) -> None:
        call = _call(proofs.dpop("POST", proofs.TOKEN_URL), method="POST", url=proofs.TOKEN_URL)
        bound = binding.of_token_request(conn, call, _client(conn), settings)
        assert bound.startswith("jkt:")
        assert binding.token_type(bound) == "DPoP"
        assert binding.confirmation(bound) == {"jkt": bound[4:]}
        proof = proofs.dpop("GET", URL, token="t")
        assert binding.is_held(conn, _call(proof), bound, "t", settings)

    def test_another_key_or_scheme_is_no_use(self, conn: Conn, settings: Settings) -> None:
        call = _call(proofs.dpop("POST", proofs.TOKEN_URL), method="POST", url=proofs.TOKEN_URL)
        bound = binding.of_token_request(conn, call, _client(conn), settings)
        other = proofs.dpop("GET", URL, proofs.key("thief"), token="t")
        assert not binding.is_held(conn, _call(other), bound, "t", settings)
        assert not binding.is_held(conn, _call("", scheme="Bearer"), bound, "t", settings)
        with_proof = proofs.dpop("GET", URL, token="t")
        assert not binding.is_held(conn, _call(with_proof, scheme="Bearer"), bound, "t", settings)
        with pytest.raises(InvalidProof):
            binding.is_held(conn, _call(""), bound, "t", settings)

    def test_a_bearer_token_needs_no_proof_and_takes_no_other_scheme(self, conn: Conn, settings: Settings) -> None:
        bound = binding.of_token_request(conn, _call(""), _client(conn), settings)
        assert bound == ""
        assert binding.token_type(bound) == "Bearer"
        assert binding.confirmation(bound) == {}
        assert binding.is_held(conn, _call("", scheme="Bearer"), "", "t", settings)
        assert not binding.is_held(conn, _call(proofs.dpop("GET", URL, token="t")), "", "t", settings)

    def test_a_token_is_bound_to_the_certificate_of_a_client_that_proves_itself_by_it(
        self, conn: Conn, settings: Settings
    ) -> None:
        own, other = (proofs.der(proofs.certificate()) for _ in range(2))
        client = _client(conn, "modern", "self_signed_tls_client_auth")
        bound = binding.of_token_request(conn, _call("", cert=own), client, settings)
        assert list(binding.confirmation(bound)) == ["x5t#S256"]
        assert binding.is_held(conn, _call("", scheme="Bearer", cert=own), bound, "t", settings)
        assert not binding.is_held(conn, _call("", scheme="Bearer", cert=other), bound, "t", settings)
        assert not binding.is_held(conn, _call("", scheme="Bearer"), bound, "t", settings)
        assert not binding.is_held(conn, _call("", cert=own), bound, "t", settings)

    def test_a_certificate_that_is_merely_shown_binds_nothing(self, conn: Conn, settings: Settings) -> None:
        shown = _call("", cert=proofs.der(proofs.certificate()))
        assert binding.of_token_request(conn, shown, _client(conn), settings) == ""

    def test_a_fapi_client_gets_no_bearer_tokens(self, conn: Conn, settings: Settings) -> None:
        client = _client(conn, "fapi2", "private_key_jwt")
        with pytest.raises(InvalidProof, match="bound to a key"):
            binding.of_token_request(conn, _call(""), client, settings)
        shown = _call("", cert=proofs.der(proofs.certificate()))
        assert binding.of_token_request(conn, shown, client, settings).startswith("x5t#S256:")
