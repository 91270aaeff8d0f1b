from __future__ import annotations

import pytest

from espi.store import quotas
from espi.store.database import Conn, Database


def test_uses_are_counted_by_subject_and_window(conn: Conn) -> None:
    assert [quotas.add_use(conn, "a", 0), quotas.add_use(conn, "a", 0, 5), quotas.add_use(conn, "a", 60)] == [1, 6, 1]
    assert (quotas.used(conn, "a", 0), quotas.used(conn, "a", 60), quotas.used(conn, "b", 0)) == (6, 1, 0)


def test_old_windows_are_forgotten(conn: Conn) -> None:
    for window_s in (0, 60, 120):
        quotas.add_use(conn, "a", window_s)
    assert quotas.forget_windows(conn, 120) == 2
    assert (quotas.used(conn, "a", 60), quotas.used(conn, "a", 120)) == (0, 1)


@pytest.mark.parametrize(("lasting", "left"), [(True, 3), (False, 0)])
def test_what_is_to_last_counts_even_if_the_rest_is_rolled_back(database: Database, lasting: bool, left: int) -> None:
    def count_and_fail() -> None:
        with database.write() as conn:
            quotas.add_use(conn, "a", 0, 3, lasting=lasting)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        count_and_fail()
    with database.read() as conn:
        assert quotas.used(conn, "a", 0) == left
