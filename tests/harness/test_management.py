"""Cases of the suites FB_35 (RBK), FB_40 (OFA), FB_41 (MGA) and FB_44 (MGT), named by their ids.

The harness's FB_44 contradicts itself: it puts with a client token where its title says registration token. Title and
the standard's table are kept to: the registration token may, all others get 403.
"""

from __future__ import annotations

from typing import Any

from espi import sharing
from espi.access import Principal, Role
from espi.clock import DAY_S
from espi.scope import parse
from espi.store import grants, tokens
from tests.function_block_rules import failures
from tests.harness.conftest import SCOPE, Harness, ended_path, found_in, root_of

R = "/espi/1_1/resource"


def _set_up(harness: Harness) -> tuple[dict[str, Any], str, str]:
    """The customer's answer, and the client's and the registration's token."""
    mine = harness.customer()
    return mine, harness.admin()["access_token"], harness.registration()["access_token"]


def test_RBK001_the_bulk_feed(harness: Harness) -> None:
    harness.customer()
    admin = harness.admin()
    token = admin["access_token"]
    bulk = root_of(harness.get(admin["resourceURI"], token))
    feed = root_of(harness.get(f"{R}/Authorization/", token))
    opened = [str(uri).replace("/Batch", "") for uri in found_in(feed, "//espi:resourceURI/text()")]
    known = {str(uri) for uri in found_in(feed, "//espi:authorizationURI/text()")}
    entries = found_in(bulk, "/atom:feed/atom:entry")
    assert entries
    for entry in entries:
        (own,) = (str(href) for href in entry.xpath("*[local-name()='link' and @rel='self']/@href"))
        kind = entry.find("{*}content")[0].tag.rpartition("}")[2]
        if kind == "Authorization":
            assert own in known
        elif kind not in {"ReadingType", "LocalTimeParameters"}:
            assert any(own.startswith(uri) for uri in opened), own
    assert failures(bulk, 1, 4) == []


def test_RBK002(harness: Harness) -> None:
    _, _, registration = _set_up(harness)
    assert harness.get(harness.admin()["resourceURI"], registration).status_code in {401, 403}


def test_RBK003(harness: Harness) -> None:
    mine, _, _ = _set_up(harness)
    assert harness.get(harness.admin()["resourceURI"], mine["access_token"]).status_code in {401, 403}


def test_RBK004(harness: Harness) -> None:
    assert harness.get(harness.admin()["resourceURI"], None).status_code in {401, 403}


def test_OFA001(harness: Harness) -> None:
    """Consent on paper: the operator notes it, and hands the authorization's id and a token over."""
    site = harness.site
    with site.database.write() as conn:
        party = grants.third_party_by_path_id(conn, harness.world.application)
        terms = sharing.Terms(
            scope=parse(SCOPE),
            usage_point_ids=(1,),
            ends_s=site.now_s() + 90 * DAY_S,
            from_day=None,
            personal=False,
            language="en",
            text_version=sharing.TEXT_VERSION,
            address="",
        )
        ada = Principal(Role.customer, 1, "paper", "ada")
        made = sharing.grant(conn, ada, party, terms, settings=site.settings, by="paper")
        token = tokens.issue(
            conn,
            kind=tokens.ACCESS,
            authorization_id=made.id,
            client_id=1,
            family=tokens.new_family(),
            binding="",
            issued_s=site.now_s(),
            expires_s=site.now_s() + 3600,
        )
    found = root_of(harness.get(f"{R}/Authorization/{made.path_id}", harness.admin()["access_token"]))
    for period in ("authorizedPeriod", "publishedPeriod"):
        assert len(list(found.iter(f"{{*}}{period}"))) == 1
    root_of(harness.get(found.findtext(".//{*}resourceURI") or "", token))


def test_MGA001(harness: Harness) -> None:
    mine, client, _ = _set_up(harness)
    saved = harness.get(mine["authorizationURI"], client)
    assert len(list(root_of(saved).iter("{*}authorizedPeriod"))) == 1
    assert harness.put(mine["authorizationURI"], client, saved.data).status_code == 200
    root_of(harness.get(mine["resourceURI"], mine["access_token"]))


def test_MGA002(harness: Harness) -> None:
    mine, client, _ = _set_up(harness)
    uri = mine["authorizationURI"]
    saved = harness.get(uri, client)
    assert saved.status_code == 200
    assert harness.delete(uri, client).status_code == 200
    assert harness.get(mine["resourceURI"], mine["access_token"]).status_code == 401
    assert harness.put(uri, client, saved.data).status_code == 200
    assert root_of(harness.get(uri, client)).findtext(".//{*}status") == "1"


def test_MGA003(harness: Harness) -> None:
    mine, client, registration = _set_up(harness)
    uri = mine["authorizationURI"]
    saved = harness.get(uri, client).data
    for token in (registration, mine["access_token"], ""):
        assert harness.delete(uri, token).status_code == 403
        assert harness.put(uri, token, saved).status_code == 403
    assert harness.put(uri, client, saved).status_code == 200


def test_MGT001(harness: Harness) -> None:
    _, client, registration = _set_up(harness)
    uri = f"{R}/ApplicationInformation/{harness.world.application}"
    saved = harness.get(uri, registration)
    root_of(saved)
    assert harness.put(uri, registration, saved.data).status_code == 200
    assert harness.put(uri, client, saved.data).status_code == 403


def test_MGT002(harness: Harness) -> None:
    _, _, registration = _set_up(harness)
    uri = f"{R}/ApplicationInformation/{harness.world.application}"
    saved = harness.get(uri, registration)
    assert saved.status_code == 200
    assert harness.delete(uri, registration).status_code == 200
    assert harness.put(uri, registration, saved.data).status_code == 200
    root_of(harness.get(uri, registration))


def test_MGT003(harness: Harness) -> None:
    mine, client, registration = _set_up(harness)
    uri = f"{R}/ApplicationInformation/{harness.world.application}"
    saved = harness.get(uri, registration).data
    for token in (client, mine["access_token"], ""):
        assert harness.put(uri, token, saved).status_code == 403
        assert harness.delete(uri, token).status_code == 403
    assert ended_path(uri) == str(harness.world.application)
