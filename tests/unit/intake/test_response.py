"""The response file lists what was refused and ends with the totals."""

from __future__ import annotations

from espi.intake import response
from espi.intake.report import Counts, FileReport
from espi.store.queue import RefusedBlock

REFUSED = RefusedBlock(13, "03", "10443720000000000", "4", "20140702000000", "11 values, not 96, alas")


def test_each_refused_block_has_a_line_and_the_last_line_the_totals() -> None:
    counts = Counts(blocks=3, loaded=2, refused=1, values=192, wh=4_567_089)
    assert response.write(FileReport("x.lse", 1, counts, refused=(REFUSED,))).splitlines() == [
        "code,row,esiid,channel,start,text",
        '03,13,10443720000000000,4,20140702000000,"11 values, not 96, alas"',
        '00,,,,,"3 blocks: 2 loaded, 0 replaced, 0 unchanged, 0 older, 0 parked, 1 refused; 192 values, 4567.089 kWh"',
    ]


def test_a_file_refused_whole_has_its_code_only() -> None:
    report = FileReport("x.lse", 1, code="F1", reason="It has 3 records; 2 are the limit.")
    assert response.write(report).splitlines()[1].startswith("F1,,,,,")


def test_the_summary_is_one_line_for_machines() -> None:
    report = FileReport("x.lse", 1, Counts(blocks=1, loaded=1), again=True)
    assert report.summary.startswith("file=x.lse result=00 blocks=1 loaded=1")
    assert report.summary.endswith("again=1")


def test_the_response_is_named_after_its_file() -> None:
    assert response.response_name("x.lse") == "x.lse.response.csv"
