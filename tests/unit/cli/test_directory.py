"""`espi utility`, `rep`, `third-party` and `user`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from espi.store import people
from espi.store.database import Database
from tests import factories

if TYPE_CHECKING:
    from tests.unit.cli.conftest import Run


def test_a_utility_is_added_once_and_listed(run: Run, database: Database, capsys: pytest.CaptureFixture[str]) -> None:
    words = ("utility", "add", "Panhandle Gas", "--duns", "123456789", "--service", "gas")
    assert run(*words) == 0
    assert run("utility", "list") == 0
    assert "123456789\tAmerica/Chicago\tPanhandle Gas\n" in capsys.readouterr().out
    assert run(*words) == 1
    assert "already" in capsys.readouterr().err


def test_a_rep_is_added_and_its_user_needs_a_second_factor(
    run: Run, database: Database, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("rep", "add", "Bluebonnet Power", "--duns", "987654321", "--certificate", "10007") == 0
    assert run("rep", "list") == 0
    assert capsys.readouterr().out == "10007\t987654321\tBluebonnet Power\n"
    assert run("user", "add", "bonnie", "--role", "rep", "--rep", "Bluebonnet Power") == 0
    words = capsys.readouterr().out.split()
    with database.write() as conn:
        login = people.settle(conn, people.try_password(conn, "bonnie", words[1]), factories.NOW_S)
    assert login is not None
    assert (login.role, login.totp_secret) == ("rep", words[-1])


def test_a_customer_logs_in_with_a_password_alone(
    run: Run, database: Database, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("user", "add", "ada", "--role", "customer", "--customer", "1", "--language", "es") == 0
    assert "TOTP" not in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--role", "rep"), "Say for whom the rep speaks: --rep."),
        (("--role", "tdsp", "--utility", "Nobody"), "There is no tdsp called 'Nobody'."),
        (("--role", "customer", "--customer", "Ada"), "'Ada' is not the number of a customer."),
    ],
)
def test_a_user_who_speaks_for_nobody_is_not_added(
    run: Run, database: Database, capsys: pytest.CaptureFixture[str], words: tuple[str, ...], said: str
) -> None:
    assert run("user", "add", "eve", *words) == 1
    assert said in capsys.readouterr().err


def test_an_empty_list_of_applications_is_empty(
    run: Run, database: Database, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("third-party", "list") == 0
    assert capsys.readouterr().out == ""
