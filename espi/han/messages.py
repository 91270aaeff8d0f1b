"""Texts for displays at home (SEP 1.0, Messaging cluster)."""

from __future__ import annotations

from espi.config import Settings
from espi.errors import BadInput
from espi.han.fields import NOW
from espi.han.sending import DAY_S, Wanted
from espi.han.sep1 import LONGEST_EVENT_MIN, UNTIL_CHANGED, CancelMessage, Cluster, DisplayMessage, Importance
from espi.store import home_commands as store

ACTION = "message:send"
MINUTE_S = 60


def text(
    words: str,
    *,
    settings: Settings,
    importance: Importance = Importance.LOW,
    confirm: bool = False,
    start_s: int = NOW,
    minutes: int | None = 60,
) -> Wanted:
    """A text to be shown. minutes: how long, None until another follows. confirm: somebody shall press a button.

    `BadInput` for words that no display can show.
    """
    if not words.strip():
        raise BadInput("There is no text.")
    if any(not (each.isprintable() or each == "\n") for each in words):
        raise BadInput("The text holds a character that no display can show.")
    if minutes is not None and not 1 <= minutes <= LONGEST_EVENT_MIN:
        raise BadInput(f"A text is shown for 1 to {LONGEST_EVENT_MIN} minutes, or until another follows.")
    begin_s = start_s or settings.clock.now_s()
    duration = UNTIL_CHANGED if minutes is None else minutes
    content = {"text": words, "importance": int(importance), "confirm": confirm, "start_s": start_s, "minutes": minutes}
    return Wanted(
        store.TEXT,
        ACTION,
        Cluster.MESSAGING,
        start_s,
        begin_s + (DAY_S if minutes is None else minutes * MINUTE_S),
        content,
        lambda event_id: DisplayMessage(
            event_id,
            transmission=0,
            importance=int(importance),
            enhanced=False,
            confirm=confirm,
            start_s=start_s,
            duration_min=duration,
            text=words,
        ),
        CancelMessage,
        confirms=confirm,
        text_bytes=len(words.encode("utf-8", "surrogatepass")),
    )
