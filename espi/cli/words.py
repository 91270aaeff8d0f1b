"""How the words of the command line are declared, so that `docs/commands.md` can be made of the declarations."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator

from espi.config import Settings

Do = Callable[[Settings, argparse.Namespace], int]
"""What a command does: it gets the settings and the words, and gives the exit status."""


class Words:
    """A group of commands: `espi` itself, or for instance `espi intake`."""

    def __init__(self, parser: argparse.ArgumentParser, name: str) -> None:
        self.parser = parser
        self.name = name
        self.commands: dict[str, argparse.ArgumentParser] = {}
        self.groups: dict[str, Words] = {}
        self._below = parser.add_subparsers(dest=f"{name.replace(' ', '_')}_command", metavar="COMMAND", required=True)
        self._is_command = False

    def command(self, name: str, do: Do, what: str) -> argparse.ArgumentParser:
        """Declare a command; its arguments are added to what this gives."""
        parser = self._below.add_parser(name, help=what, description=what)
        parser.set_defaults(do=do)
        self.commands[name] = parser
        return parser

    def group(self, name: str, what: str) -> Words:
        """Declare a group of commands."""
        found = Words(self._below.add_parser(name, help=what, description=what), f"{self.name} {name}")
        self.groups[name] = found
        return found

    def itself(self, do: Do) -> argparse.ArgumentParser:
        """Let the group's own name be a command too; its arguments are added to what this gives."""
        self.parser.set_defaults(do=do)
        self._below.required = False
        self._is_command = True
        return self.parser

    def all(self) -> Iterator[tuple[str, argparse.ArgumentParser]]:
        """Every command with its full name, in the order of declaration."""
        if self._is_command:
            yield self.name, self.parser
        for name, parser in self.commands.items():
            yield f"{self.name} {name}", parser
        for group in self.groups.values():
            yield from group.all()
