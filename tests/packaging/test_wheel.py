"""The wheel alone, in a new environment."""

from __future__ import annotations

import os
import runpy
import subprocess
import sys
import venv
import zipfile
from importlib import metadata, resources

import pytest
from support.paths import ROOT

from pytest_remotelinks.contract.document import VERSIONS, load_document

TESTS = """
import json
from urllib.request import Request, urlopen

LINK = {
    "id": "1", "updateSequenceNumber": 1, "displayName": "name", "url": "https://scanner.example/1",
    "type": "security", "lastUpdated": "2026-01-31T12:00:00Z",
}

def submit(jira, **members):
    path = "/rest/remotelinks/1.0/bulk"
    headers = {"Authorization": jira.authorization("POST", path), "Content-Type": "application/json"}
    body = json.dumps({"remoteLinks": [{**LINK, **members}]}).encode()
    with urlopen(Request(jira.url + path, body, headers)) as answer:
        assert answer.status == 202

def test_good(fake_jira):
    submit(fake_jira)
    fake_jira.assert_accepted("1")

def test_old(make_fake_jira):
    submit(make_fake_jira(contract="2023-06"))

def test_broken(fake_jira):
    submit(fake_jira, url="<string>")
"""


def test_plugin_is_installed():
    """The installed distribution names the plugin and the command, and the package has its data."""
    points = {(point.group, point.name, point.value) for point in metadata.distribution("pytest-remotelinks").entry_points}
    assert ("pytest11", "remotelinks", "pytest_remotelinks.plugin") in points
    assert ("console_scripts", "remotelinks", "pytest_remotelinks.cli.main:main") in points
    assert (resources.files("pytest_remotelinks") / "py.typed").is_file()
    assert [load_document(version).name for version in VERSIONS] == list(VERSIONS)


@pytest.mark.slow
def test_wheel_alone(tmp_path):
    """The wheel works in a new environment: plugin, contracts and command."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "PYTHON", "COV_"))}

    def run(*words, cwd=tmp_path):
        done = subprocess.run([str(word) for word in words], cwd=cwd, env=clean, capture_output=True, text=True, timeout=500, check=False)
        return done.returncode, done.stdout + done.stderr

    code, output = run(sys.executable, "-m", "pip", "wheel", "--no-deps", "--quiet", "--wheel-dir", tmp_path / "dist", ROOT)
    assert code == 0, output
    (wheel,) = (tmp_path / "dist").glob("*.whl")
    names = zipfile.ZipFile(wheel).namelist()
    for name in ("openapi/2023-06.json", "openapi/2026-06.json", "py.typed", "plugin.py"):
        assert f"pytest_remotelinks/{name}" in names
    assert not [name for name in names if name.startswith(("tests/", "examples/", "benchmarks/"))]

    venv.create(tmp_path / "env", with_pip=True)
    python = tmp_path / "env" / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    code, output = run(python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", wheel)
    assert code == 0, output
    project = tmp_path / "project"
    project.mkdir()
    (project / "test_it.py").write_text(TESTS)
    code, output = run(python, "-m", "pytest", "-W", "error", cwd=project)
    assert code == 1, output
    assert "1 failed, 2 passed" in output
    assert "RL201 link-schema (error) at /remoteLinks/0/url" in output

    command = python.with_name("remotelinks")
    (project / "link.json").write_text('{"id": "1", "updateSequenceNumber": 1}')
    code, output = run(command, "check", "link.json", cwd=project)
    assert code == 1, output
    assert "link.json:1:1: RL201 the remote link lacks the members 'displayName'" in output
    code, output = run(command, "contract", "diff", "2023-06", "2026-06", cwd=project)
    assert code == 1, output
    assert "body.remoteLinks at most 100 entries" in output


def test_benchmark_imports():
    """The benchmark finds everything that it imports."""
    assert callable(runpy.run_path(str(ROOT / "benchmarks/run.py"))["main"])
