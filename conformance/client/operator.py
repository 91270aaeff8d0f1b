"""What is done at the custodian while the kit waits: by a command that the settings name, or by a person who is asked.

A command stands under the action's name: `notify = ["espi", "third-party", "notify", "{uri}"]` in `[operator]`.
"""

from __future__ import annotations

import subprocess
from collections.abc import Callable

from conformance.client.settings import Settings
from conformance.suite import Skip

ACTIONS = {
    "notify": "Send a notification that names {uri} to the third party now.",
    "expire_token": "Let the access token of the authorization {authorization} end now.",
    "revoke": "Revoke the authorization {authorization}, as its customer would.",
    "delivery_failures": "Show which notifications could not be delivered.",
}
"""Each action by its name, in the words in which a person is asked for it."""


class Operator:
    """Somebody at the custodian's console."""

    def __init__(self, settings: Settings, say: Callable[[str], None]) -> None:
        self._settings = settings
        self._say = say

    def can(self, action: str) -> bool:
        """There is a command for this, or a person to ask."""
        return action in self._settings.operator or self._settings.browser.by_hand

    def do(self, action: str, **values: str) -> str:
        """Have an action of `ACTIONS` done; what the command wrote ("" where a person was asked).

        Raises:
            Skip: nobody can do it here, or the command failed.
        """
        words = self._settings.operator.get(action)
        if words is None:
            if not self._settings.browser.by_hand:
                raise Skip(f"The settings name no command for {action!r} in [operator], and nobody can be asked.")
            self._say(ACTIONS[action].format(**values))
            return ""
        command = [word.format(**values) for word in words]
        try:
            done = subprocess.run(
                command, capture_output=True, text=True, timeout=self._settings.waits.notification_s, check=False
            )
        except (OSError, subprocess.TimeoutExpired) as err:
            raise Skip(f"The command for {action!r} did not run: {err}") from err
        if done.returncode:
            said = (done.stderr or done.stdout).strip().splitlines()
            raise Skip(f"The command for {action!r} ended with {done.returncode}: {' '.join(said[-1:])}")
        return done.stdout
