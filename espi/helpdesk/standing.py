"""A third party's standing: approved by a checklist, suspended with a reason and notice, heard when it appeals."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from espi import access
from espi.access import Principal
from espi.clock import DAY_S, day_date, zone
from espi.config import Settings
from espi.errors import BadInput, Conflict
from espi.helpdesk.looking import checked
from espi.helpdesk.outbox import post
from espi.store import audit, events, people, standing
from espi.store.third_parties import ON_HOLD, PRODUCTION, REVIEW, ThirdParty, change_third_party, third_party

if TYPE_CHECKING:
    from espi.store.database import Conn

ZONE = "America/Chicago"
THEM, US, NOBODY = "third party", "operator", ""
_ASKED = ("identity", "terms", "contact", "security")
"""What a person checks; all else the registration itself shows."""


@dataclass(frozen=True)
class Item:
    """A line of the checklist. done: it is met. waits_for: who must act, if any. by_hand: an operator ticks it."""

    key: str
    done: bool
    waits_for: str
    by_hand: bool


def checklist(conn: Conn, party: ThirdParty) -> list[Item]:
    """What must be so before an application is approved, and for each line who waits for whom."""
    content = party.content
    contacts, site = content.get("contacts"), content.get("client_uri")
    addresses = content.get("redirect_uri") or []
    named = [addresses] if isinstance(addresses, str) else list(addresses)
    shown = {
        "site": bool(site),
        "contacts": bool(contacts),
        "purpose": bool(content.get("thirdPartyApplicationDescription")),
        "addresses": bool(named) and all(str(each).startswith("https://") for each in named),
        "notify": bool(content.get("thirdPartyNotifyUri")),
    }
    ticked: dict[str, bool] = {}
    for step in standing.steps(conn, party.id, (standing.CHECKED, standing.UNCHECKED)):
        ticked[step.item] = step.what == standing.CHECKED
    seen = [Item(key, done, NOBODY if done else THEM, by_hand=False) for key, done in shown.items()]
    asked = [Item(key, ticked.get(key, False), NOBODY if ticked.get(key) else US, by_hand=True) for key in _ASKED]
    return [*seen, *asked]


def check(conn: Conn, party: ThirdParty, item: str, *, done: bool, settings: Settings, actor: Principal) -> None:
    """Tick a line of the checklist, or take the tick away."""
    _require(conn, party, settings, actor)
    if item not in _ASKED:
        raise BadInput("This line is met by what the application registers.")
    what = standing.CHECKED if done else standing.UNCHECKED
    standing.add_step(conn, party.id, what, actor=actor.name, now_s=settings.clock.now_s(), item=item)
    _note(conn, party, f"standing:{what}", settings, actor, item)


def approve(conn: Conn, party: ThirdParty, *, settings: Settings, actor: Principal) -> None:
    """Let an application ask customers, once every line of the checklist is met."""
    _require(conn, party, settings, actor)
    if party.status != REVIEW:
        raise Conflict("Only an application in review can be approved.")
    if not all(item.done for item in checklist(conn, party)):
        raise Conflict("The checklist has open lines.")
    _move(conn, party, standing.APPROVED, PRODUCTION, "", settings, actor.name)
    _note(conn, party, "standing:approve", settings, actor, "")


def notice_suspension(
    conn: Conn, party: ThirdParty, reason: str, *, settings: Settings, actor: Principal, at_once: bool = False
) -> None:
    """Tell an application that it will be suspended and why; at_once: it is suspended now, as harm cannot wait."""
    _require(conn, party, settings, actor)
    why, now_s = checked(reason), settings.clock.now_s()
    if party.status != PRODUCTION:
        raise Conflict("Only an application in service can be suspended.")
    if at_once:
        _move(conn, party, standing.SUSPENDED, ON_HOLD, why, settings, actor.name)
    else:
        when = now_s + settings.suspension_days * DAY_S
        standing.add_step(conn, party.id, standing.NOTICED, actor=actor.name, now_s=now_s, reason=why, effective_s=when)
        _mail(conn, party, standing.NOTICED, why, settings, day=_day(when))
    _note(conn, party, "standing:suspend" if at_once else "standing:notice", settings, actor, why)


def suspend(conn: Conn, settings: Settings) -> int:
    """Suspend those whose notice is over, unless their appeal waits for its answer; how many."""
    now_s, done = settings.clock.now_s(), 0
    for step in standing.noticed(conn, now_s, PRODUCTION):
        if not waits(conn, step.third_party_id):
            party = third_party(conn, step.third_party_id)
            _move(conn, party, standing.SUSPENDED, ON_HOLD, step.reason, settings, step.actor)
            done += 1
    return done


def appeal(conn: Conn, party: ThirdParty, text: str, *, settings: Settings, actor: Principal) -> None:
    """Hear what an application says against its suspension. One appeal for each."""
    access.require(conn, actor, "standing:appeal", settings=settings, target=f"third party {party.id}")
    if not may_appeal(conn, party):
        raise Conflict("There is nothing to appeal against, or your appeal is being read.")
    said = text.strip()
    if not said:
        raise BadInput("Write something first.")
    now_s = settings.clock.now_s()
    standing.add_step(conn, party.id, standing.APPEALED, actor=actor.name, now_s=now_s, reason=said[:2000])
    _note(conn, party, "standing:appeal", settings, actor, "")


def judge(conn: Conn, party: ThirdParty, reason: str, *, grant: bool, settings: Settings, actor: Principal) -> None:
    """Answer an appeal, or lift a suspension. Who suspended does not judge the appeal: another does."""
    _require(conn, party, settings, actor)
    why = checked(reason)
    last = last_step(conn, party)
    if waits(conn, party.id) and any(step.actor == actor.name for step in _against(conn, party.id)[-1:]):
        raise Conflict("Somebody else must judge this appeal: you suspended.")
    if grant:
        if party.status != ON_HOLD and last is None:
            raise Conflict("It is not suspended.")
        _move(conn, party, standing.REINSTATED, PRODUCTION, why, settings, actor.name)
    elif waits(conn, party.id):
        now_s = settings.clock.now_s()
        standing.add_step(conn, party.id, standing.UPHELD, actor=actor.name, now_s=now_s, reason=why, effective_s=now_s)
        _mail(conn, party, standing.UPHELD, why, settings)
    else:
        raise Conflict("There is no appeal to answer.")
    _note(conn, party, "standing:judge", settings, actor, why)


def last_step(conn: Conn, party: ThirdParty) -> standing.Step | None:
    """The notice or suspension that stands, with its reason; None where there is none."""
    kinds = (standing.NOTICED, standing.SUSPENDED, standing.REINSTATED)
    found = standing.steps(conn, party.id, kinds)
    return found[-1] if found and found[-1].what != standing.REINSTATED else None


def waits(conn: Conn, third_party_id: int) -> bool:
    """Whether an appeal waits for its answer."""
    kinds = (standing.APPEALED, standing.UPHELD, standing.REINSTATED)
    found = standing.steps(conn, third_party_id, kinds)
    return bool(found) and found[-1].what == standing.APPEALED


def may_appeal(conn: Conn, party: ThirdParty) -> bool:
    """Whether an application is told of a suspension that it has not appealed against yet."""
    kinds = (standing.NOTICED, standing.SUSPENDED, standing.APPEALED, standing.UPHELD, standing.REINSTATED)
    whats = [step.what for step in standing.steps(conn, party.id, kinds)]
    since = whats[len(whats) - whats[::-1].index(standing.REINSTATED) :] if standing.REINSTATED in whats else whats
    return bool(since) and standing.APPEALED not in since


def _against(conn: Conn, third_party_id: int) -> list[standing.Step]:
    return standing.steps(conn, third_party_id, (standing.NOTICED, standing.SUSPENDED))


def _move(conn: Conn, party: ThirdParty, what: str, status: int, why: str, settings: Settings, by: str) -> None:
    """Give an application another status, note the step, and tell it by event and mail."""
    now_s = settings.clock.now_s()
    change_third_party(conn, party.id, status=status, now_s=now_s)
    standing.add_step(conn, party.id, what, actor=by, now_s=now_s, reason=why, effective_s=now_s)
    path = f"ApplicationInformation/{party.path_id}"
    detail = {"change": what, "status": status}
    events.add_event(conn, party.id, "registration.changed", [path], now_s=now_s, detail=detail)
    _mail(conn, party, what, why, settings)


def _mail(conn: Conn, party: ThirdParty, kind: str, why: str, settings: Settings, day: str = "") -> None:
    contacts = [str(each) for each in party.content.get("contacts") or [] if "@" in str(each)]
    to = people.mail_address(conn, "third_party", party.id) or (contacts[0] if contacts else "", "en")
    post(conn, to, kind, settings, name=party.name, reason=why, day=day, link=f"{settings.base_url}/standing")


def _require(conn: Conn, party: ThirdParty, settings: Settings, actor: Principal) -> None:
    access.require(conn, actor, "standing:decide", settings=settings, target=f"third party {party.id}")


def _day(instant: int) -> str:
    return day_date(zone(ZONE).day_of(instant)).isoformat()


def _note(conn: Conn, party: ThirdParty, action: str, settings: Settings, actor: Principal, why: str) -> None:
    audit.record(
        conn,
        at_s=settings.clock.now_s(),
        actor=str(actor),
        action=action,
        target=f"third party {party.id}",
        rule="espi.helpdesk",
        allowed=True,
        detail={"reason": why},
    )
