"""The console command as it is installed: what it prints, and its exit status."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest
from support.paths import OPENAPI

from pytest_remotelinks import ContractError, FakeJira, SettingsError, check_submission
from pytest_remotelinks.cli.main import main
from pytest_remotelinks.rules.catalogue import RULES

COMMAND = Path(sys.executable).with_name("remotelinks")


def remotelinks(*words, given=None):
    done = subprocess.run([COMMAND, *words], input=given, capture_output=True, text=True, timeout=60, check=False)
    return done.returncode, done.stdout, done.stderr


@pytest.fixture
def run(capsys):
    def run(*words):
        status = main(words)
        captured = capsys.readouterr()
        return status, captured.out, captured.err

    return run


def test_standard_input(link):
    """A file named - is standard input."""
    assert remotelinks("check", "-", given=json.dumps(link())) == (0, "", "")
    status, output, _ = remotelinks("check", "-", given=json.dumps(link(url="<string>")))
    assert status == 1
    assert output.startswith("<stdin>:1:")


@pytest.mark.parametrize("words", [(), ("check",), ("contract",), ("nothing",), ("check", "--format", "x", "y")])
def test_wrong_arguments(words):
    """Wrong arguments print the usage, with status 2."""
    status, output, complaint = remotelinks(*words)
    assert (status, output) == (2, "")
    assert complaint.startswith("usage: remotelinks")


def test_reader_that_leaves_early_gets_no_error():
    """A reader that leaves early causes no message."""
    with subprocess.Popen([COMMAND, "rules", "--format", "json"], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as command:
        command.stdout.read(1)
        command.stdout.close()
        assert command.stderr.read() == b""


def shell(line, path):
    done = subprocess.run(
        ["bash", "-c", line, "bash", COMMAND, path], capture_output=True, text=True, timeout=60, check=False, cwd=path.parent
    )
    return done.returncode, done.stdout, done.stderr


@pytest.fixture
def broken(tmp_path, link):
    path = tmp_path / "links.json"
    path.write_text(json.dumps([link(str(number), url="<string>") for number in range(500)]))
    return path


def test_reader_that_leaves_early(broken):
    """A reader that leaves early does not change the exit status."""
    status, output, complaint = shell('set -o pipefail; "$1" check "$2" | head -1', broken)
    assert (status, complaint) == (1, "")
    assert output.count("\n") == 1
    assert shell('set -o pipefail; "$1" rules --format json | head -1', broken) == (0, "[\n", "")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full here")
def test_output_that_cannot_be_written(broken):
    """Output that cannot be written is reported, with status 2."""
    full = (2, "", "remotelinks: the output cannot be written: No space left on device\n")
    assert shell('"$1" check "$2" > /dev/full', broken) == full
    assert shell('"$1" rules > /dev/full', broken) == full
    assert shell('"$1" check "$2" >&-', broken) == (2, "", "remotelinks: the output cannot be written: standard output is closed\n")
    assert shell('"$1" check "$2" >&- 2>&-', broken) == (2, "", "")


def test_no_output_to_write(broken, link):
    """Without output, a closed standard output does not matter."""
    broken.write_text(json.dumps(link()))
    assert shell('"$1" check "$2" >&-', broken) == (0, "", "")


def test_closed_standard_input(broken):
    """A closed standard input is reported."""
    assert shell('"$1" check - <&-', broken) == (2, "", "remotelinks: <stdin>: standard input is closed\n")


@pytest.fixture
def closed(tmp_path):
    """A folder that only root may enter."""
    folder = tmp_path / "closed"
    folder.mkdir()
    (folder / "contract.json").write_text("{}")
    folder.chmod(0)
    yield folder
    folder.chmod(0o700)


@pytest.fixture
def unprivileged(closed):
    """Root may enter every folder, so for a while the test is not root."""
    if os.geteuid() == 0:
        os.seteuid(65534)
    yield
    if os.getuid() == 0:
        os.seteuid(0)


def test_path_that_cannot_be_read(run, closed, unprivileged):
    """A contract at a path that cannot be read is refused, whatever the reason."""
    for path in ("x" * 300, "a\0b", str(closed / "contract.json")):
        status, output, complaint = run("contract", "show", path)
        assert (status, output) == (2, "")
        assert complaint.startswith("remotelinks: contract ")
        assert complaint.endswith("is neither a version (2023-06, 2026-06) nor a file that can be read\n")
        with pytest.raises(ContractError, match="neither a version"):
            check_submission({}, contract=path)
        with pytest.raises(SettingsError, match="neither one of"):
            FakeJira(contract=path)


def test_output_in_any_locale(link, tmp_path):
    """Characters that the encoding lacks are escaped."""
    path = tmp_path / "ü.json"
    path.write_text(json.dumps(link(ü=1)))
    environment = {**os.environ, "LC_ALL": "C", "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"}
    done = subprocess.run([COMMAND, "check", path], env=environment, capture_output=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (1, b"")


def test_list_of_rules(run):
    """All rules are listed, one a line."""
    status, output, _ = run("rules")
    assert status == 0
    assert [line.split()[:3] for line in output.splitlines()] == [[rule.code, rule.name, rule.severity] for rule in RULES.values()]


@pytest.mark.parametrize("code", RULES)
def test_page_of_a_rule(run, code):
    """A rule is printed with its source and both examples."""
    status, output, _ = run("rules", code)
    rule = RULES[code]
    assert status == 0
    assert output.startswith(f"{code} {rule.name} ({rule.severity}; ")
    for text in (rule.summary, rule.why, rule.source, "Example:", "Use instead:"):
        assert text in output


def test_rules_by_beginning(run):
    """Rules are selected by their codes or beginnings."""
    assert run("rules", "RL2", "RL306")[1].count("Use instead:") == len([code for code in RULES if code.startswith("RL2")]) + 1
    assert run("rules", "RL000") == (
        2, "", "remotelinks: 'RL000' selects no rule; give a code such as 'RL206' or the beginning of one, such as 'RL2'\n",
    )  # fmt: skip


def test_rules_as_json(run):
    """JSON has all facts of a rule."""
    entries = json.loads(run("rules", "--format", "json")[1])
    assert [entry["code"] for entry in entries] == list(RULES)
    for entry in entries:
        assert entry.keys() == {"code", "name", "severity", "answer", "summary", "why", "source", "broken", "fixed"}


def test_show(run):
    """A contract's operations, limits and fingerprint are printed."""
    status, output, _ = run("contract", "show", "2023-06")
    assert status == 0
    assert output.startswith("contract 2023-06\nfingerprint 9472d5e1cbbef9d5\n")
    assert "submitRemoteLinks            POST   /bulk " in output
    assert "202, 400, 401, 403, 413, 429, 503" in output
    assert "remoteLinks[].associations[](1).values[]: string; matches ^\\w{1,255}-\\d{1,255}$" in output
    assert run("contract", "show")[1].startswith("contract 2026-06\n")


def test_show_as_json(run):
    """JSON has the operations, limits and fingerprint."""
    facts = json.loads(run("contract", "show", "2026-06", "--format", "json")[1])
    assert facts["fingerprint"] == "8a7e962c7dccca20"
    assert facts["limits"]["remoteLinks"] == "array; at least 1 entries; at most 100 entries"
    assert [operation["id"] for operation in facts["operations"]] == [
        "submitRemoteLinks",
        "deleteRemoteLinksByProperty",
        "getRemoteLinkById",
        "deleteRemoteLinkById",
    ]
    assert facts["missing"] == []


def test_show_scopes_that_no_descriptor_can_name(run, tmp_path):
    """Where Connect scopes are a placeholder, the ones of the prose are shown."""
    path = tmp_path / "old.json"
    path.write_text(re.sub(r'("x-atlassian-connect-scope": )"[A-Z]+"', r'\1"NONE"', (OPENAPI / "2023-06.json").read_text()))
    status, output, _ = run("contract", "show", str(path))
    assert status == 0
    assert "  deleteRemoteLinkById         DELETE counts; NONE is stated, which no descriptor can name\n" in output
    assert output.count("counts; NONE is stated") == 4
    facts = json.loads(run("contract", "show", str(path), "--format", "json")[1])
    assert [operation["connect_scope"] for operation in facts["operations"]] == ["WRITE", "DELETE", "READ", "DELETE"]
    assert "no descriptor can name" not in run("contract", "show", "2023-06")[1]
    assert run("contract", "diff", str(path), "2023-06")[0] == 0


def test_diff_of_the_two_versions(run):
    """The two versions differ as published."""
    status, output, complaint = run("contract", "diff", "2023-06", "2026-06")
    assert (status, complaint) == (1, "")
    sections = {part.partition("\n")[0]: part for part in output.split("\n\n")[1:]}
    assert list(sections) == [name for name in ("breaks", "may break", "relaxes", "informs") if name in sections]
    assert "body.remoteLinks at most 100 entries; before, any number" in sections["breaks"]
    assert "affects: providers that send more than 100 remoteLinks" in sections["breaks"]
    assert "issueIdOrKeys" in sections["relaxes"]
    for scope in ("write:remote-link-info:jira", "read:remote-link-info:jira", "delete:remote-link-info:jira"):
        assert f"affects: clients whose OAuth token lacks {scope}" in sections["may break"]


def test_diff_as_json(run):
    """JSON has all facts of a change."""
    status, output, _ = run("contract", "diff", "2023-06", "2026-06", "--format", "json")
    described = json.loads(output)
    assert status == 1
    assert described["old"]["contract"] == "2023-06"
    assert {"effect", "operation", "place", "what", "affects", "breaking"} == described["changes"][0].keys()
    assert any(change["breaking"] for change in described["changes"])


def test_diff_without_changes(run):
    """Two documents that say the same have status 0."""
    assert run("contract", "diff", "2026-06", "2026-06") == (
        0, "2026-06 and 2026-06 say the same; fingerprint 8a7e962c7dccca20\n", "",
    )  # fmt: skip
    assert json.loads(run("contract", "diff", "2026-06", "2026-06", "--format", "json")[1])["changes"] == []


def test_unusable_document(run, tmp_path):
    """A document that cannot be used is reported in one line, with status 2."""
    path = tmp_path / "published.json"
    path.write_text("{}")
    status, output, complaint = run("contract", "diff", "2026-06", str(path))
    assert (status, output) == (2, "")
    assert complaint.count("\n") == 1
    assert "published.json" in complaint


def test_version(capsys):
    """The version is that of the package."""
    with pytest.raises(SystemExit) as ended:
        main(["--version"])
    assert ended.value.code == 0
    assert capsys.readouterr().out == f"pytest-remotelinks {version('pytest-remotelinks')}\n"
