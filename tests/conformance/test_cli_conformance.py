from __future__ import annotations

import json
import os
import subprocess
import sys
import tomllib
from fnmatch import fnmatch
from pathlib import Path

import pytest

from conformance.bundle import bundle
from conformance.cli import main
from conformance.samples import catalogue

ROOT = Path(__file__).parents[2]
KIT = ROOT / "conformance"


@pytest.fixture
def good(tmp_path: Path) -> Path:
    path = tmp_path / "good.xml"
    path.write_bytes(catalogue.good("electricity"))
    return path


@pytest.fixture
def bad(tmp_path: Path) -> Path:
    path = tmp_path / "bad.xml"
    path.write_bytes(b"<feed>")
    return path


def test_a_good_file_ends_with_0_and_a_bad_one_with_1(
    good: Path, bad: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["file", str(good)]) == 0
    assert main(["file", str(bad)]) == 1
    assert main(["file", str(good), str(bad)]) == 1
    assert "XSD001" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["file", "nowhere.xml"], "nowhere.xml: No such file or directory"),
        (["file", "{good}", "--blocks", "1,77"], "There is no function block 77."),
        (["file", "{good}", "--only", "D999"], "There is no requirement D999"),
        (["file", "{good}", "--compare", "{good}"], "is no JSON"),
        (["file", "{good}", "-o", "{good}/report.txt"], "Not a directory"),
        (["server", "--config", "{good}"], "good.xml"),
    ],
)
def test_what_keeps_it_from_judging_is_told_and_ends_with_2(
    words: list[str], told: str, good: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([word.format(good=good) for word in words]) == 2
    assert told in capsys.readouterr().err


def test_a_fault_of_the_kit_is_no_failure_of_the_file(
    good: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("conformance.cli.file_verdict", None)
    assert main(["file", str(good)]) == 2
    assert "TypeError" in capsys.readouterr().err


def test_nothing_judged_is_no_success(good: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["file", str(good), "--only", "D113"]) == 2


def test_requirements_are_named_by_other_suites_ids_too(good: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["file", str(good), "--only", "EU_FB01_DE_001", "--report", "json"]) == 0
    (subject,) = json.loads(capsys.readouterr().out)["subjects"]
    assert [one["id"] for one in subject["results"]] == ["D000"]


@pytest.mark.parametrize("written", ["1,4,5", "FB_01, FB_04,fb_05", "FB=1_4_5"])
def test_blocks_are_read_as_people_write_them(good: Path, written: str, capsys: pytest.CaptureFixture[str]) -> None:
    main(["file", str(good), "--blocks", written, "--report", "json", "-q"])
    (subject,) = json.loads(capsys.readouterr().out)["subjects"]
    assert subject["claimed_blocks"] == [1, 4, 5]


def test_reports_of_all_forms_come_from_one_run(good: Path, tmp_path: Path) -> None:
    paths = {form: tmp_path / f"report.{form}" for form in ("json", "html", "junit", "txt")}
    forms = [word for form in ("json", "html", "junit") for word in (f"--{form}", str(paths[form]))]
    assert main(["file", str(good), "-o", str(paths["txt"]), *forms]) == 0
    starts = {form: path.read_text("utf-8")[:12] for form, path in paths.items()}
    assert starts["json"].startswith("{")
    assert starts["html"].startswith("<!doctype")
    assert starts["junit"].startswith("<testsuites")
    assert starts["txt"].startswith("good.xml")


def test_an_earlier_report_is_compared_with(
    good: Path, bad: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    old = tmp_path / "old.json"
    main(["file", str(bad), "--json", str(old)])
    main(["file", str(good), "--compare", str(old)])
    assert "mended   XSD001: fail -> pass" in capsys.readouterr().out


def test_an_earlier_file_is_compared_with(good: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["file", str(good), "--report", "json"])
    alone = json.loads(capsys.readouterr().out)
    main(["file", str(good), "--previous", str(good), "--report", "json"])
    compared = json.loads(capsys.readouterr().out)
    assert alone["subjects"][0]["required"]["omit"] > compared["subjects"][0]["required"]["omit"]


def test_files_of_one_name_are_told_apart_by_their_folders(
    good: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "older").mkdir()
    other = tmp_path / "older" / good.name
    other.write_bytes(good.read_bytes())
    main(["file", str(good), str(other), "--report", "json", "--only", "D000"])
    assert [one["subject"] for one in json.loads(capsys.readouterr().out)["subjects"]] == [str(good), str(other)]


def test_requirements_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["requirements"]) == 0
    assert "D012" in capsys.readouterr().out
    assert main(["requirements", "--report", "json"]) == 0
    rows = {row["id"]: row for row in json.loads(capsys.readouterr().out)}
    assert rows["D000"]["judged"] == "file"
    assert rows["FND001"]["judged"] == "server"


NOWHERE = """
name = "A utility that is not there"
authorizationServerTokenEndpoint = "http://127.0.0.1:9/token"
client_id = "kit"
client_secret = "no secret at all"
[claims]
blocks = [3]
"""


def test_a_server_that_does_not_answer_is_not_judged(
    tmp_path: Path, loopback: None, capsys: pytest.CaptureFixture[str]
) -> None:
    config = tmp_path / "nowhere.toml"
    config.write_text(NOWHERE, "utf-8")
    url = "http://127.0.0.1:9/espi/1_1/resource/"
    words = ["server", url, "--config", str(config), "--only", "FND003,RBK001", "--report", "json", "-q"]
    assert main(words) == 2
    (subject,) = json.loads(capsys.readouterr().out)["subjects"]
    assert subject["facts"]["Resource endpoint"] == url.rstrip("/")
    assert [(one["id"], one["outcome"]) for one in subject["results"]] == [("FND003", "skip"), ("RBK001", "omit")]
    assert "ConnectionRefusedError" in subject["exchanges"][0]["error"]


def test_a_server_without_an_address_is_asked_for(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config = tmp_path / "nowhere.toml"
    config.write_text(NOWHERE, "utf-8")
    assert main(["server", "--config", str(config)]) == 2
    assert "Say where the server is" in capsys.readouterr().err


# ---------------------------------------------------------------- the kit by itself


def project() -> dict[str, object]:
    found: dict[str, object] = tomllib.loads((KIT / "pyproject.toml").read_text("utf-8"))["tool"]["setuptools"]
    return found


def test_the_package_names_every_folder_of_the_kit() -> None:
    folders = [path.parent.relative_to(ROOT).parts for path in KIT.rglob("__init__.py")]
    packages = {"xsd", *(".".join(parts) for parts in folders if "build" not in parts)}
    assert project()["packages"] == sorted(packages)


def test_the_package_takes_all_that_is_no_program() -> None:
    patterns = project()["package-data"]
    assert isinstance(patterns, dict)
    wanted = [f"{package.replace('.', '/')}/{one}" for package, ones in patterns.items() for one in ones]
    left = [
        path.relative_to(ROOT).as_posix()
        for folder in (KIT, ROOT / "xsd")
        for path in folder.rglob("*")
        if path.is_file() and path.suffix not in {".py", ".pyc"} and not {"build", "known"} & set(path.parts)
    ]
    loose = [name for name in left if not any(fnmatch(name, pattern.replace("**", "*")) for pattern in wanted)]
    assert [name for name in loose if ".egg-info/" not in name] == [
        "conformance/README.md",
        "conformance/pyproject.toml",
    ]


def test_one_file_holds_the_kit_and_runs_anywhere(good: Path, tmp_path: Path) -> None:
    archive = tmp_path / "kit.pyz"
    bundle(archive)
    alone = {"PATH": os.environ["PATH"]}
    words = [sys.executable, str(archive), "file", str(good), "--report", "json", "-q"]
    done = subprocess.run(words, cwd=tmp_path, env=alone, capture_output=True, text=True, check=False, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout)["outcome"] == "pass"
