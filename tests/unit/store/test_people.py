from __future__ import annotations

import pytest

from espi.errors import Conflict, NotFound
from espi.store import people
from espi.store.database import Conn
from espi.store.people import FAILURES_FORGOTTEN_S, MOST_FAILURES
from espi.store.tables import login as login_table
from espi.store.tables import session as session_table
from tests.factories import NOW_S

IDLE_S, LIMIT_S = 1800, 43_200


@pytest.fixture
def ada(conn: Conn) -> int:
    return people.add_login(conn, "ada", "correct horse", "customer", 7, language="es")


@pytest.fixture
def grace(conn: Conn) -> int:
    return people.add_login(conn, "grace", "correct horse", "tdsp", 1, totp_secret="JBSWY3DP")


def log_in(conn: Conn, name: str, password: str, now_s: int) -> people.Login | None:
    return people.settle(conn, people.try_password(conn, name, password), now_s)


def test_the_right_password_gives_the_login(conn: Conn, ada: int) -> None:
    found = log_in(conn, "ada", "correct horse", NOW_S)
    assert found == people.Login(ada, "ada", "customer", 7, "es", "")


def test_a_wrong_password_and_an_unknown_name_give_nothing(conn: Conn, ada: int) -> None:
    assert log_in(conn, "ada", "wrong", NOW_S) is None
    assert log_in(conn, "nobody", "correct horse", NOW_S) is None


def test_passwords_are_kept_as_argon2id(conn: Conn, ada: int) -> None:
    kept = conn.execute(login_table.select()).one().password_hash
    assert kept.startswith("$argon2id$")
    assert "correct horse" not in kept


def test_an_unknown_name_costs_as_much_work_as_a_known_one(conn: Conn, ada: int) -> None:
    kept = conn.execute(login_table.select()).one().password_hash
    assert people._NOBODY.split("$")[:4] == kept.split("$")[:4]


def test_after_too_many_failures_even_the_right_password_waits(conn: Conn, ada: int) -> None:
    for _ in range(MOST_FAILURES):
        log_in(conn, "ada", "wrong", NOW_S)
    assert log_in(conn, "ada", "correct horse", NOW_S + FAILURES_FORGOTTEN_S - 1) is None
    assert log_in(conn, "ada", "correct horse", NOW_S + FAILURES_FORGOTTEN_S) is not None


def test_a_success_forgets_the_failures_before_it(conn: Conn, ada: int) -> None:
    for _ in range(2):
        for _ in range(MOST_FAILURES - 1):
            log_in(conn, "ada", "wrong", NOW_S)
        assert log_in(conn, "ada", "correct horse", NOW_S) is not None


def test_a_guess_that_was_right_is_worth_nothing_once_too_many_were_wrong(conn: Conn, ada: int) -> None:
    guessed_meanwhile = people.try_password(conn, "ada", "correct horse")
    for _ in range(MOST_FAILURES):
        log_in(conn, "ada", "wrong", NOW_S)
    assert people.settle(conn, guessed_meanwhile, NOW_S) is None


def test_a_code_counts_once_and_older_ones_not_after_it(conn: Conn, grace: int) -> None:
    step = NOW_S // 30
    assert people.settle_code(conn, grace, step, NOW_S)
    assert not people.settle_code(conn, grace, step, NOW_S)
    assert not people.settle_code(conn, grace, step - 1, NOW_S)
    assert people.settle_code(conn, grace, step + 1, NOW_S)


def test_wrong_codes_add_up_although_the_password_is_right_each_time(conn: Conn, grace: int) -> None:
    for _ in range(MOST_FAILURES):
        assert log_in(conn, "grace", "correct horse", NOW_S) is not None
        assert not people.settle_code(conn, grace, None, NOW_S)
    assert log_in(conn, "grace", "correct horse", NOW_S) is None
    assert not people.settle_code(conn, grace, NOW_S // 30, NOW_S)
    later_s = NOW_S + FAILURES_FORGOTTEN_S
    assert people.settle_code(conn, grace, later_s // 30, later_s)
    assert log_in(conn, "grace", "correct horse", later_s) is not None


def test_a_name_is_taken_once(conn: Conn, ada: int) -> None:
    with pytest.raises(Conflict):
        people.add_login(conn, "ada", "x", "customer", 8)


def test_a_session_lasts_while_it_is_used_and_not_too_old(conn: Conn, ada: int) -> None:
    token = people.start_session(conn, ada, NOW_S, {"csrf": "x"})
    found = people.session_login(conn, token, NOW_S + IDLE_S - 1, IDLE_S, LIMIT_S)
    assert found is not None
    assert (found.login.id, found.data) == (ada, {"csrf": "x"})
    assert people.session_login(conn, token, NOW_S + IDLE_S, IDLE_S, LIMIT_S) is None
    people.touch_session(conn, token, NOW_S + LIMIT_S - 1)
    assert people.session_login(conn, token, NOW_S + LIMIT_S - 1, IDLE_S, LIMIT_S) is not None
    assert people.session_login(conn, token, NOW_S + LIMIT_S, IDLE_S, LIMIT_S) is None


def test_what_a_session_holds_can_change(conn: Conn, ada: int) -> None:
    token = people.start_session(conn, ada, NOW_S)
    people.touch_session(conn, token, NOW_S, {"step": 2})
    found = people.session_login(conn, token, NOW_S, IDLE_S, LIMIT_S)
    assert found is not None
    assert found.data == {"step": 2}


def test_the_token_of_a_session_is_kept_nowhere(conn: Conn, ada: int) -> None:
    token = people.start_session(conn, ada, NOW_S)
    assert token not in str(conn.execute(session_table.select()).all())
    assert people.session_login(conn, token + "x", NOW_S, IDLE_S, LIMIT_S) is None


def test_logging_out_ends_the_session(conn: Conn, ada: int) -> None:
    token = people.start_session(conn, ada, NOW_S)
    people.end_session(conn, token)
    assert people.session_login(conn, token, NOW_S, IDLE_S, LIMIT_S) is None


def test_another_password_and_shutting_out_end_all_sessions(conn: Conn, ada: int) -> None:
    token = people.start_session(conn, ada, NOW_S)
    people.set_password(conn, ada, "battery staple")
    assert people.session_login(conn, token, NOW_S, IDLE_S, LIMIT_S) is None
    assert log_in(conn, "ada", "battery staple", NOW_S) is not None
    token = people.start_session(conn, ada, NOW_S)
    people.disable_login(conn, ada)
    assert people.session_login(conn, token, NOW_S, IDLE_S, LIMIT_S) is None
    assert log_in(conn, "ada", "battery staple", NOW_S) is None


def test_old_sessions_are_swept(conn: Conn, ada: int) -> None:
    for started_s in (NOW_S - 1, NOW_S):
        people.start_session(conn, ada, started_s)
    assert people.drop_sessions(conn, NOW_S) == 1


def test_the_language_is_remembered(conn: Conn, ada: int) -> None:
    people.set_language(conn, ada, "en")
    found = log_in(conn, "ada", "correct horse", NOW_S)
    assert found is not None
    assert found.language == "en"
    with pytest.raises(NotFound):
        people.set_language(conn, ada + 1, "en")
