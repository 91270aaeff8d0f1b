from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from espi.config import Settings
from espi.portal.keys import FILE_NAME, form_key


def test_the_key_is_made_once_and_readable_by_its_owner_only(settings: Settings) -> None:
    first = form_key(settings)
    assert form_key(settings) == first
    assert len(first) >= 64
    assert (settings.home / FILE_NAME).stat().st_mode & 0o077 == 0
    assert [path.name for path in settings.home.iterdir()] == [FILE_NAME]


def test_processes_that_start_together_have_the_same_key(settings: Settings) -> None:
    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(form_key, [settings] * 16))) == 1


def test_a_key_of_the_settings_is_used_and_not_written_down(settings: Settings) -> None:
    assert form_key(replace(settings, secret_key="s" * 32)) == "s" * 32
    assert not (settings.home / FILE_NAME).exists()
