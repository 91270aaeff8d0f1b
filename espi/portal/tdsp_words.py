"""What a utility's pages call things: states of files, why something was refused, and what to do about it."""

from __future__ import annotations

from dataclasses import dataclass

from espi import access
from espi.clock import zone
from espi.intake.door import Problem
from espi.portal import words
from espi.portal.language import count, say
from espi.portal.session import principal
from espi.store import claims, directory, queue, uploads
from espi.store.database import Conn
from espi.store.directory import Utility
from espi.web.site import site

MEGABYTE, KILOBYTE = 1_000_000, 1000


@dataclass(frozen=True)
class Remark:
    """What is wrong, and what to do."""

    what: str
    todo: str


def own_utility(conn: Conn) -> Utility:
    """The utility that the reader speaks for. Raises `NotFound`."""
    return directory.utility(conn, access.utility_of(principal()) or 0)


def require(conn: Conn, target: str, action: str = "file:send") -> Utility:
    """The reader's utility, once the gate has let him do an action that is about no meter."""
    access.require(conn, principal(), action, settings=site().settings, target=target)
    return own_utility(conn)


def moment(utility: Utility, instant: int) -> str:
    """A day and time on the utility's clock."""
    local = zone(utility.zone)
    return f"{words.day(local.day_of(instant), 'medium')}, {words.time_of_day(local, instant)}"


def size(octets: int) -> str:
    """How large a file is."""
    if octets < MEGABYTE:
        return f"{-(-octets // KILOBYTE):,} kB"
    return f"{octets // MEGABYTE:,}.{octets % MEGABYTE // 100_000} MB"


def state_name(state: str) -> str:
    """What a state of a file is called."""
    said = {
        uploads.ARRIVING: say("Arriving"),
        uploads.CANCELLED: say("Taken back"),
        claims.WAITING: say("Waits"),
        queue.LOADING: say("Being loaded"),
        claims.SET_ASIDE: say("Set aside"),
        queue.REFUSED: say("Refused"),
        queue.LOADED: say("Loaded"),
    }
    return said.get(state, state)


def kind_name(kind: str) -> str:
    """What a kind of file is called."""
    said = {"lse": say("Readings (LSE)"), "market-events": say("Market events"), "green-button": say("Green Button")}
    return said.get(kind, "")


def of_problem(problem: str, utility: Utility) -> Remark | None:
    """Why a file was refused whole, and what to do."""
    named = say(
        "Name readings %(duns)sIntervalData, the time as 14 digits, a counter of three, .lse; market events the same "
        "way with MarketEvents and .csv or .json; Green Button files end in .xml.",
        duns=utility.duns,
    )
    remarks = {
        Problem.NAME: Remark(say("The file's name is not one that we know."), named),
        Problem.DUNS: Remark(
            say("The name bears the DUNS number of another company."),
            say("Send only your own files. If this one is yours, put your number, %(duns)s, into its name.",
                duns=utility.duns),
        ),
        Problem.EMPTY: Remark(
            say("The file is empty."),
            say("Look at what writes your files: it may have stopped too soon. Send it again."),
        ),
        Problem.ZIPPED: Remark(
            say("It is a ZIP archive, which we do not open."), say("Send the file itself, or packed with gzip.")
        ),
        Problem.BROKEN: Remark(
            say("It is packed with gzip, but cannot be unpacked."),
            say("It was most likely cut off on its way. Pack it again and send it once more."),
        ),
        Problem.LARGE: Remark(
            say("The file is too large for the browser."),
            say("Send it in parts, or put it into your folder of the inbox."),
        ),
        Problem.CONTENT: Remark(
            say("We could not make sense of the file as a whole."),
            say("Read the reason below, mend the file and send it again. Nothing of it was loaded."),
        ),
        Problem.AGAIN: Remark(
            say("The very same file had come before."),
            say("Nothing was done now, and nothing is needed. What you see is what became of it then."),
        ),
    }  # fmt: skip
    return remarks.get(Problem(problem)) if problem else None


def of_code(code: str, *, events: bool) -> Remark:
    """What a code of the response file means, and what to do."""
    if events:
        return _of_event_code(code)
    remarks = {
        "01": Remark(
            say("A value is not allowed."),
            say("Put the value right, or set up the channel here first. Then send the day again."),
        ),
        "02": Remark(say("The form is wrong."), say("Write the day in the form of the guide, and send it again.")),
        "03": Remark(
            say("It is not a full day."),
            say("Send all quarter hours of the local day: 96, or 92 and 100 when the clocks change."),
        ),
        "04": Remark(say("The day has not ended yet."), say("Send it after midnight of your time zone.")),
        "05": Remark(
            say("A newer reading is there already."),
            say("Nothing to do, if it is older. If it is right after all, send it again with a later time in row 4."),
        ),
    }  # fmt: skip
    return remarks.get(code, Remark(say("It was refused."), say("Read the reason, mend it and send it again.")))


def _of_event_code(code: str) -> Remark:
    remarks = {
        "01": Remark(say("A value is missing or not allowed."), say("Put it right and send the event again.")),
        "02": Remark(say("The form is wrong."), say("Give every column of the heading, and send the event again.")),
        "04": Remark(say("It says it was sent in the future."), say("Set your clock right and send it again.")),
        "06": Remark(
            say("It contradicts what is known."),
            say("Look at the meter's timeline. Send what is missing before it, or take the wrong event back (cancel)."),
        ),
    }
    return remarks.get(code, Remark(say("It was refused."), say("Read the reason, mend it and send it again.")))


def outcome(counts_refused: int, parked: int) -> str:
    """What became of a loaded file, in a few words."""
    said = []
    if counts_refused:
        said.append(count("%(num)s refused", "%(num)s refused", counts_refused))
    if parked:
        said.append(count("%(num)s waits for its meter", "%(num)s wait for their meters", parked))
    return ", ".join(said) or say("all well")
