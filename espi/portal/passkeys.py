"""Passkeys: made, named and removed by their owner, and a way in that needs neither password nor code.

A passkey proves its holder (his finger, face or PIN) and its own key at once, so it stands for both factors. What the
browser is to sign is kept once, for five minutes, and counts once. The pages work by a small script; without it the
password is the way in.
"""

from __future__ import annotations

import json
import uuid
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from flask import Blueprint, Response, g, render_template, request, url_for
from webauthn import (
    base64url_to_bytes,
    generate_authentication_options,
    generate_registration_options,
    options_to_json,
    verify_authentication_response,
    verify_registration_response,
)
from webauthn.helpers import bytes_to_base64url, parse_client_data_json
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from espi import log
from espi.errors import BadInput, Conflict, NotFound
from espi.portal import account, session
from espi.portal.choosing import prove
from espi.portal.language import say
from espi.portal.session import login_id, redirected
from espi.store import accounts, identity, one_time, people
from espi.store import passkeys as stored
from espi.web.site import site

if TYPE_CHECKING:
    from espi.store.database import Conn

pages = Blueprint("passkeys", __name__)

LASTS_S = 300
MOST = 10
MOST_BYTES = 16_384
NAME = "Green Button"


@pages.post("/account/passkeys/new")
def new() -> Response:
    """The page that lets the browser make a passkey, after the password."""
    try:
        prove()
        with site().database.write() as conn:
            options = _making(conn)
    except BadInput as err:
        return account.page_with(err.public)
    name = " ".join(request.form.get("name", "").split())[:64] or say("My passkey")
    return Response(render_template("passkey_new.html", options=options, name=name, refused=""))


@pages.post("/account/passkeys")
def made() -> Response:
    """Keep the passkey that the browser has made."""
    here = site()
    try:
        sent = _sent()
        with here.database.write() as conn:
            challenge = _challenge(conn, sent, login_id())
            found = verify_registration_response(
                credential=sent,
                expected_challenge=base64url_to_bytes(challenge),
                expected_rp_id=_host(),
                expected_origin=_origin(),
                require_user_verification=True,
            )
            name = " ".join(request.form.get("name", "").split())[:64] or say("My passkey")
            key = stored.Passkey(
                0,
                login_id(),
                bytes_to_base64url(found.credential_id),
                found.credential_public_key,
                found.sign_count,
                name,
                found.credential_backed_up,
                here.now_s(),
                None,
            )
            stored.add(conn, key)
            account.tell_factor(conn, "account:passkey-made")
    except (WebAuthnException, BadInput, Conflict):
        return account.page_with(say("The passkey could not be made. Try again."))
    return redirected(url_for("account.overview", told="factor"))


@pages.post("/account/passkeys/<int(max=999999999999999):number>/remove")
def remove(number: int) -> Response:
    """Forget a passkey."""
    try:
        prove()
        with site().database.write() as conn:
            own = accounts.account(conn, login_id())
            others = [one for one in stored.passkeys_of(conn, own.id) if one.id != number]
            account.check_factor_left(own.role, left=len(others) + own.has_code)
            if not stored.remove(conn, own.id, number):
                raise NotFound
            account.tell_factor(conn, "account:passkey-removed")
    except BadInput as err:
        return account.page_with(err.public)
    return redirected(url_for("account.overview", told="factor"))


@pages.get("/login/passkey")
def log_in_page() -> Response:
    """The page that asks the browser for a passkey."""
    if g.login:
        return redirected(url_for("customer.home"))
    return _log_in_page()


@pages.post("/login/passkey")
def log_in() -> Response:
    """Let in whoever holds the passkey."""
    here = site()
    try:
        sent = _sent()
        with here.database.write() as conn:
            token = _proved(conn, sent)
    except (WebAuthnException, BadInput):
        log.warn(log.Event.LOGIN_REFUSED, factor="passkey")
        return _log_in_page(say("That did not work. Try again, or log in with your password."))
    return session.with_new_session(redirected(session.wanted() or url_for("customer.home")), token)


def _proved(conn: Conn, sent: dict[str, Any]) -> str:
    """The token of a new session of the passkey's owner. `BadInput` or `WebAuthnException` if it proves nobody."""
    here = site()
    challenge = _challenge(conn, sent, 0)
    key = stored.by_credential(conn, str(sent.get("id", "")))
    if key is None:
        raise BadInput
    found = verify_authentication_response(
        credential=sent,
        expected_challenge=base64url_to_bytes(challenge),
        expected_rp_id=_host(),
        expected_origin=_origin(),
        credential_public_key=key.public_key,
        credential_current_sign_count=key.sign_count,
        require_user_verification=True,
    )
    stored.set_used(conn, key.id, found.new_sign_count, here.now_s())
    if old := request.cookies.get(session.COOKIE):
        people.end_session(conn, old)
    return session.begin(conn, accounts.account(conn, key.login_id), session.PASSKEY)


def _making(conn: Conn) -> str:
    """What the browser is told to make, as JSON."""
    here, own = site(), accounts.account(conn, login_id())
    known = stored.passkeys_of(conn, own.id)
    if len(known) >= MOST:
        raise BadInput(say("You have %(count)s passkeys. Remove one that you do not use any more.", count=MOST))
    challenge = one_time.add(conn, one_time.CHALLENGE, now_s=here.now_s(), lasts_s=LASTS_S, login_id=own.id)
    options = generate_registration_options(
        rp_id=_host(),
        rp_name=NAME,
        user_id=uuid.UUID(identity.uuid_for(conn, f"login/{own.id}")).bytes,
        user_name=own.name,
        user_display_name=own.full_name or own.name,
        challenge=base64url_to_bytes(challenge),
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.REQUIRED,
            require_resident_key=True,
            user_verification=UserVerificationRequirement.REQUIRED,
        ),
        exclude_credentials=[PublicKeyCredentialDescriptor(base64url_to_bytes(one.credential_id)) for one in known],
    )
    return options_to_json(options)


def _log_in_page(refused: str = "") -> Response:
    here = site()
    with here.database.write() as conn:
        challenge = one_time.add(conn, one_time.CHALLENGE, now_s=here.now_s(), lasts_s=LASTS_S)
    options = generate_authentication_options(
        rp_id=_host(),
        challenge=base64url_to_bytes(challenge),
        user_verification=UserVerificationRequirement.REQUIRED,
    )
    page = render_template(
        "passkey_log_in.html", options=options_to_json(options), refused=refused, next=session.wanted() or ""
    )
    return Response(page, 401 if refused else 200)


def _sent() -> dict[str, Any]:
    """What the browser's script has sent. `BadInput` for what is none of it."""
    text = request.form.get("credential", "")
    try:
        found = json.loads(text) if len(text) <= MOST_BYTES else None
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise BadInput(say("That did not work. Try again, or log in with your password."))
    return found


def _challenge(conn: Conn, sent: dict[str, Any], owner: int) -> str:
    """The challenge that was signed, used up by this. `BadInput` if it is not one of ours, or of another's."""
    answer = sent.get("response")
    signed = str(answer.get("clientDataJSON", "")) if isinstance(answer, dict) else ""
    try:
        challenge = bytes_to_base64url(parse_client_data_json(base64url_to_bytes(signed)).challenge)
    except (WebAuthnException, ValueError) as err:
        raise BadInput from err
    found = one_time.use_up(conn, one_time.CHALLENGE, challenge, site().now_s())
    if found is None or found.login_id != owner:
        raise BadInput
    return challenge


def _host() -> str:
    return urlsplit(site().settings.base_url).hostname or ""


def _origin() -> str:
    parts = urlsplit(site().settings.base_url)
    return f"{parts.scheme}://{parts.netloc}"
