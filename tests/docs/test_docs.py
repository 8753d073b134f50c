"""The documentation says what the code does."""

from __future__ import annotations

import re
import runpy
import subprocess
import sys

from support.paths import ROOT

from pytest_remotelinks.rules.catalogue import RULES


def test_the_pages_of_the_rules_are_those_of_the_catalogue():
    build = runpy.run_path(str(ROOT / "docs/build.py"))
    pages = build["pages"]()
    assert {path: path.read_text(encoding="utf-8") for path in pages} == pages
    assert set((ROOT / "docs/rules").iterdir()) == pages.keys() - {ROOT / "docs/rules.md"}
    assert {path.stem for path in pages if path.parent.name == "rules"} == RULES.keys()


def test_the_readmes_first_test_passes(tmp_path):
    readme = (ROOT / "README.md").read_text()
    blocks = re.findall(r"```python\n(.+?)```", readme, re.DOTALL)
    first = blocks[0]
    assert len(first.splitlines()) < 20
    (tmp_path / "test_readme.py").write_text(first)
    words = [sys.executable, "-m", "pytest", "-q", "-W", "error", "-p", "no:cacheprovider"]
    done = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_recipes_for_signing_work(tmp_path):
    blocks = re.findall(r"```python\n(.+?)```", (ROOT / "docs/signing.md").read_text(), re.DOTALL)
    for number, block in enumerate(blocks):
        (tmp_path / f"test_{number}.py").write_text(block)
    words = [sys.executable, "-m", "pytest", "-q", "-W", "error", "-p", "no:cacheprovider"]
    done = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert f"{len(blocks)} passed" in done.stdout, done.stdout + done.stderr


def test_each_course_of_events_has_a_short_test_that_passes(tmp_path):
    names, *blocks = re.findall(r"```python\n(.+?)```", (ROOT / "docs/weather.md").read_text(), re.DOTALL)
    assert len(blocks) >= 15
    for block in blocks:
        assert len(block.splitlines()) <= 10, block
    for module in (ROOT / "examples/scanner").glob("*.py"):
        if not module.name.startswith("test_"):
            (tmp_path / module.name).write_text(module.read_text())
    (tmp_path / "atlassian-connect.json").write_text((ROOT / "examples/scanner/atlassian-connect.json").read_text())
    (tmp_path / "test_weather.py").write_text("\n\n".join([names, *blocks]))
    words = [sys.executable, "-m", "pytest", "-q", "-W", "error", "-p", "no:cacheprovider"]
    done = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("passed") == 1


def test_every_name_of_the_package_can_be_imported():
    import pytest_remotelinks

    for name in pytest_remotelinks.__all__:
        assert getattr(pytest_remotelinks, name).__doc__
    assert set(pytest_remotelinks.__all__) <= set(dir(pytest_remotelinks))


def test_the_faulty_example_breaks_the_rules_that_it_says():
    words = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:randomly", "examples/faulty_scanner"]
    output = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False).stdout
    source = (ROOT / "examples/faulty_scanner/test_faulty_scanner.py").read_text()
    promised = dict(re.findall(r'def (test_\w+)\(\w+\):\n    """(RL\d+): ', source))
    blocks = re.split(r"^_+ (test_\w+) _+$", output.partition("short test summary")[0], flags=re.MULTILINE)[1:]
    found = {name: set(re.findall(r"\b(RL\d+) [a-z-]+ \(error\) at", block)) for name, block in zip(blocks[::2], blocks[1::2], strict=True)}
    assert len(promised) >= 8
    assert found == {name: {code} for name, code in promised.items()}
