"""Run the example provider's tests, then those of its careless twin, in an environment of their own."""

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
SHOWN = "long_explanation or leave"


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
        print("Making an environment in .venv-try …\n", flush=True)
        venv.create(HOME, with_pip=True)
    installed = run(PYTHON, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", ROOT, "requests", quiet=True)
    if installed.returncode:
        print(installed.stdout)
        print("The plugin could not be installed; the output of pip is above.")
        return 1

    print("The tests of a careful provider:\n", flush=True)
    good = pytest("examples/scanner")
    print("The tests of a careless provider, two of them in full:\n", flush=True)
    pytest("examples/faulty_scanner", "-k", SHOWN)
    print("All tests of the careless provider, one line each:\n", flush=True)
    faulty = pytest("examples/faulty_scanner", "--tb=no", "-rf")

    if good[0] == 0 or good[1] or faulty[0] or faulty[1] == 0:
        print(f"Unexpected result: {good[1]} tests of the careful provider failed, and {faulty[0]} of the careless one passed.")
        return 1
    print(f"All {good[0]} tests of the careful provider passed.")
    print(f"All {faulty[1]} tests of the careless one failed, and the output says what to change.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
