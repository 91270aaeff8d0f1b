from __future__ import annotations

from pathlib import Path

import pytest

from clients import __main__ as clients

HOW = "the independent programs are not installed: `make clients` installs and runs them"


def installed() -> list[clients.Client]:
    """The programs that `make clients` has installed on this machine."""
    found = []
    if (clients.FOLDER / "python" / "installed").exists():
        found.append(clients.python_client())
    if (clients.FOLDER / "node" / "installed").exists():
        found.extend(clients.node_client())
    return found


def pytest_ignore_collect(collection_path: Path) -> bool | None:
    """Without the programs nothing here can be tested."""
    return True if collection_path.suffix == ".py" and not installed() else None


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say aloud what was not tested."""
    if not installed():
        terminalreporter.section("not run: tests/independent")
        terminalreporter.write_line(HOW)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """One test a program."""
    if "client" in metafunc.fixturenames:
        found = installed()
        metafunc.parametrize("client", found, ids=[client.name for client in found])
