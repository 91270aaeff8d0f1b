"""What is done at the custodian while the kit waits: by a command of the settings, or by a person who is asked.

A command stands under the action's name: `notify = ["espi", "third-party", "notify", "{uri}"]` in `[operator]`. What
can be done on the custodian's pages may be a script of the browser instead: `[[browser.revoke]]`, which begins at the
address of that name in `[browser.pages]`.
"""

from __future__ import annotations

import subprocess
from collections.abc import Callable

from conformance.client.browser import Browser
from conformance.client.settings import Settings
from conformance.suite import Skip

ACTIONS = {
    "notify": "Send a notification that names {uri} to the third party now.",
    "notify_sftp": "Put the bulk out as files and notify its sftp address to the third party now.",
    "expire_token": "Let the access token of the authorization {authorization} end now.",
    "revoke": "Revoke the authorization {authorization}, as its customer would.",
    "delivery_failures": "Show which notifications could not be delivered.",
}
"""Each action by its name, in the words in which a person is asked for it."""
TELLS_BY_STATUS = frozenset({"delivery_failures", "notify"})
"""Actions whose command may end with 1 to say that something was not delivered; it then says what."""


class Operator:
    """Somebody at the custodian's console."""

    def __init__(self, settings: Settings, browser: Callable[[], Browser], say: Callable[[str], None]) -> None:
        self._settings = settings
        self._browser = browser
        self._say = say

    def can(self, action: str) -> bool:
        """There is a command or a script for this, or a person to ask."""
        browser = self._settings.browser
        return action in self._settings.operator or action in browser.scripts or browser.by_hand

    def do(self, action: str, **values: str) -> str:
        """Have an action of `ACTIONS` done; what the command wrote ("" where a script or a person did it).

        Raises:
            Skip: nobody can do it here, or it failed.
        """
        words = self._settings.operator.get(action)
        if words is not None:
            return self._run(action, words, values)
        if self._settings.browser.by_hand:
            self._say(ACTIONS[action].format(**values))
        elif action in self._settings.browser.scripts:
            self._browser().run(action, self._settings.browser.pages.get(action, ""))
        else:
            raise Skip(f"The settings name no command for {action!r} in [operator], and nobody can be asked.")
        return ""

    def _run(self, action: str, words: tuple[str, ...], values: dict[str, str]) -> str:
        command = [word.format(**values) for word in words]
        try:
            done = subprocess.run(
                command, capture_output=True, text=True, timeout=self._settings.waits.notification_s, check=False
            )
        except (OSError, subprocess.TimeoutExpired) as err:
            raise Skip(f"The command for {action!r} did not run: {err}") from err
        if done.returncode and not (action in TELLS_BY_STATUS and done.stdout):
            said = (done.stderr or done.stdout).strip().splitlines()
            raise Skip(f"The command for {action!r} ended with {done.returncode}: {' '.join(said[-1:])}")
        return done.stdout
