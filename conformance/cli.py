"""The command line: `python -m conformance file FILE...`, `server [URL] --config C.toml`, `requirements`.

Exit code 0: everything required holds; 1: something required does not; 2: the kit could not judge.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import sys
import time
import traceback
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

from conformance import checks
from conformance.blocks import NAMES
from conformance.client.server import Server
from conformance.client.settings import Unusable, load
from conformance.document import read
from conformance.outcome import Outcome
from conformance.report.junit import as_junit
from conformance.report.live import Live
from conformance.report.machine import as_data, as_json
from conformance.report.page import as_html, fragment
from conformance.report.text import as_text
from conformance.report.whole import Report, comparison
from conformance.requirements import ids_named, requirements
from conformance.suite import FILE_CHECKS, SERVER_CHECKS
from conformance.verdict import Verdict, file_verdict, server_verdict

ALL_HOLDS, SOMETHING_FAILS, NOT_JUDGED = 0, 1, 2

FORMS: dict[str, Callable[[Report], str]] = {
    "text": as_text,
    "json": as_json,
    "html": as_html,
    "junit": as_junit,
    "fragment": fragment,
}
"""`fragment` is the HTML report without its page, for taking into another."""


SIDE_FORMS = ("json", "html", "junit")
"""What can be written beside the report."""


class CannotRun(Exception):
    """What keeps the kit from judging at all, for the person who called it."""


def main(words: Sequence[str] | None = None) -> int:
    """Do what the command line says, and return the exit code."""
    arguments = _parser().parse_args(words)
    action: Callable[[argparse.Namespace], int] = arguments.action
    try:
        return action(arguments)
    except CannotRun as reason:
        print(f"conformance: {reason}", file=sys.stderr)
    except KeyboardInterrupt:
        print("conformance: stopped", file=sys.stderr)
    except Exception:  # noqa: BLE001  a fault of the kit is none of the subject's, which exit code 1 would say
        traceback.print_exc()
    return NOT_JUDGED


def _parser() -> argparse.ArgumentParser:
    whole = argparse.ArgumentParser(prog="conformance", description=__doc__, formatter_class=_Raw)
    kinds = whole.add_subparsers(required=True, metavar="file | server | requirements")
    file = kinds.add_parser("file", help="judge files", description="Judge files by every rule for files.")
    file.add_argument("files", nargs="+", metavar="FILE", help="an Atom feed with usage or retail customer data")
    file.add_argument("--previous", metavar="OLD.xml", help="an earlier file of the same data, to compare ids with")
    file.add_argument("--seconds", type=int, metavar="S", help="give up after so much time of a processor")
    file.add_argument("--memory-mb", type=int, metavar="MB", help="give up beyond so much memory")
    file.set_defaults(action=_judge_files)
    server = kinds.add_parser("server", help="judge a data custodian", description="Judge a data custodian.")
    server.add_argument("url", nargs="?", metavar="URL", help="its resource endpoint, if not as the settings say")
    server.add_argument("--config", required=True, metavar="C.toml", help="who and where it is; see known/")
    server.set_defaults(action=_judge_server)
    for kind in (file, server):
        _common(kind)
    table = kinds.add_parser("requirements", help="list what is required", description="List all requirements.")
    table.add_argument("--report", choices=("text", "json"), default="text", help="the form (text)")
    table.set_defaults(action=_list_requirements)
    return whole


class _Raw(argparse.RawDescriptionHelpFormatter):
    """Keeps the lines of the description."""


def _common(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--blocks", metavar="1,4,5", help="the function blocks claimed (default: those that are found)")
    parser.add_argument("--only", metavar="IDS", help="only these requirements, by id, separated by commas")
    parser.add_argument("--report", choices=FORMS, default="text", help="the form of the report (text)")
    parser.add_argument("-o", "--output", metavar="OUT", help="write the report to a file")
    for form in SIDE_FORMS:
        parser.add_argument(f"--{form}", metavar="OUT", help=f"write the report as {form} too")
    parser.add_argument("--compare", metavar="OLD.json", help="an earlier report in JSON: say what changed")
    parser.add_argument("-q", "--quiet", action="store_true", help="show no progress")


def _judge_files(arguments: argparse.Namespace) -> int:
    blocks, only = _blocks(arguments.blocks), _only(arguments.only)
    live = Live(sys.stderr, quiet=arguments.quiet)
    _limit(arguments.seconds, arguments.memory_mb)
    try:
        previous = read(arguments.previous) if arguments.previous else None
        verdicts = []
        for path, name in _names(arguments.files):
            document = read(path, name=name)
            verdicts.append(file_verdict(document, blocks=blocks, previous=previous, only=only, progress=live))
    except OSError as fault:
        raise CannotRun(f"{fault.filename}: {fault.strerror}") from fault
    except MemoryError:
        raise CannotRun("The file takes more memory than is allowed.") from None
    live.end()
    return _finish(verdicts, arguments)


def _names(paths: Sequence[str]) -> list[tuple[str, str]]:
    """Each path with what reports call it: the file's name, or all of the path where several files have that name."""
    names = Counter(Path(path).name for path in paths)
    return [(path, path if names[Path(path).name] > 1 else Path(path).name) for path in paths]


def _limit(seconds: int | None, memory_mb: int | None) -> None:
    """Let the system end this process where it takes too much, if asked to."""
    if seconds is None and memory_mb is None:
        return
    import resource  # noqa: PLC0415  Windows has none, and needs none unless limits are asked for

    if seconds is not None:
        resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 1))
    if memory_mb is not None:
        resource.setrlimit(resource.RLIMIT_AS, (memory_mb << 20, memory_mb << 20))


def _judge_server(arguments: argparse.Namespace) -> int:
    blocks, only = _blocks(arguments.blocks), _only(arguments.only)
    live = Live(sys.stderr, quiet=arguments.quiet)
    try:
        settings = load(Path(arguments.config))
    except Unusable as fault:
        raise CannotRun(str(fault)) from fault
    if arguments.url:
        settings = dataclasses.replace(settings, resource_endpoint=arguments.url.rstrip("/"))
    if not settings.resource_endpoint:
        raise CannotRun("Say where the server is: the URL of its resource endpoint, or in the settings.")
    with Server(settings, say=live.say) as server:
        verdict = server_verdict(server, blocks=blocks, only=only, progress=live)
        live.end()
        return _finish([verdict], arguments)


def _finish(verdicts: list[Verdict], arguments: argparse.Namespace) -> int:
    report = Report(tuple(verdicts), int(time.time()))
    if arguments.compare:
        report = dataclasses.replace(report, comparison=comparison(as_data(report), _earlier(arguments.compare)))
    for form in SIDE_FORMS:
        if path := getattr(arguments, form):
            _write(FORMS[form](report), path)
    if arguments.report == "text" and not arguments.output:
        sys.stdout.write(as_text(report, colour=sys.stdout.isatty()))
    elif arguments.output:
        _write(FORMS[arguments.report](report), arguments.output)
    else:
        sys.stdout.write(FORMS[arguments.report](report))
    return _exit_code(report)


def _exit_code(report: Report) -> int:
    found = {one.outcome for verdict in report.verdicts for one in verdict.required}
    if Outcome.FAIL in found:
        return SOMETHING_FAILS
    if Outcome.PASS not in found:
        return NOT_JUDGED
    if found & {Outcome.SKIP, Outcome.WAIT}:
        return SOMETHING_FAILS
    return NOT_JUDGED if Outcome.ERROR in found else ALL_HOLDS


def _earlier(path: str) -> dict[str, object]:
    try:
        found = json.loads(Path(path).read_text("utf-8"))
    except OSError as fault:
        raise CannotRun(f"{path}: {fault.strerror}") from fault
    except ValueError as fault:
        raise CannotRun(f"{path} is no JSON: {fault}") from fault
    if not isinstance(found, dict) or "format" not in found:
        raise CannotRun(f"{path} is no JSON report of this kit.")
    return found


def _write(text: str, path: str) -> None:
    try:
        Path(path).write_text(text, "utf-8")
    except OSError as fault:
        raise CannotRun(f"{path}: {fault.strerror}") from fault


def _blocks(written: str | None) -> frozenset[int] | None:
    """The numbers of a list such as `1,4,FB_05`, or of a scope's `1_4_5`."""
    if written is None:
        return None
    words = [word.strip().upper().removeprefix("FB_").removeprefix("FB=") for word in written.split(",")]
    parts = [part for word in words for part in word.split("_") if part]
    unknown = [part for part in parts if not part.isdecimal() or int(part) not in NAMES]
    if unknown:
        raise CannotRun(f"There is no function block {unknown[0]}.")
    return frozenset(map(int, parts))


def _only(written: str | None) -> frozenset[str] | None:
    if written is None:
        return None
    try:
        return ids_named(written)
    except ValueError as fault:
        raise CannotRun(str(fault)) from fault


def _list_requirements(arguments: argparse.Namespace) -> int:
    checks.load()
    rows = [
        {
            "id": one.id,
            "also": list(one.also),
            "block": one.block,
            "strength": one.strength,
            "profile": one.profile,
            "source": one.source,
            "text": one.text,
            "judged": "file" if one.id in FILE_CHECKS else "server" if one.id in SERVER_CHECKS else "no",
            "untested": one.untested,
        }
        for one in requirements().values()
    ]
    if arguments.report == "json":
        sys.stdout.write(json.dumps(rows, ensure_ascii=False, indent=1) + "\n")
        return ALL_HOLDS
    for row in rows:
        block = "" if row["block"] is None else f"FB_{row['block']:02d}"
        print(f"{row['id']:16} {block:6} {row['strength']:7} {row['judged']:7} {row['text']}")
        if row["untested"]:
            print(f"{'':39} not judged: {row['untested']}")
    return ALL_HOLDS
