"""The recipes behind the Makefile: set up, run, test and measure, with nothing but Python's standard library.

Works on a bare Debian with python3, pip and make: the environment is made without ensurepip, and everything that is
installed is named with its hash in a lock file. Every step says what it does and is skipped when it is done already.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import shutil
import subprocess
import sys
import sysconfig
import time
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
BIN = VENV / "bin"
PYTHON = BIN / "python"
STAMP = VENV / "espi-setup.json"
LOCKS = {"run": "requirements.txt", "dev": "requirements-dev.txt"}
FILE_CLIENTS = ("sftp", "lftp")
CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome")
LEAST_PYTHON = (3, 11)
DATABASES = ("sqlite", "postgresql", "citus")
CITUS_URL = "ESPI_TEST_CITUS_URL"
PROGRAMS = {
    "clients": ("clients",),
    "conformance": ("clients.conformance_run", "--badge"),
    "bench": ("benchmarks",),
    "bench-night": ("benchmarks.night",),
}
"""What a recipe runs that has nothing of its own to say."""


def main(words: Sequence[str] | None = None) -> int:
    """Run one recipe; its exit status is ours."""
    parser = argparse.ArgumentParser(prog="run.py", description=(__doc__ or "").splitlines()[0])
    recipes = parser.add_subparsers(dest="recipe", required=True)
    recipes.add_parser("setup", help="make the environment in .venv")
    run = recipes.add_parser("run", help="set up, load the demonstration market and serve it")
    run.add_argument("--host", default="localhost")
    run.add_argument("--port", default="8443")
    test = recipes.add_parser("test", help="set up, then run the whole suite")
    test.add_argument("--coverage", action="store_true", help="measure coverage, and that of changed lines")
    test.add_argument("--database", choices=DATABASES, default="sqlite", help="what the suite runs on")
    test.add_argument("rest", nargs="*", help="further words for pytest, after --")
    recipes.add_parser("lint", help="style, types and import contracts")
    recipes.add_parser("check-shared", help="extra checks against the reference data, where it is")
    recipes.add_parser("clients", help="independent readers and OAuth clients against our feeds and our server")
    recipes.add_parser("conformance", help="the test kit against our own server, on a fresh demonstration market")
    recipes.add_parser("bench", help="measure, print a table, write bench.json")
    recipes.add_parser("bench-night", help="load a night of seven million meters, add the figure to bench.json")
    fuzz = recipes.add_parser(
        "fuzz", help="random and mutated frames of the home area network, which may crash nothing"
    )
    fuzz.add_argument("count", nargs="?", type=int, default=1_000_000, help="how many frames")
    given = parser.parse_args(words)
    os.chdir(ROOT)
    try:
        return _run(given)
    except KeyboardInterrupt:
        return 130
    except subprocess.CalledProcessError as err:
        say(f"failed: {' '.join(map(str, err.cmd))}")
        return err.returncode if err.returncode > 0 else 1


def _run(given: argparse.Namespace) -> int:
    match given.recipe:
        case "setup":
            setup("dev")
        case "run":
            return serve_demo(given.host, given.port)
        case "test":
            return test(given.rest, database=given.database, coverage=given.coverage)
        case "lint":
            lint()
        case "check-shared":
            return check_shared()
        case "fuzz":
            setup("dev")
            call(PYTHON, "-m", "tests.han_fuzz", str(given.count))
        case _:
            setup("dev")
            call(PYTHON, "-m", *PROGRAMS[given.recipe])
    return 0


def say(line: str) -> None:
    """Tell what happens, at once also when the output is a pipe."""
    print(f"== {line}", flush=True)


def call(*words: str | Path, **environment: str) -> None:
    """Run a program; a failure ends the recipe."""
    subprocess.run([str(word) for word in words], check=True, env=os.environ | environment)


# ---------------------------------------------------------------- setting up


def setup(kind: str) -> None:
    """Bring `.venv` to what the lock says: `run` is what the server needs, `dev` is that and the tests' tools."""
    wanted = hashlib.sha256((ROOT / LOCKS[kind]).read_bytes()).hexdigest()
    done = json.loads(STAMP.read_text("utf-8")) if STAMP.is_file() and PYTHON.exists() else {}
    if wanted == done.get(kind) and done.get("root") == str(ROOT):
        return
    started = time.monotonic()
    _make_environment()
    say(f"installing {LOCKS[kind]} (every package by its hash)")
    pip("install", "--require-hashes", "--no-deps", "--requirement", LOCKS[kind])
    _install_ourselves()
    STAMP.write_text(json.dumps(done | {kind: wanted, "root": str(ROOT)}), "utf-8")
    say(f"the environment is ready in .venv ({time.monotonic() - started:.0f} s)")


def _make_environment() -> None:
    if sys.version_info < LEAST_PYTHON:
        raise SystemExit(f"Python {LEAST_PYTHON[0]}.{LEAST_PYTHON[1]} or later is needed; this is {sys.version}.")
    found = subprocess.run([sys.executable, "-m", "pip", "--version"], capture_output=True, check=False)
    if found.returncode:
        raise SystemExit("pip is needed; on Debian: apt-get install python3-pip")
    if not PYTHON.exists():
        say("making the environment in .venv")
        call(sys.executable, "-m", "venv", "--without-pip", VENV)


def pip(*words: str) -> None:
    """The machine's pip, working on our environment."""
    call(
        *(sys.executable, "-m", "pip", "--python", PYTHON, "--disable-pip-version-check"),
        *(*words, "-qq", "--progress-bar", "off"),
    )


def _install_ourselves() -> None:
    """Put this folder on the environment's path and the `espi` command beside its Python."""
    packages = Path(sysconfig.get_path("purelib", "venv", vars={"base": str(VENV), "platbase": str(VENV)}))
    (packages / "espi-checkout.pth").write_text(f"{ROOT}\n", "utf-8")
    command = BIN / "espi"
    command.write_text(f"#!{PYTHON}\nimport sys\n\nfrom espi.cli import main\n\nsys.exit(main())\n", "utf-8")
    command.chmod(0o755)


# ---------------------------------------------------------------- recipes


def serve_demo(host: str, port: str) -> int:
    """Home folder with the demonstration market, then the server; ends when the server does."""
    setup("run")
    os.environ.setdefault("ESPI_BASE_URL", f"https://localhost:{port}")
    call(BIN / "espi", "demo")
    sys.stdout.flush()
    os.execv(BIN / "espi", ["espi", "serve", "--host", host, "--port", port])  # noqa: S606 - it becomes the server


def test(rest: Sequence[str], *, database: str, coverage: bool) -> int:
    """The whole suite. Says at the end which tests did not run here, and how to get them."""
    if database == "citus" and CITUS_URL not in os.environ:
        say(f"NOT RUN: {CITUS_URL} names no cluster; it looks like postgresql://USER@HOST/DATABASE.")
        return 1
    setup("dev")
    browser = _browser()
    runner = ["-m", "coverage", "run", "-m", "pytest"] if coverage else ["-m", "pytest"]
    chosen = list(rest) or ["-n", "2", "--dist", "loadfile"]
    chosen += ["--database", database]
    clients = all(map(shutil.which, FILE_CLIENTS))
    left_out = [name for name, there in (("browser", browser), ("transfer", clients)) if not there]
    without = ["-m", " and ".join(f"not {name}" for name in left_out)] if left_out else []
    environment = os.environ | ({"ESPI_CHROMIUM": browser} if browser else {})
    done = subprocess.run([str(PYTHON), *runner, *chosen, *without], check=False, env=environment)
    if coverage and done.returncode == 0:
        _report_coverage()
    if not browser:
        say("NOT RUN: the browser tests (tests/browser): chromium, or what drives it, does not start.")
        say("To get them: apt-get install chromium libatomic1, then make test.")
    if not clients:
        say("NOT RUN: the tests of the file servers by real clients: there is no sftp or no lftp.")
        say("To get them: apt-get install openssh-client lftp, then make test.")
    if CITUS_URL not in os.environ:
        say("NOT RUN: what must be true of a Citus cluster (tests/citus).")
        say(f"To get it: {CITUS_URL}=postgresql://USER@HOST/DATABASE make test; docs/citus.md tells how to have one.")
    if not (ROOT / "var" / "clients").is_dir():
        say("NOT RUN: independent readers of our feeds (tests/independent). To get them: make clients, then make test.")
    return done.returncode


def _browser() -> str | None:
    """Where chromium is, if Playwright's driver, which brings its own program, can start here."""
    found = next(filter(None, map(shutil.which, CHROMIUM_NAMES)), None)
    for driver in VENV.glob("lib/python*/site-packages/playwright/driver/node"):
        if subprocess.run([str(driver), "--version"], capture_output=True, check=False).returncode == 0:
            return found
    return None


def _report_coverage() -> None:
    """Coverage of all lines, then of the lines changed since the parent commit, where there is one."""
    call(PYTHON, "-m", "coverage", "combine", "--quiet")
    call(PYTHON, "-m", "coverage", "xml", "--quiet", "-o", "coverage.xml")
    call(PYTHON, "-m", "coverage", "report", "--format=total")
    parent = subprocess.run(
        ["git", "rev-parse", "--verify", "--quiet", "HEAD^"], capture_output=True, text=True, check=False
    )
    if parent.returncode:
        say("no parent commit here, so no coverage of changed lines")
        return
    limits = ("--fail-under", "80", "--minimum-change", "20")
    call(BIN / "diff-cover", "coverage.xml", "--quiet", "--compare-branch", parent.stdout.strip(), *limits)


def lint() -> None:
    """Format, rules, types and who imports whom."""
    setup("dev")
    call(BIN / "ruff", "format", "--check", "--quiet", ".")
    call(BIN / "ruff", "check", "--quiet", ".")
    call(BIN / "mypy")
    call(BIN / "lint-imports", "--no-logo")


def check_shared() -> int:
    """Checks that need the reference data beside the repository (`ESPI_SHARED`, or ../shared)."""
    shared = Path(os.environ.get("ESPI_SHARED", ROOT.parent / "shared")).resolve()
    if not shared.is_dir():
        say(f"NOT RUN: the checks against reference data, as there is no folder {shared}.")
        return 0
    setup("dev")
    call(PYTHON, "-m", "pytest", "tests/shared", ESPI_SHARED=str(shared))
    return 0


if __name__ == "__main__":
    sys.exit(main())
