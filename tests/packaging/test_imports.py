"""When which libraries are imported, and other plugins."""

from __future__ import annotations

import subprocess
import sys

import pytest

HEAVY = ("werkzeug", "openapi_core", "jsonschema", "jsonschema_rs", "pytest_httpserver", "jwt")

SUBMIT = """
import json
import sys
from urllib.request import Request, urlopen

def submit(jira, **members):
    link = {"id": "1", "updateSequenceNumber": 1, "displayName": "name", "url": "https://scanner.example/1",
            "type": "security", "lastUpdated": "2026-01-31T12:00:00Z", **members}
    headers = {"Authorization": "JWT x", "Content-Type": "application/json"}
    body = json.dumps({"remoteLinks": [link], "properties": {"account": "a"}}).encode()
    with urlopen(Request(jira.url + "/rest/remotelinks/1.0/bulk", body, headers)) as answer:
        assert answer.status == 202
"""


def run_pytest(folder, source, *options):
    (folder / "test_it.py").write_text(source)
    words = [sys.executable, "-m", "pytest", *options]
    done = subprocess.run(words, cwd=folder, capture_output=True, text=True, timeout=120, check=False)
    return done.stdout + done.stderr


def test_unused_plugin_imports_nothing_heavy(tmp_path):
    """A run without our fixtures imports none of the heavy libraries."""
    # pytest-httpserver has a plugin of its own.
    source = f"import sys\n\ndef test_it():\n    assert [name for name in {HEAVY!r} if name in sys.modules] == []\n"
    output = run_pytest(tmp_path, source, "-p", "no:pytest_httpserver", "-p", "no:hypothesispytest", "-p", "no:schemathesis")
    assert "1 passed" in output, output


def test_good_requests_import_no_openapi_core(tmp_path):
    """Requests without violations import neither openapi-core nor jsonschema."""
    source = SUBMIT + (
        "\ndef test_it(fake_jira):\n    submit(fake_jira)\n"
        "    assert 'openapi_core' not in sys.modules and 'jsonschema' not in sys.modules\n"
        "    with fake_jira.expect_violations('RL201'):\n        submit(fake_jira, type='x')\n"
        "    assert 'openapi_core' in sys.modules\n"
    )
    output = run_pytest(tmp_path, source, "-p", "no:randomly")
    assert "1 passed" in output, output


@pytest.mark.parametrize(
    "options",
    [
        pytest.param(("-n", "2"), marks=pytest.mark.slow),
        pytest.param(("-p", "randomly"), marks=pytest.mark.slow),
        pytest.param(("-p", "no:cacheprovider", "-W", "error"), marks=pytest.mark.slow),
        ("-n", "2", "-p", "no:cacheprovider", "-W", "error"),
    ],
    ids=" ".join,
)
def test_other_plugins(tmp_path, options):
    """The plugin works with pytest-xdist and pytest-randomly, and without the cache."""
    source = SUBMIT + (
        "\nimport pytest\n\n@pytest.mark.parametrize('number', range(20))\ndef test_it(fake_jira, number):\n"
        "    assert fake_jira.requests == []\n    submit(fake_jira)\n    fake_jira.settle()\n    fake_jira.assert_stored('1')\n"
    )
    output = run_pytest(tmp_path, source, *options)
    assert "20 passed" in output, output
