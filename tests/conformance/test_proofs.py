"""The kit's proofs of possession, read by a library that the kit does not use."""

from __future__ import annotations

import base64
import json

from cryptography.hazmat.primitives.asymmetric import ec
from joserfc import jws
from joserfc.jwk import ECKey

from conformance.third_party.proofs import Key, challenge, dpop, verifier


def test_a_challenge_is_that_of_the_standards_example() -> None:
    """RFC 7636, appendix B."""
    assert challenge("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk") == "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"


def test_verifiers_are_new_each_time_and_as_long_as_they_must_be() -> None:
    one, other = verifier(), verifier()
    assert one != other
    assert 43 <= len(one) <= 128


def test_a_public_key_is_that_of_another_librarys_arithmetic() -> None:
    key = Key.new()
    public = ec.derive_private_key(key.secret, ec.SECP256R1()).public_key().public_numbers()
    own = key.jwk()
    assert [int.from_bytes(base64.urlsafe_b64decode(own[each] + "=")) for each in ("x", "y")] == [public.x, public.y]


def test_a_thumbprint_is_that_of_another_library() -> None:
    key = Key.new()
    assert key.thumbprint() == ECKey.import_key(key.jwk()).thumbprint()  # type: ignore[arg-type]


def test_a_proof_is_signed_by_the_key_that_it_shows_and_says_for_what_it_is() -> None:
    key = Key.new()
    text = dpop(key, "POST", "https://dc.example/token?grant_type=x", token="abc", nonce="n1", issued_s=1_700_000_000)
    head = json.loads(base64.urlsafe_b64decode(text.partition(".")[0] + "=="))
    read = jws.deserialize_compact(text, ECKey.import_key(head["jwk"]), algorithms=["ES256"])
    claims = json.loads(read.payload)
    assert (head["typ"], head["jwk"]) == ("dpop+jwt", key.jwk())
    assert (claims["htm"], claims["htu"]) == ("POST", "https://dc.example/token")
    assert (claims["iat"], claims["nonce"]) == (1_700_000_000, "n1")
    assert claims["ath"] == challenge("abc")


def test_no_proof_is_another_ones() -> None:
    key = Key.new()
    assert dpop(key, "GET", "https://dc.example/") != dpop(key, "GET", "https://dc.example/")
