"""Cases of the certification's protocol suites FB_1, FB_3, FB_13 and FB_37, named by their ids.

TC003 to TC009 look at TLS alone: versions, ciphers, keys and certificates of the proxy in front of a deployment. They
are for the deployment's own checks (docs/decisions says which server terminates TLS); there is nothing of them here.
TR_CPYRT001 asks whether the standard was bought, PSH004 what a person sees.
"""

from __future__ import annotations

from espi.clock import instant_text
from tests.function_block_rules import failures
from tests.harness.conftest import CERTIFICATE, Harness, ended_path, found_in, root_of

R = "/espi/1_1/resource"
HTTPS = (
    "authorizationServerUri",
    "thirdPartyNotifyUri",
    "authorizationServerAuthorizationEndpoint",
    "authorizationServerTokenEndpoint",
    "dataCustodianBulkRequestURI",
    "dataCustodianResourceEndpoint",
    "thirdPartyScopeSelectionScreenURI",
    "thirdPartyUserPortalScreenURI",
    "client_uri",
    "redirect_uri",
    "registration_client_uri",
    "dataCustodianScopeSelectionScreenURI",
)


def _certificates(root: object) -> list[str]:
    path = (
        "//atom:link[@rel='related' and starts-with(@href,'https://cert.greenbuttonalliance.org/certificate/')]/@href"
    )
    return [str(href) for href in found_in(root, path)]  # type: ignore[arg-type]


def test_CERT001(harness: Harness) -> None:
    mine = harness.registration()
    assert _certificates(root_of(harness.get(mine["resourceURI"], mine["access_token"]))) == [CERTIFICATE]


def test_CERT002(harness: Harness) -> None:
    harness.customer()
    found = root_of(harness.get(f"{R}/Authorization/", harness.admin()["access_token"]))
    assert set(_certificates(found)) == {CERTIFICATE}


def test_CERT003(harness: Harness) -> None:
    uri = harness.customer()["authorizationURI"]
    assert _certificates(root_of(harness.get(uri, harness.admin()["access_token"]))) == [CERTIFICATE]


def test_CERT004(harness: Harness) -> None:
    mine = harness.customer()
    assert _certificates(root_of(harness.get(mine["resourceURI"], mine["access_token"]))) == [CERTIFICATE]


def test_FND001(harness: Harness) -> None:
    mine = harness.registration()
    root = root_of(harness.get(mine["resourceURI"], mine["access_token"]))
    path = "count(/*/atom:content/espi:ApplicationInformation/espi:dataCustodianScopeSelectionScreenURI)"
    assert found_in(root, path) == [1.0]


def test_FND002(harness: Harness) -> None:
    mine = harness.registration()
    root = root_of(harness.get(mine["resourceURI"], mine["access_token"]))
    assert root.findtext(".//{*}dataCustodianApplicationStatus") in {"1", "2", "3", "4"}
    assert root.findtext(".//{*}token_endpoint_auth_method") == "client_secret_basic"
    assert root.findtext(".//{*}response_types") == "code"
    kinds = {each.text for each in root.iter("{*}grant_types")}
    assert kinds & {"authorization_code", "client_credentials", "refresh_token"}


def test_FND003(harness: Harness) -> None:
    harness.customer()
    root = root_of(harness.get(f"{R}/Authorization/", harness.admin()["access_token"]))
    assert found_in(root, "count(/atom:feed/atom:entry/atom:content/espi:Authorization)")[0] >= 2


def test_FND004(harness: Harness) -> None:
    mine = harness.customer()
    root = root_of(harness.get(mine["authorizationURI"], harness.admin()["access_token"]))
    for name in ("expires_at", "scope", "token_type", "resourceURI", "authorizationURI"):
        assert root.findtext(f".//{{*}}{name}")
    assert root.findtext(".//{*}status") in {"0", "1", "2"}


def test_FND005(harness: Harness) -> None:
    mine = harness.customer()
    feed = root_of(harness.get(mine["resourceURI"], mine["access_token"]))
    assert failures(feed, 1, 4, 5, 15) == []
    root_of(harness.get(mine["authorizationURI"], harness.admin()["access_token"]))


def test_FND006(harness: Harness) -> None:
    root = root_of(harness.get(f"{R}/ReadServiceStatus", harness.admin()["access_token"]))
    assert found_in(root, "/espi:ServiceStatus/espi:currentStatus/text()") == ["1"]


def test_doubled_slashes_as_after_a_202_are_taken(harness: Harness) -> None:
    mine = harness.customer()
    path = mine["resourceURI"].removeprefix("https://dc.example")
    assert harness.get(f"//{path.lstrip('/')}", mine["access_token"]).status_code == 200


def test_TC001(harness: Harness) -> None:
    mine = harness.registration()
    root = root_of(harness.get(mine["resourceURI"], mine["access_token"]))
    for name in HTTPS:
        texts = [each.text or "" for each in root.iter(f"{{*}}{name}")]
        assert texts, name
        assert all(text.startswith("https://") for text in texts), name
    assert "espi/1_1" in (root.findtext(".//{*}thirdPartyNotifyUri") or "")
    assert "espi/1_1/resource" in (root.findtext(".//{*}dataCustodianResourceEndpoint") or "")


def test_TC010(harness: Harness) -> None:
    mine = harness.customer()
    text = harness.get(mine["resourceURI"], mine["access_token"]).text
    for personal in ("Ada", "Lovelace", "10443720000000017"):
        assert personal not in text


def _bits(text: str) -> int:
    """As the harness counts: 12 hexadecimal or 8 base64 characters are 48 bits; decimal digits count 3.32 each."""
    if text.isdigit():
        return int(text).bit_length()
    return len(text) * (4 if all(letter in "0123456789abcdef-" for letter in text) else 6)


def test_TC011(harness: Harness) -> None:
    mine, own, admin = harness.customer(), harness.registration(), harness.admin()
    feed = root_of(harness.get(mine["resourceURI"], mine["access_token"]))
    for answer in (mine, own, admin):
        assert _bits(answer["access_token"]) >= 48
        assert _bits(ended_path(answer["authorizationURI"])) >= 46
        assert _bits(ended_path(answer["resourceURI"])) >= 46
    for href in found_in(feed, "/atom:feed/atom:entry/atom:link[@rel='self']/@href"):
        assert _bits(ended_path(str(href))) >= 46
    for own_id in found_in(feed, "//atom:id/text()"):
        assert _bits(str(own_id).removeprefix("urn:uuid:")) >= 48


def _blocks(harness: Harness, mine: dict[str, str], query: str = "") -> list[tuple[int, int]]:
    root = root_of(harness.get(mine["resourceURI"] + query, mine["access_token"]))
    spans = []
    for block in root.iter("{http://naesb.org/espi}IntervalBlock"):
        start = int(block.findtext("{*}interval/{*}start") or 0)
        spans.append((start, start + int(block.findtext("{*}interval/{*}duration") or 0)))
    return spans


def test_QRY001(harness: Harness) -> None:
    mine = harness.customer()
    everything = _blocks(harness, mine)
    assert len(everything) >= 3
    low, high = instant_text(everything[1][0]), instant_text(everything[-2][1])
    some = _blocks(harness, mine, f"?published-min={low}&published-max={high}")
    assert some == everything[1:-1]


def test_QRY002(harness: Harness) -> None:
    mine = harness.customer()
    dates = [f"{kind}-{bound}" for kind in ("published", "updated") for bound in ("min", "max")]
    bad = [(name, value) for name in dates for value in ("All", "03/01/2016")]
    bad += [(name, "All") for name in ("start-index", "max-results", "depth")]
    assert len(bad) == 11
    for name, value in bad:
        answer = harness.get(f"{mine['resourceURI']}?{name}={value}", mine["access_token"])
        assert answer.status_code == 400, (name, value)
