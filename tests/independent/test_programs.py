"""Programs that others wrote read our feeds and find what the store holds: as many readings, the same total."""

from __future__ import annotations

import pytest

from clients import __main__ as clients
from tests.client_samples import made_samples


@pytest.fixture(scope="module")
def samples(tmp_path_factory: pytest.TempPathFactory) -> list[clients.Sample]:
    return made_samples(tmp_path_factory.mktemp("clients"))


def test_a_program_finds_what_the_store_holds(client: clients.Client, samples: list[clients.Sample]) -> None:
    assert clients.compare(client, samples) == 0
