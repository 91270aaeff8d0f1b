"""Cases of the certification's suite FB_14 (and FB_31, which repeats it): OAuth, named by their ids."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs, urlsplit

from werkzeug.test import TestResponse

from espi.app import create_app
from espi.store import grants, tokens
from tests.harness.conftest import ADMIN, MEMBERS, REDIRECT, SCOPE, Harness, ended_path, root_of
from tests.journeys.conftest import Reader

R = "/espi/1_1/resource"


def _authorize(harness: Harness, **changes: str | None) -> TestResponse:
    return Reader(harness.app).get(harness.authorize_uri(**changes))


def _location(answer: TestResponse) -> str:
    assert answer.status_code == 302
    return answer.headers["Location"]


def _error(answer: TestResponse) -> str:
    return str(json.loads(answer.text)["error"])


def test_OAD001a_without_response_type(harness: Harness) -> None:
    location = _location(_authorize(harness, response_type=None, scope=""))
    assert "error=" in location
    assert "code=" not in location


def test_OAD001b_without_client_id(harness: Harness) -> None:
    assert _authorize(harness, client_id=None).status_code == 401


def test_OAD001c_with_a_bad_response_type(harness: Harness) -> None:
    assert "error=" in _location(_authorize(harness, response_type="badresponsetype", scope=""))


def test_OAD001d_with_an_unknown_client(harness: Harness) -> None:
    assert _authorize(harness, client_id="invalid_third_party").status_code == 401


def test_OAD001e_with_another_redirect_uri(harness: Harness) -> None:
    answer = _authorize(harness, redirect_uri="https://services.greenbuttondata.org")
    assert answer.status_code in {401, 403}


def test_OAD001f_with_a_bad_scope_and_a_doubled_ampersand(harness: Harness) -> None:
    address = harness.authorize_uri(scope="FB=????").replace("&scope=", "&&scope=")
    assert "error=" in _location(Reader(harness.app).get(address))


def test_OAD002(harness: Harness) -> None:
    found = parse_qs(urlsplit(harness.consent("no")).query)
    assert found["error"] == ["access_denied"]
    assert "code" not in found


def test_OAD003a_with_empty_credentials(harness: Harness) -> None:
    asked = {"grant_type": "authorization_code", "code": harness.code(), "redirect_uri": REDIRECT}
    assert harness.get_token(basic="", **asked).status_code == 401


def test_OAD003b_with_bad_credentials(harness: Harness) -> None:
    asked = {"grant_type": "authorization_code", "code": harness.code(), "redirect_uri": REDIRECT}
    answer = harness.get_token(basic="bad value", **asked)
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"].startswith("Basic")


def test_OAD003c_without_grant_type(harness: Harness) -> None:
    assert harness.get_token(code=harness.code(), redirect_uri=REDIRECT).status_code == 400


def test_OAD003d_without_code(harness: Harness) -> None:
    assert harness.get_token(grant_type="authorization_code", redirect_uri=REDIRECT).status_code == 400


def test_OAD003e_without_redirect_uri(harness: Harness) -> None:
    assert harness.get_token(grant_type="authorization_code", code=harness.code()).status_code == 400


def test_OAD003f_with_a_client_id_behind_the_redirect_uri(harness: Harness) -> None:
    uri = f"{REDIRECT}?client_id=third_party"
    answer = harness.get_token(grant_type="authorization_code", code=harness.code(), redirect_uri=uri)
    assert answer.status_code == 400


def test_OAD003g_with_another_redirect_uri(harness: Harness) -> None:
    uri = "https://services.greenbuttondata.org"
    answer = harness.get_token(grant_type="authorization_code", code=harness.code(), redirect_uri=uri)
    assert answer.status_code == 400


def test_OAD003h_with_a_bad_code(harness: Harness) -> None:
    asked = {"grant_type": "authorization_code", "code": "badauthorizationcode", "redirect_uri": REDIRECT}
    assert harness.get_token(**asked).status_code == 400
    assert _error(harness.post_token(**asked)) == "invalid_grant"


def test_OAD003i_with_a_code_that_is_older_than_360_seconds(harness: Harness) -> None:
    code = harness.code()
    harness.wait(361)
    assert harness.get_token(grant_type="authorization_code", code=code, redirect_uri=REDIRECT).status_code == 400
    assert _error(harness.exchange(code)) == "invalid_grant"


def test_OAD003_without_the_harness_setting_a_get_never_gives_a_token(harness: Harness) -> None:
    """The harness never tries a good one; the answer to an address stands in histories and logs."""
    code, site = harness.code(), harness.site
    harness.app = create_app(replace(site.settings, certification_harness=False), database=site.database)
    answer = harness.get_token(grant_type="authorization_code", code=code, redirect_uri=REDIRECT)
    assert answer.status_code in {400, 405}
    assert "access_token" not in answer.text


def test_OAD004(harness: Harness) -> None:
    code = harness.code()
    assert harness.exchange(code).status_code == 200
    assert harness.exchange(code).status_code == 400


def test_OAD005(harness: Harness) -> None:
    mine = harness.customer()
    assert set(mine) >= MEMBERS
    assert mine["token_type"].lower() == "bearer"
    assert mine["expires_in"] > 0
    assert mine["scope"] == SCOPE
    assert mine["resourceURI"].startswith("https://dc.example/espi/1_1/resource/Batch/Subscription/")
    assert mine["authorizationURI"].startswith("https://dc.example/espi/1_1/resource/Authorization/")


def _all_tokens(harness: Harness) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
    return harness.customer(), harness.admin(), harness.registration()


def test_OAD006(harness: Harness) -> None:
    mine, admin, own = _all_tokens(harness)
    for token in (admin["access_token"], mine["access_token"], None):
        assert harness.get(own["resourceURI"], token).status_code in {401, 403}


def test_OAD007(harness: Harness) -> None:
    mine, _, own = _all_tokens(harness)
    for token in (own["access_token"], mine["access_token"], None):
        assert harness.get(mine["authorizationURI"], token).status_code in {401, 403}


def test_OAD008(harness: Harness) -> None:
    mine, _, own = _all_tokens(harness)
    for token in (own["access_token"], mine["access_token"], None):
        assert harness.get(f"{R}/Authorization/", token).status_code in {401, 403}


def test_OAD009(harness: Harness) -> None:
    mine, admin, own = _all_tokens(harness)
    for token in (own["access_token"], admin["access_token"], None):
        assert harness.get(mine["resourceURI"], token).status_code == 403


def test_OAD010(harness: Harness) -> None:
    mine, _, own = _all_tokens(harness)
    for token in (own["access_token"], mine["access_token"], None):
        assert harness.get(f"{R}/ReadServiceStatus", token).status_code in {401, 403}


def _with_odd_body(harness: Harness, text: str) -> TestResponse:
    """The negative calls whose body begins with a question mark, as if it were an address."""
    proof = "Basic dGhpcmRfcGFydHk6eA=="
    for kind in ("", "application/x-www-form-urlencoded", "application/atom+xml"):
        answer = harness.open("POST", "/oauth/token", text.encode(), Authorization=proof, Content_Type=kind)
        assert answer.status_code in {400, 401}, kind
    return harness.open("POST", "/oauth/token", text.encode())


def test_OAD011a_without_grant_type(harness: Harness) -> None:
    mine = harness.customer()
    assert harness.post_token(refresh_token=mine["refresh_token"]).status_code == 400
    _with_odd_body(harness, f"?refresh_token={mine['refresh_token']}")


def test_OAD011b_without_refresh_token(harness: Harness) -> None:
    assert harness.post_token(grant_type="refresh_token").status_code == 400
    _with_odd_body(harness, "?grant_type=refresh_token")


def test_OAD011c_with_another_scope(harness: Harness) -> None:
    mine = harness.customer()
    answer = harness.post_token(grant_type="refresh_token", refresh_token=mine["refresh_token"], scope="Read/Write")
    assert (answer.status_code, _error(answer)) == (400, "invalid_scope")


def _refreshed(harness: Harness, mine: dict[str, Any]) -> dict[str, Any]:
    answer = harness.post_token(grant_type="refresh_token", refresh_token=mine["refresh_token"])
    assert answer.status_code == 200, answer.text
    return dict(json.loads(answer.text))


def test_OAD012(harness: Harness) -> None:
    mine = harness.customer()
    refreshed = _refreshed(harness, mine)
    assert set(refreshed) >= MEMBERS
    assert refreshed["expires_in"] is not None
    assert refreshed["resourceURI"] == mine["resourceURI"]


def test_OAD013(harness: Harness) -> None:
    mine = harness.customer()
    refreshed = _refreshed(harness, mine)
    assert harness.get(mine["resourceURI"], mine["access_token"]).status_code == 401
    assert harness.get(mine["resourceURI"], "null").status_code == 401
    root_of(harness.get(mine["resourceURI"], refreshed["access_token"]))


def test_OAD014a_without_grant_type(harness: Harness) -> None:
    assert harness.post_token(ADMIN, scope=SCOPE).status_code == 400
    _with_odd_body(harness, "?scope=FB=4_5")


def test_OAD014b_with_a_bad_scope_and_what_the_registration_must_hold(harness: Harness) -> None:
    assert harness.post_token(ADMIN, grant_type="client_credentials", scope="FB=read/write").status_code == 400
    own = harness.registration()
    root = root_of(harness.get(own["resourceURI"], own["access_token"]))
    assert "client_credentials" in {each.text for each in root.iter("{*}grant_types")}
    for name in (
        "dataCustodianId",
        "dataCustodianApplicationStatus",
        "client_id",
        "client_secret",
        "client_name",
        "client_uri",
        "redirect_uri",
        "software_id",
        "software_version",
        "client_id_issued_at",
        "client_secret_expires_at",
        "token_endpoint_auth_method",
        "scope",
        "response_types",
        "registration_client_uri",
        "registration_access_token",
        "thirdPartyScopeSelectionScreenURI",
        "thirdPartyUserPortalScreenURI",
        "dataCustodianScopeSelectionScreenURI",
    ):
        assert root.findtext(f".//{{*}}{name}"), name


def test_OAD015(harness: Harness) -> None:
    admin = harness.admin()
    assert "refresh_token" not in admin
    assert {"expires_in", "scope", "resourceURI", "authorizationURI"} <= set(admin)
    assert admin["resourceURI"].startswith("https://dc.example/espi/1_1/resource/Batch/Bulk/")


def test_OAD016(harness: Harness) -> None:
    mine = harness.customer()
    site = harness.site
    with site.database.write() as conn:
        found = grants.authorization_by_path_id(conn, int(ended_path(mine["authorizationURI"])))
        assert tokens.expire_authorization_tokens(conn, found.id, site.now_s())
    assert harness.get(mine["resourceURI"], mine["access_token"]).status_code == 401
    assert _refreshed(harness, mine)["access_token"]


def test_the_registration_token_leads_to_the_registrations_id(harness: Harness) -> None:
    own = harness.registration()
    assert ended_path(own["resourceURI"]) == str(harness.world.application)
    assert "refresh_token" not in own
