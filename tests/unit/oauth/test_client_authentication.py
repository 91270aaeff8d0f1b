from __future__ import annotations

import base64
from typing import Any
from urllib.parse import quote_plus

import pytest

from espi.config import Settings
from espi.errors import BadInput
from espi.oauth.client_authentication import InvalidClient, authenticate
from espi.store import clients
from espi.store.clients import Client
from espi.store.database import Conn
from espi.web.call import Call
from tests import proofs
from tests.factories import NOW_S

SECRET = "a secret of 32 characters: 100%+ü"
AUTHORITY_KEY = proofs.key("authority")
AUTHORITY = proofs.certificate("CN=Authority", AUTHORITY_KEY, authority=True)


def _call(authorization: str = "", certificate: bytes | None = None) -> Call:
    return Call(authorization, "", "POST", proofs.TOKEN_URL, certificate, "127.0.0.1")


def _basic(client_id: str, secret: str) -> Call:
    return _call("Basic " + base64.b64encode(f"{client_id}:{secret}".encode()).decode())


def _client(conn: Conn, method: str, client_id: str = "acme", **facts: Any) -> Client:
    made = clients.add_client(
        conn, role="third_party", party_id=1, kind="main", now_s=NOW_S, client_id=client_id, auth_method=method, **facts
    )
    if method.startswith("client_secret"):
        clients.add_secret(conn, made, NOW_S, secret=SECRET)
    return made


def _keyed(conn: Conn, client_id: str = "acme", *keys: dict[str, Any]) -> Client:
    return _client(conn, "private_key_jwt", client_id, keys={"keys": list(keys) or [proofs.jwk(proofs.key())]})


class TestSecrets:
    @pytest.mark.parametrize("method", ["client_secret_basic", "client_secret_post"])
    def test_a_secret_counts_in_the_header_and_in_the_body(self, conn: Conn, settings: Settings, method: str) -> None:
        client = _client(conn, method)
        assert authenticate(conn, _basic("acme", SECRET), {}, settings) == client
        assert authenticate(conn, _call(), {"client_id": "acme", "client_secret": SECRET}, settings) == client

    def test_basic_credentials_may_be_form_encoded(self, conn: Conn, settings: Settings) -> None:
        client = _client(conn, "client_secret_basic", "acme energy:1")
        encoded = _basic(quote_plus("acme energy:1"), quote_plus(SECRET))
        assert authenticate(conn, encoded, {}, settings) == client

    @pytest.mark.parametrize(
        "authorization",
        ["Basic", "Basic ", "Basic bad value", "Basic YWNtZQ==", "Basic /w==", "Bearer abc", "basic", "Digest x", " "],
    )
    def test_what_is_no_basic_header_is_refused(self, conn: Conn, settings: Settings, authorization: str) -> None:
        _client(conn, "client_secret_basic")
        with pytest.raises(InvalidClient) as refused:
            authenticate(conn, _call(authorization), {}, settings)
        assert (refused.value.status, refused.value.code) == (401, "invalid_client")
        assert refused.value.www_authenticate.startswith("Basic ")

    @pytest.mark.parametrize(
        ("client_id", "secret"), [("acme", "wrong"), ("acme", ""), ("nobody", SECRET), ("", SECRET), ("acme", "\x00")]
    )
    def test_a_wrong_secret_and_an_unknown_client_look_alike(
        self, conn: Conn, settings: Settings, client_id: str, secret: str
    ) -> None:
        _client(conn, "client_secret_basic")
        messages = []
        for call, body in (
            (_basic(client_id, secret), {}),
            (_call(), {"client_id": client_id, "client_secret": secret}),
        ):
            with pytest.raises(InvalidClient) as refused:
                authenticate(conn, call, body, settings)
            messages.append(refused.value.public)
        assert messages == [InvalidClient.public] * 2

    def test_a_disabled_client_is_refused(self, conn: Conn, settings: Settings) -> None:
        clients.set_disabled(conn, _client(conn, "client_secret_basic"), True)
        with pytest.raises(InvalidClient):
            authenticate(conn, _basic("acme", SECRET), {}, settings)

    def test_one_way_at_a_time(self, conn: Conn, settings: Settings) -> None:
        _client(conn, "client_secret_basic")
        with pytest.raises(BadInput, match="more than one way"):
            authenticate(conn, _basic("acme", SECRET), {"client_id": "acme", "client_secret": SECRET}, settings)
        with pytest.raises(InvalidClient):
            authenticate(conn, _basic("acme", SECRET), {"client_id": "other"}, settings)

    def test_nobody_is_a_client_by_his_id_alone(self, conn: Conn, settings: Settings) -> None:
        _client(conn, "client_secret_basic")
        with pytest.raises(InvalidClient):
            authenticate(conn, _call(), {"client_id": "acme"}, settings)
        with pytest.raises(InvalidClient):
            authenticate(conn, _call(), {}, settings)


class TestAssertions:
    @pytest.mark.parametrize(
        ("private", "alg"),
        [
            (proofs.key(), "ES256"),
            (proofs.rsa_key(), "PS256"),
            (proofs.edwards_key(), "EdDSA"),
            (proofs.edwards_key(), "Ed25519"),
        ],
        ids=["ES256", "PS256", "EdDSA", "Ed25519"],
    )
    def test_a_client_proves_itself_with_its_key(
        self, conn: Conn, settings: Settings, private: proofs.PrivateKey, alg: str
    ) -> None:
        client = _keyed(conn, "acme", proofs.jwk(private))
        assert authenticate(conn, _call(), proofs.by_assertion("acme", private=private, alg=alg), settings) == client

    def test_an_assertion_counts_once(self, conn: Conn, settings: Settings) -> None:
        _keyed(conn)
        body = proofs.by_assertion("acme")
        authenticate(conn, _call(), body, settings)
        with pytest.raises(InvalidClient, match="seen before"):
            authenticate(conn, _call(), body, settings)

    def test_two_clients_may_use_the_same_jti(self, conn: Conn, settings: Settings) -> None:
        _keyed(conn, "acme")
        _keyed(conn, "other")
        for name in ("acme", "other"):
            authenticate(conn, _call(), proofs.by_assertion(name, jti="same"), settings)

    @pytest.mark.parametrize(
        "changes",
        [
            {"aud": proofs.TOKEN_URL},
            {"aud": [proofs.ISSUER, proofs.TOKEN_URL]},
            {"aud": [proofs.ISSUER, "https://attacker.example"]},
            {"aud": []},
            {"aud": None},
            {"iss": "other"},
            {"sub": "other"},
            {"iss": None},
            {"jti": None},
            {"jti": ""},
            {"jti": 7},
            {"exp": None},
            {"exp": NOW_S - 60},
            {"exp": NOW_S + 86_400},
            {"exp": "tomorrow"},
            {"exp": True},
            {"exp": float("nan")},
            {"iat": NOW_S + 120},
            {"iat": NOW_S - 86_400},
            {"nbf": NOW_S + 120},
            {"private": proofs.key("attacker")},
            {"alg": "none"},
            {"alg": "HS256"},
            {"alg": "RS256"},
            {"header_crit": ["exp"], "header_exp": 1},
            {"header_kid": "another"},
        ],
        ids="-".join,
    )
    def test_an_assertion_that_is_not_ours_of_now_is_refused(
        self, conn: Conn, settings: Settings, changes: dict[str, Any]
    ) -> None:
        _keyed(conn)
        with pytest.raises(InvalidClient):
            authenticate(conn, _call(), proofs.by_assertion("acme", **changes), settings)

    def test_the_audience_may_be_a_list_of_our_issuer_alone(self, conn: Conn, settings: Settings) -> None:
        _keyed(conn)
        authenticate(conn, _call(), proofs.by_assertion("acme", aud=[proofs.ISSUER]), settings)

    def test_rs256_is_refused_also_with_the_right_key(self, conn: Conn, settings: Settings) -> None:
        _keyed(conn, "acme", proofs.jwk(proofs.rsa_key()))
        body = proofs.by_assertion("acme", private=proofs.rsa_key(), alg="RS256")
        with pytest.raises(InvalidClient):
            authenticate(conn, _call(), body, settings)

    def test_a_key_that_the_assertion_brings_along_counts_for_nothing(self, conn: Conn, settings: Settings) -> None:
        _keyed(conn)
        attacker = proofs.key("attacker")
        body = proofs.by_assertion("acme", private=attacker, header_jwk=proofs.jwk(attacker))
        with pytest.raises(InvalidClient):
            authenticate(conn, _call(), body, settings)

    @pytest.mark.parametrize("text", ["", "a.b", "a.b.c", "....", "x" * 20_000, "eyJhbGciOiJub25lIn0.e30.", "é.é.é"])
    def test_what_is_no_assertion_is_refused(self, conn: Conn, settings: Settings, text: str) -> None:
        body = {"client_assertion_type": proofs.JWT_BEARER, "client_assertion": text}
        with pytest.raises(InvalidClient):
            authenticate(conn, _call(), body, settings)

    def test_the_type_of_an_assertion_must_be_said(self, conn: Conn, settings: Settings) -> None:
        _keyed(conn)
        body = proofs.by_assertion("acme") | {"client_assertion_type": "urn:ietf:params:oauth:saml2-bearer"}
        with pytest.raises(InvalidClient):
            authenticate(conn, _call(), body, settings)

    def test_keys_are_told_apart_by_kid(self, conn: Conn, settings: Settings) -> None:
        second = proofs.key("second")
        client = _keyed(conn, "acme", proofs.jwk(proofs.key(), kid="1"), proofs.jwk(second, kid="2"))
        assert (
            authenticate(conn, _call(), proofs.by_assertion("acme", private=second, header_kid="2"), settings) == client
        )
        with pytest.raises(InvalidClient):
            authenticate(conn, _call(), proofs.by_assertion("acme", private=second, header_kid="1"), settings)


class TestCertificates:
    def _trust(self, settings: Settings) -> None:
        (settings.home / "client-ca.pem").write_text(proofs.pem(AUTHORITY), "ascii")

    def _shown(self, **facts: Any) -> Call:
        made = proofs.certificate(issuer=(AUTHORITY, AUTHORITY_KEY), **facts)
        return _call(certificate=proofs.der(made))

    def test_a_client_proves_itself_by_the_subject_of_its_certificate(self, conn: Conn, settings: Settings) -> None:
        self._trust(settings)
        names = {"tls_client_auth_subject_dn": "CN=Acme,O=Acme Energy,C=US"}
        client = _client(conn, "tls_client_auth", certificate=names)
        shown = self._shown(subject="CN=Acme,O=Acme Energy,C=US")
        assert authenticate(conn, shown, {"client_id": "acme"}, settings) == client
        with pytest.raises(InvalidClient, match="another subject"):
            authenticate(conn, self._shown(subject="CN=Acme,O=Other,C=US"), {"client_id": "acme"}, settings)

    def test_a_client_proves_itself_by_a_host_of_its_certificate(self, conn: Conn, settings: Settings) -> None:
        self._trust(settings)
        client = _client(conn, "tls_client_auth", certificate={"tls_client_auth_san_dns": "acme.example"})
        assert authenticate(conn, self._shown(host="ACME.example"), {"client_id": "acme"}, settings) == client
        for other in (self._shown(host="evil.example"), self._shown()):
            with pytest.raises(InvalidClient, match="another host"):
                authenticate(conn, other, {"client_id": "acme"}, settings)

    def test_a_certificate_that_a_client_has_signed_for_another_name_proves_nothing(
        self, conn: Conn, settings: Settings
    ) -> None:
        """The TLS port trusts certificates that clients registered; such a one must not make another client's."""
        self._trust(settings)
        _client(conn, "tls_client_auth", certificate={"tls_client_auth_subject_dn": "CN=Acme"})
        own_key = proofs.key("attacker")
        own = proofs.certificate("CN=Attacker", own_key, authority=True)
        _client(conn, "self_signed_tls_client_auth", "attacker", certificate={"pem": proofs.pem(own)})
        for forged in (
            proofs.certificate("CN=Acme", issuer=(own, own_key)),
            proofs.certificate("CN=Acme"),
            proofs.certificate("CN=Acme", issuer=(AUTHORITY, own_key)),
        ):
            with pytest.raises(InvalidClient, match="not issued by an authority"):
                authenticate(conn, _call(certificate=proofs.der(forged)), {"client_id": "acme"}, settings)

    def test_without_an_authority_no_name_proves_anything(self, conn: Conn, settings: Settings) -> None:
        _client(conn, "tls_client_auth", certificate={"tls_client_auth_subject_dn": "CN=Acme"})
        with pytest.raises(InvalidClient, match="not issued by an authority"):
            authenticate(conn, self._shown(subject="CN=Acme"), {"client_id": "acme"}, settings)

    def test_a_client_without_a_registered_name_is_refused(self, conn: Conn, settings: Settings) -> None:
        self._trust(settings)
        _client(conn, "tls_client_auth")
        with pytest.raises(InvalidClient, match="no name"):
            authenticate(conn, self._shown(), {"client_id": "acme"}, settings)

    def test_a_client_proves_itself_by_the_certificate_that_it_registered(self, conn: Conn, settings: Settings) -> None:
        own, next_own = proofs.certificate("CN=Acme"), proofs.certificate("CN=Acme", proofs.key("second"))
        both = {"pem": proofs.pem(own) + proofs.pem(next_own)}
        client = _client(conn, "self_signed_tls_client_auth", certificate=both)
        for shown in (own, next_own):
            assert authenticate(conn, _call(certificate=proofs.der(shown)), {"client_id": "acme"}, settings) == client
        other = proofs.certificate("CN=Acme")
        with pytest.raises(InvalidClient, match="not registered"):
            authenticate(conn, _call(certificate=proofs.der(other)), {"client_id": "acme"}, settings)

    def test_an_expired_certificate_is_refused(self, conn: Conn, settings: Settings) -> None:
        old = proofs.certificate("CN=Acme", until_s=NOW_S - 1)
        _client(conn, "self_signed_tls_client_auth", certificate={"pem": proofs.pem(old)})
        with pytest.raises(InvalidClient, match="not valid now"):
            authenticate(conn, _call(certificate=proofs.der(old)), {"client_id": "acme"}, settings)

    def test_a_certificate_is_no_use_without_the_client_id_or_for_another(self, conn: Conn, settings: Settings) -> None:
        own = proofs.certificate("CN=Acme")
        _client(conn, "self_signed_tls_client_auth", certificate={"pem": proofs.pem(own)})
        _client(conn, "client_secret_basic", "other")
        for parameters in ({}, {"client_id": "other"}, {"client_id": "nobody"}):
            with pytest.raises(InvalidClient, match="no proof"):
                authenticate(conn, _call(certificate=proofs.der(own)), parameters, settings)


class TestOnlyTheRegisteredMethodCounts:
    def test_a_secret_is_no_use_to_a_client_with_a_key(self, conn: Conn, settings: Settings) -> None:
        client = _keyed(conn)
        clients.add_secret(conn, client, NOW_S, secret=SECRET)
        with pytest.raises(InvalidClient):
            authenticate(conn, _basic("acme", SECRET), {}, settings)
        with pytest.raises(InvalidClient):
            authenticate(conn, _call(), {"client_id": "acme", "client_secret": SECRET}, settings)

    def test_a_key_is_no_use_to_a_client_with_a_secret(self, conn: Conn, settings: Settings) -> None:
        _client(conn, "client_secret_basic", keys={"keys": [proofs.jwk(proofs.key())]})
        with pytest.raises(InvalidClient):
            authenticate(conn, _call(), proofs.by_assertion("acme"), settings)

    def test_a_client_with_a_secret_may_show_a_certificate_too(self, conn: Conn, settings: Settings) -> None:
        """The certification harness always does."""
        client = _client(conn, "client_secret_basic")
        shown = _basic("acme", SECRET)._replace(certificate=proofs.der(proofs.certificate()))
        assert authenticate(conn, shown, {}, settings) == client
