"""The console command as it is installed: what it prints, and its exit status."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from pytest_remotelinks.cli import main
from pytest_remotelinks.contract.catalogue import RULES

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


def test_standard_input_is_checked(link):
    assert remotelinks("check", "-", given=json.dumps(link())) == (0, "", "")
    status, output, _ = remotelinks("check", "-", given=json.dumps(link(url="<string>")))
    assert status == 1
    assert output.startswith("<stdin>:1:")


@pytest.mark.parametrize("words", [(), ("check",), ("contract",), ("nothing",), ("check", "--format", "x", "y")])
def test_wrong_words_are_explained_with_status_2(words):
    status, output, complaint = remotelinks(*words)
    assert (status, output) == (2, "")
    assert complaint.startswith("usage: remotelinks")


def test_a_reader_that_leaves_early_is_no_error():
    with subprocess.Popen([COMMAND, "rules", "--format", "json"], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as command:
        command.stdout.read(1)
        command.stdout.close()
        assert command.stderr.read() == b""


def test_output_is_readable_in_any_locale(link, tmp_path):
    path = tmp_path / "ü.json"
    path.write_text(json.dumps(link(ü=1)))
    environment = {**os.environ, "LC_ALL": "C", "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"}
    done = subprocess.run([COMMAND, "check", path], env=environment, capture_output=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (1, b"")


def test_every_rule_is_listed(run):
    status, output, _ = run("rules")
    assert status == 0
    assert [line.split()[:3] for line in output.splitlines()] == [[rule.code, rule.name, rule.severity] for rule in RULES.values()]


@pytest.mark.parametrize("code", RULES)
def test_a_rule_is_printed_with_both_examples(run, code):
    status, output, _ = run("rules", code)
    rule = RULES[code]
    assert status == 0
    assert output.startswith(f"{code} {rule.name} ({rule.severity}; ")
    for text in (rule.summary, rule.why, rule.source, "Breaks it:", "Mended:"):
        assert text in output


def test_rules_are_chosen_by_their_beginning(run):
    assert run("rules", "RL2", "RL306")[1].count("Mended:") == len([code for code in RULES if code.startswith("RL2")]) + 1
    assert run("rules", "RL000") == (
        2, "", "remotelinks: 'RL000' covers no rule; give a code such as 'RL206' or the beginning of one, such as 'RL2'\n",
    )  # fmt: skip


def test_rules_for_machines(run):
    entries = json.loads(run("rules", "--format", "json")[1])
    assert [entry["code"] for entry in entries] == list(RULES)
    for entry in entries:
        assert entry.keys() == {"code", "name", "severity", "answer", "summary", "why", "source", "broken", "mended"}


def test_a_contract_is_shown(run):
    status, output, _ = run("contract", "show", "2023-06")
    assert status == 0
    assert output.startswith("contract 2023-06\nfingerprint 9472d5e1cbbef9d5\n")
    assert "submitRemoteLinks            POST   /bulk " in output
    assert "202, 400, 401, 403, 413, 429, 503" in output
    assert "remoteLinks[].associations[](1).values[]: string; matches ^\\w{1,255}-\\d{1,255}$" in output
    assert run("contract", "show")[1].startswith("contract 2026-06\n")


def test_a_contract_is_shown_to_machines(run):
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


def test_the_two_versions_differ_as_published(run):
    status, output, complaint = run("contract", "diff", "2023-06", "2026-06")
    assert (status, complaint) == (1, "")
    sections = {part.partition("\n")[0]: part for part in output.split("\n\n")[1:]}
    assert list(sections) == [name for name in ("breaks", "may break", "relaxes", "informs") if name in sections]
    assert "body.remoteLinks at most 100 entries; before, any number" in sections["breaks"]
    assert "whom: whoever sends more than 100 links in one request" in sections["breaks"]
    assert "issueIdOrKeys" in sections["relaxes"]
    for scope in ("write:remote-link-info:jira", "read:remote-link-info:jira", "delete:remote-link-info:jira"):
        assert f"whom: a client with OAuth whose token lacks {scope}" in sections["may break"]


def test_a_diff_for_machines(run):
    status, output, _ = run("contract", "diff", "2023-06", "2026-06", "--format", "json")
    described = json.loads(output)
    assert status == 1
    assert described["old"]["contract"] == "2023-06"
    assert {"effect", "operation", "place", "what", "whom", "breaking"} == described["changes"][0].keys()
    assert any(change["breaking"] for change in described["changes"])


def test_no_difference_is_status_0(run):
    assert run("contract", "diff", "2026-06", "2026-06") == (
        0, "2026-06 and 2026-06 say the same of remote links; fingerprint 8a7e962c7dccca20\n", "",
    )  # fmt: skip
    assert json.loads(run("contract", "diff", "2026-06", "2026-06", "--format", "json")[1])["changes"] == []


def test_a_document_that_cannot_be_used_is_status_2(run, tmp_path):
    path = tmp_path / "published.json"
    path.write_text("{}")
    status, output, complaint = run("contract", "diff", "2026-06", str(path))
    assert (status, output) == (2, "")
    assert complaint.count("\n") == 1
    assert "published.json" in complaint
