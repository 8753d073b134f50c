"""Runs the example provider's tests, then those of its careless twin, in an environment of their own."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
HOME = ROOT / ".venv-try"
PYTHON = HOME / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
# Shown in full; of the others the summary has a line each.
SHOWN = "long_explanation or leaving"


def run(*words: str | Path, quiet: bool = False) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "PYTHONHOME", "PYTEST_ADDOPTS", "VIRTUAL_ENV")}
    kept["NO_PROXY"] = "127.0.0.1"  # a proxy cannot reach the fake Jira
    kept["COLUMNS"] = "150"  # wide enough for a summary line with its reason
    done = subprocess.run(
        [str(word) for word in words], cwd=ROOT, env=kept, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False
    )
    if not quiet:
        print(done.stdout, flush=True)
    return done


def pytest(*words: str, quiet: bool = False) -> tuple[int, int]:
    """Run pytest and count what passed and what failed."""
    options = ["-o", "addopts=", "-p", "no:cacheprovider", "--no-header", "-q"]
    output = run(PYTHON, "-m", "pytest", *options, *words, quiet=quiet).stdout
    counts = {word: int(number) for number, word in re.findall(r"(\d+) (passed|failed)", output.splitlines()[-1] if output else "")}
    return counts.get("passed", 0), counts.get("failed", 0)


def main() -> int:
    if not PYTHON.exists():
        print("making an environment in .venv-try …", flush=True)
        venv.create(HOME, with_pip=True)
    installed = run(PYTHON, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", ROOT, "requests", quiet=True)
    if installed.returncode:
        print(installed.stdout)
        print("the plugin could not be installed; pip's words stand above")
        return 1

    print("A provider that keeps to the contract:\n", flush=True)
    good = pytest("examples/scanner")
    print("The same job done carelessly, two of its mistakes in full:\n", flush=True)
    pytest("examples/faulty_scanner", "-k", SHOWN)
    print("All of its mistakes:\n", flush=True)
    faulty = pytest("examples/faulty_scanner", "--tb=no", "-rf")

    if good[0] == 0 or good[1] or faulty[0] or faulty[1] == 0:
        print(f"This did not come out as it should: {good[1]} good tests failed, {faulty[0]} faulty ones passed.")
        return 1
    print(f"{good[0]} tests of the careful provider passed; all {faulty[1]} of the careless one failed, each with what to change.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
