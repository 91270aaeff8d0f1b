from __future__ import annotations

import pytest

from espi import scope
from espi.clock import DAY_S
from espi.sharing import Terms
from espi.store.database import Conn
from tests import consent
from tests.consent import Home
from tests.factories import NOW_S


@pytest.fixture
def home(conn: Conn) -> Home:
    return consent.home(conn)


@pytest.fixture
def terms(home: Home) -> Terms:
    """What Ada agrees to: everything Sunny asks for, for 90 days."""
    return Terms(scope.parse(consent.SCOPE), (home.point,), NOW_S + 90 * DAY_S, address="192.0.2.7")
