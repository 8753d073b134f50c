"""``remotelinks check --fix``: what it changes, prints and writes, and its exit status."""

from __future__ import annotations

import io
import json
import os
import resource
import subprocess
import sys
from pathlib import Path

import pytest

from pytest_remotelinks.cli.main import main

FIXABLE = {"displayName": "x" * 300, "description": None, "type": "SECURITY", "updateSequenceNumber": "7"}


@pytest.fixture
def run(tmp_path, capsys, monkeypatch):
    """Runs ``check`` in a folder, and gives exit status, output and standard error."""
    monkeypatch.chdir(tmp_path)

    def check(*words):
        status = main(["check", *words])
        captured = capsys.readouterr()
        return status, captured.out, captured.err

    return check


def written(name, value, indent=2):
    content = value if isinstance(value, (str, bytes)) else json.dumps(value, indent=indent) + "\n"
    Path(name).write_bytes(content if isinstance(content, bytes) else content.encode())
    return Path(name).read_bytes()


def test_diff_of_safe_changes(run, link):
    """The diff has the safe changes; the file stays as it is, and the status says that it has violations."""
    before = written("links.json", {"remoteLinks": [link(**FIXABLE)]})
    status, output, complaint = run("--fix", "links.json")
    assert status == 1
    assert output.startswith("--- links.json\n+++ links.json\n@@ ")
    for line in ('+      "updateSequenceNumber": 7,', '+      "type": "security",', '-      "description": null'):
        assert f"{line}\n" in output
    assert complaint == "remotelinks: links.json: --write makes these changes; 0 violations left of 4\n"
    assert Path("links.json").read_bytes() == before


def test_diff_can_be_applied(run, link):
    """What ``patch`` makes of the diff has no violations."""
    written("links.json", json.dumps(link(**FIXABLE), indent=2))
    diff = run("--fix", "links.json")[1]
    subprocess.run(["patch", "-p0"], input=diff, text=True, check=True, capture_output=True, timeout=30)
    assert run("links.json") == (0, "", "")


def test_write(run, link):
    """With --write the file is changed, keeps its layout, byte order mark, line ends and mode, and is checked as valid."""
    text = json.dumps([link(**FIXABLE), link("2", color="r\u00e9d")], indent="\t", ensure_ascii=False).replace("\n", "\r\n")
    written("links.json", b"\xef\xbb\xbf" + text.encode())
    os.chmod("links.json", 0o640)
    status, output, complaint = run("--fix", "--write", "links.json")
    assert status == 1
    assert "links.json: the file is changed; 1 violation left of 5\n" in complaint
    assert "RL206" in complaint
    assert output.count("\n-") == 5
    after = Path("links.json").read_bytes()
    assert after.startswith(b"\xef\xbb\xbf[\r\n\t{\r\n")
    assert "r\u00e9d".encode() in after
    assert b"\n" not in after.replace(b"\r\n", b"")
    assert os.stat("links.json").st_mode & 0o777 == 0o640
    assert os.listdir() == ["links.json"]
    assert run("--fix", "--write", "--ignore", "RL206", "links.json") == (0, "", "")
    assert Path("links.json").read_bytes() == after


def test_changes_that_follow_from_others(run, link):
    """What becomes certain by one change is changed in the next round."""
    written("links.json", {"remote_links": [link(), link("2", status={"Label": "x", "appearance": "NEW"})]})
    status, output, complaint = run("--fix", "links.json")
    # Renamed, the list has violations that are decisions, maybe.
    assert (status, output) == (1, "")
    assert "rename 'remote_links' to 'remoteLinks'" in complaint
    written("links.json", {"remoteLinks": [link(), link("2", status={"Label": "x", "appearance": "NEW"})]})
    status, output, complaint = run("--fix", "--write", "links.json")
    assert (status, complaint) == (0, "remotelinks: links.json: the file is changed; 0 violations left of 3\n")
    assert '+        "label": "x",\n+        "appearance": "new"\n' in output


def test_nothing_is_guessed(run, link):
    """Changes that guess, and duplicate members, are left to the provider."""
    text = json.dumps(link(type="secruity", associations=[{"associationType": "issueKeys", "values": ["see ABC-1"]}]))
    before = written("link.json", text[:-1] + ', "description": null, "description": null}')
    status, output, complaint = run("--fix", "--write", "link.json")
    assert (status, output) == (1, "")
    assert Path("link.json").read_bytes() == before
    assert 'change: send "security"' in complaint


def test_descriptor_is_fixed(run):
    """A Connect descriptor in JSON is fixed, too."""
    module = {"key": "scanner", "name": {"value": "Scanner"}, "homeUrl": " https://scanner.example"}
    written("atlassian-connect.json", module)
    assert run("--fix", "--write", "atlassian-connect.json")[0] == 0
    assert json.loads(Path("atlassian-connect.json").read_text())["homeUrl"] == "https://scanner.example"


def test_yaml_is_not_rewritten(run):
    """YAML stays as it is, and one line says why."""
    before = written("links.yaml", "# the backlog\nremoteLinks:\n  - id: 7\n    type: SECURITY\n")
    status, output, complaint = run("--fix", "--write", "links.yaml")
    assert (status, output) == (1, "")
    assert "remotelinks: links.yaml: YAML is not rewritten" in complaint
    assert 'change: send "security"' in complaint
    assert Path("links.yaml").read_bytes() == before


def test_standard_input(run, link, monkeypatch):
    """Standard input can be shown with its changes, and not be written."""
    text = json.dumps(link(type="Alert"))

    def standard_input():
        return io.TextIOWrapper(io.BytesIO(text.encode()))

    monkeypatch.setattr(sys, "stdin", standard_input())
    status, output, _ = run("--fix", "-")
    assert status == 1
    assert output.startswith("--- <stdin>\n")
    assert output.count("\\ No newline at end of file\n") == 2
    monkeypatch.setattr(sys, "stdin", standard_input())
    status, output, complaint = run("--fix", "--write", "-")
    assert (status, output) == (2, "")
    assert complaint == "remotelinks: <stdin>: standard input cannot be written; give a file\n"


@pytest.mark.parametrize(
    ("options", "says"), [(["--write"], "--write belongs to --fix"), (["--fix", "--format", "json"], "leave --format out")]
)
def test_options_that_do_not_fit(run, link, options, says):
    """Options that contradict each other are a problem of one line."""
    written("link.json", link())
    status, output, complaint = run(*options, "link.json")
    assert (status, output) == (2, "")
    assert says in complaint
    assert complaint.count("\n") == 1


def test_file_that_cannot_be_written(tmp_path, link):
    """A file that cannot be written whole stays as it is, with status 2 and one line; other files are fixed."""
    before = {}
    for name, count in (("large.json", 40), ("small.json", 1)):
        path = tmp_path / name
        path.write_text(json.dumps([link(str(number), type="ALERT") for number in range(count)]))
        before[name] = path.read_text()
    words = [Path(sys.executable).with_name("remotelinks"), "check", "--fix", "--write", "large.json", "small.json"]
    done = subprocess.run(
        words,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (2000, 2000)),
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
    )
    assert done.returncode == 2
    assert "remotelinks: large.json: it cannot be written: File too large\n" in done.stderr
    assert (tmp_path / "large.json").read_text() == before["large.json"]
    assert json.loads((tmp_path / "small.json").read_text())[0]["type"] == "alert"
    assert sorted(os.listdir(tmp_path)) == ["large.json", "small.json"]


def test_link_to_a_file(run, link):
    """Through a symbolic link the file behind it is written."""
    os.mkdir("real")
    written("real/link.json", link(type="ALERT"))
    os.symlink("real/link.json", "link.json")
    assert run("--fix", "--write", "link.json")[0] == 0
    assert os.path.islink("link.json")
    assert json.loads(Path("real/link.json").read_text())["type"] == "alert"


def test_fix_in_json_format(run, link):
    """The JSON report has each fix as a value, and null where there is a decision."""
    written("link.json", link(type="secruity", url="<string>"))
    found = {each["pointer"]: each["fix"] for each in json.loads(run("--format", "json", "link.json")[1])}
    fix = {"action": "set", "pointer": "/type", "value": "security", "safe": False}
    assert found == {"/type": fix, "/url": None}
    results = json.loads(run("--format", "sarif", "link.json")[1])["runs"][0]["results"]
    assert sorted(result.get("properties", {}) == {"fix": fix} for result in results) == [False, True]
