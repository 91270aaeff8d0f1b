"""What a first reading of a file tells."""

from __future__ import annotations

import io

import pytest

from espi.intake import inbox
from espi.intake.inbox import survey
from tests.unit.intake.lse_samples import block_text


@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_a_survey_counts_the_records_across_the_pieces_it_reads(mark: str, monkeypatch: pytest.MonkeyPatch) -> None:
    data = (mark + (block_text() + block_text(per_row=1)) * 5).encode()
    for size in (1 << 20, 1000, 13, 9):
        monkeypatch.setattr(inbox, "READ_BYTES", size)
        stream = io.BytesIO(data)
        found = survey(stream)
        assert (found.records, found.size) == (10, len(data))
        assert stream.tell() == 0


def test_a_header_in_the_middle_of_a_line_is_no_record() -> None:
    assert survey(io.BytesIO(b"x00000001,\n 00000001,\n")).records == 0
