"""Files checked by the command: recognised by content, reported by line, in four formats."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from pytest_remotelinks.cli.main import main

CONNECT = {
    "key": "scanner",
    "baseUrl": "https://scanner.example",
    "scopes": ["READ", "WRITE", "DELETE"],
    "modules": {
        "jiraRemoteLinkInfoProvider": {"key": "scanner", "name": {"value": "Scanner"}, "homeUrl": "https://scanner.example"},
    },
}
MANIFEST = """\
app:
  id: ari:cloud:ecosystem::app/1
permissions:
  scopes:
    - read:remote-link-info:jira
    - write:remote-link-info:jira
    - delete:remote-link-info:jira
modules:
  devops:remoteLinkInfoProvider:
    - key: scanner
      name:
        value: Scanner
      homeUrl: https://scanner.example
"""


@pytest.fixture
def check(tmp_path, capsys, monkeypatch):
    """Writes a file, checks it, and gives exit status, output and complaint."""
    monkeypatch.chdir(tmp_path)

    def run(content, *options, name="file.json"):
        data = content if isinstance(content, (bytes, str)) else json.dumps(content, indent=2)
        (tmp_path / name).write_bytes(data.encode() if isinstance(data, str) else data)
        status = main(["check", name, *options])
        captured = capsys.readouterr()
        return status, captured.out, captured.err

    return run


def places(output):
    return [" ".join(line.split(" ")[:2]) for line in output.splitlines() if line.startswith(("file.", "manifest."))]


@pytest.mark.parametrize("kind", ["submission", "link", "list", "connect", "module", "modules"])
def test_valid_file(check, link, kind):
    """A valid JSON file of each kind has no violations."""
    good = {
        "submission": {"remoteLinks": [link()]},
        "link": link(),
        "list": [link(str(number)) for number in range(120)],
        "connect": CONNECT,
        "module": CONNECT["modules"]["jiraRemoteLinkInfoProvider"],
        "modules": CONNECT["modules"],
    }[kind]
    assert check(good) == (0, "", "")


def test_valid_manifest(check):
    """A valid Forge manifest has no violations."""
    assert check(MANIFEST, name="manifest.yml") == (0, "", "")


def test_submission_has_line_and_column(check, link):
    """A violation in a submission has a line and a column."""
    status, output, complaint = check({"remoteLinks": [link(), link("2", type="secruity")], "properties": {"a:b": "c"}})
    assert (status, complaint) == (1, "")
    text = json.dumps({"remoteLinks": [link(), link("2", type="secruity")], "properties": {"a:b": "c"}}, indent=2).splitlines()
    type_line = next(number for number, line in enumerate(text, 1) if "secruity" in line)
    key_line = next(number for number, line in enumerate(text, 1) if '"a:b"' in line)
    assert places(output) == [f"file.json:{type_line}:15: RL201", f"file.json:{key_line}:12: RL301"]
    assert 'change: send "security"; allowed: ' in output
    assert output.endswith("2 errors, 0 warnings\n")


@pytest.mark.parametrize(
    ("content", "place"),
    [
        ('{"id": "1",\n "url": 5}', "file.json:2:9: RL201"),
        ('[\n{"id": "1"},\n 7]', "file.json:3:2: RL201"),
        ('{"homeUrl": "https://a.example",\n "key": "a b", "name": {"value": "n"}}', "file.json:2:9: RL601"),
        ('{"baseUrl": "https://a.example", "modules":\n {}}', "file.json:2:2: RL607"),
        ('{"baseUrl": "https://a.example", "modules":\n {}}', "file.json:1:1: RL601"),
        ('{"remoteLinks": [\n{"id": "1" 5}]}', "file.json:2:12: RL101"),
        ('{"remoteLinks": [{"id":\n NaN}]}', "file.json:2:2: RL101"),
        ('{"remoteLinks": [{"id": "NaN 1e999",\n "x": [1e3, -1e999]}]}', "file.json:2:13: RL101"),
        ('[{"id": "1",\n "x": Infinity}]', "file.json:2:7: RL101"),
        ('{"id": "1",\n "x": 1E400}', "file.json:2:7: RL101"),
        ('{"remoteLinks": []}', "file.json:1:17: RL103"),
        ('{"remoteLinks": {},\n "remoteLinks": []}', "file.json:2:17: RL112"),
    ],
)
def test_place_of_a_violation(check, content, place):
    """Each kind of violation has the place of its value."""
    status, output, _ = check(content)
    assert status == 1
    assert place in places(output)


def test_manifest_has_line_and_column(check):
    """A violation in a YAML manifest has a line and a column."""
    broken = MANIFEST.replace("value: Scanner", 'value: ""').replace("https://scanner.example", "ftp://scanner.example")
    status, output, _ = check(broken, name="manifest.yml")
    assert status == 1
    assert places(output) == ["manifest.yml:12:16: RL601", "manifest.yml:13:16: RL601"]


MODULE = "key: a_b\nname:\n  value: Scanner\nhomeUrl: ftp://scanner.example\n"


@pytest.mark.parametrize(
    ("content", "found"),
    [
        ("devops:remoteLinkInfoProvider:\n- " + MODULE.replace("\n", "\n  "), ["5:12"]),
        ("- " + MODULE.replace("\n", "\n  "), ["4:12"]),
        (MODULE, ["4:10"]),
        # Only a Connect module has actions or a name to be translated, and its key has no underscore.
        (MODULE + "actions: []\n", ["1:6"]),
        (MODULE.replace("Scanner", "Scanner\n  i18n: scanner"), ["1:6"]),
        ("devops:remoteLinkInfoProvider: {}\n", ["1:32"]),
        ("- key: a\n  name: {value: b}\n", ["1:3"]),
    ],
)
def test_part_of_a_manifest_is_checked(check, content, found):
    """A part of a manifest is checked like the whole one."""
    status, output, complaint = check(content, name="manifest.yml")
    assert (status, complaint) == (1, "")
    assert places(output) == [f"manifest.yml:{place}: RL601" for place in found]


@pytest.mark.parametrize(
    ("content", "found"),
    [
        ({"key": "a", "name": {"value": "b"}}, ["1:1"]),
        ({"key": "a_b", "name": {"value": "b"}, "homeUrl": "https://a.example"}, ["2:10"]),
        ({"name": {"value": "b"}, "actions": []}, ["1:1"]),
        ([{"key": "a", "name": {"value": "b"}, "homeUrl": "ftp://a.example"}], ["7:16"]),
        ({"jiraRemoteLinkInfoProvider": {"key": "a", "name": {"value": "b"}}}, ["2:33"]),
    ],
)
def test_bare_module_in_json(check, content, found):
    """A bare module in JSON is read as Connect's."""
    status, output, complaint = check(content)
    assert (status, complaint) == (1, "")
    assert places(output) == [f"file.json:{place}: RL601" for place in found]


def test_link_with_members_of_a_module(check, link):
    """A link that has members of a module, too, is checked as a link."""
    output = check(link(key="a", name="b"))[1]
    assert places(output) == ["file.json:16:10: RL206"]
    assert "the schema has no members 'key', 'name'; Jira" in output
    output = check([link(key="a", name="b"), link(actions=[])])[1]
    assert places(output) == ["file.json:17:12: RL206"]
    assert output.endswith("0 errors, 3 warnings\n")


def test_repeated_member_in_yaml(check, link):
    """A duplicate member is reported in YAML as in JSON."""
    twice = json.dumps({"remoteLinks": [link()]})[:-1] + ',\n"properties": {"a": "b",\n "a": "c"}}'
    assert places(check(twice)[1]) == ["file.json:3:7: RL112"]
    # Behind a comment it is not JSON.
    assert places(check("# YAML\n" + twice, name="file.yaml")[1]) == ["file.yaml:4:7: RL112"]
    assert check("# YAML\n" + twice, "--ignore", "RL112", name="file.yaml")[0] == 0
    assert places(check("id: '1'\nid: '2'\nurl: <string>\n", "--ignore", "RL201", name="file.yaml")[1]) == ["file.yaml:2:5: RL112"]


def test_manifest_without_a_list_of_modules(check):
    """A manifest whose modules are not a list is reported."""
    status, output, _ = check(MANIFEST.replace("- key", "  key"), name="manifest.yml")
    assert status == 1
    assert "list of modules" in output


def test_yaml_submission(check):
    """A submission in YAML is checked."""
    status, output, _ = check("remoteLinks:\n  - id: '1'\n    url: <string>\n", name="file.yaml")
    assert status == 1
    assert "file.yaml:3:10: RL201" in places(output)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "the file is empty"),
        (b"\xff\xfe", "byte 0 is not UTF-8"),
        (b'{"a": 1}', "its content is not recognised as"),
        (b'{"a": 1', "it is not JSON: Expecting ',' delimiter at line 1, column 8"),
        (b"just words", "it is a str"),
        (b"a: [", "it is not YAML"),
        (b"!!python/object:os.system {}", "its content is not recognised as"),
        (b'{"log": {"entries": []}}', "HAR"),
        (b"[" * 100_000, "nesting"),
        (b'{"id": 1' + b"0" * 10_000 + b"}", "numbers are too long"),
        (b" " * (11 * 1024 * 1024), "at most 10"),
    ],
)
def test_unusable_file(check, content, says):
    """A file that cannot be used is reported in one line, with status 2."""
    status, output, complaint = check(content)
    assert (status, output) == (2, "")
    assert complaint.startswith("remotelinks: file.json: ")
    assert says in complaint
    assert complaint.count("\n") == 1


def test_byte_order_mark(check, link):
    """A byte order mark is not part of the payload."""
    assert check(b"\xef\xbb\xbf" + json.dumps(link()).encode()) == (0, "", "")


def test_options(check, link):
    """The contracts and the ignored rules are those of the options."""
    many = {"remoteLinks": [link(str(number)) for number in range(101)]}
    assert "RL108" in check(many)[1]
    assert "RL901" in check(many, "--contract", "2023-06")[1]
    assert check(many, "--contract", "2023-06", "--ignore", "RL9")[0] == 0
    assert check(many, "--contract", "2023-06", "--next-contract", "2023-06")[0] == 0
    assert check(many, "--contract", "none.json")[2].startswith("remotelinks: contract 'none.json' is neither")
    assert check(many, "--ignore", "RL999")[2].startswith("remotelinks: 'RL999' selects no rule")


def test_json_format(check, link):
    """JSON has all facts of a violation."""
    status, output, _ = check(link(url="<string>"), "--format", "json")
    (finding,) = json.loads(output)
    assert status == 1
    assert finding == {
        "file": "file.json", "line": 5, "column": 10, "code": "RL201", "name": "link-schema", "severity": "error", "pointer": "/url",
        "message": finding["message"], "hint": finding["hint"], "fix": None,
    }  # fmt: skip
    assert json.loads(check(link(), "--format", "json")[1]) == []


def test_github_format(check, link):
    """GitHub's commands annotate the line; nothing in a value ends a command."""
    output = check(link(url="100%\n::error::"), "--format", "github")[1]
    assert output.startswith("::error file=file.json,line=5,col=10,title=RL201 link-schema::/url: ")
    assert output.count("\n") == 1
    assert "100%25\\n" in output
    assert check(link(color="red"), "--format", "github")[1].startswith("::warning ")


def test_sarif_format(check, link):
    """SARIF has the rules that were violated, and a result for each violation."""
    log = json.loads(check(link(url="<string>", color="red"), "--format", "sarif", name="file.json")[1])
    (run,) = log["runs"]
    assert log["version"] == "2.1.0"
    rules = run["tool"]["driver"]["rules"]
    assert [rule["id"] for rule in rules] == ["RL201", "RL206"]
    assert [(result["ruleId"], rules[result["ruleIndex"]]["id"], result["level"]) for result in run["results"]] == [
        ("RL201", "RL201", "error"),
        ("RL206", "RL206", "warning"),
    ]
    location = run["results"][0]["locations"][0]["physicalLocation"]
    assert location == {"artifactLocation": {"uri": "file.json"}, "region": {"startLine": 5, "startColumn": 10}}
    assert json.loads(check(link(), "--format", "sarif")[1])["runs"][0]["results"] == []


@pytest.mark.parametrize("format", ["text", "json", "github", "sarif"])
def test_control_characters_are_escaped(check, link, format):
    """No control character of a file, and none that changes the direction of text, reaches the terminal."""
    output = check(link(**{"\x1b[31m\x07": "x", "\u202e": 1, "type": "\x1b]0;title\x07", "url": "\u202e"}), "--format", format)[1]
    assert all(character.isprintable() or character == "\n" for character in output)


def test_several_files_in_one_run(check, link, capsys):
    """Several files are checked in one run; one that cannot be read does not stop it."""
    (status, output, _) = check(link(url="<string>"))
    assert status == 1
    (status, output, complaint) = check(link(), "file.json", "none.json", name="other.json")
    assert status == 2
    assert "file.json:5:10: RL201" in output
    assert complaint == "remotelinks: none.json: it cannot be read: No such file or directory\n"


def test_thousands_of_violations(check, link):
    """One fault in thousands of links is one entry; in the formats for programs each has its own."""
    content = json.dumps({"remoteLinks": [link(str(number), url="<string>", description="x" * 200) for number in range(8_000)]}, indent=2)
    assert len(content) > 4_000_000
    options = ("--contract", "2023-06", "--ignore", "RL9,RL109")
    status, output, _ = check(content, *options)
    assert status == 1
    assert places(output) == ["file.json:7:14: RL201"]
    assert "    also:   in lines 24, 41, 58, 75, 92, 109, 126, 143, 160, 177 and 7989 more\n" in output
    assert output.endswith("8000 errors, 0 warnings\n")
    located = json.loads(check(content, *options, "--format", "json")[1])
    assert len({(one["line"], one["column"]) for one in located}) == 8_000


def test_github_shows_each_fault(check, link):
    """GitHub shows ten errors and ten warnings of a step, so one of each fault comes first."""
    content = [link(str(number), url="<string>") for number in range(20)] + [link("x", type="x"), {"id": "y"}]
    lines = check(content, "--format", "github")[1].splitlines()
    assert len(lines) == 26
    for words in ("is not a valid URI", "among the allowed values", "lacks the member"):
        assert sum(words in line for line in lines[:3]) == 1


def test_missing_members_are_one_entry(check):
    """The missing members of one link are named in one sentence."""
    output = check({"id": "1", "updateSequenceNumber": 1})[1]
    assert places(output) == ["file.json:1:1: RL201"]
    assert "the remote link lacks the members 'displayName', 'url', 'type', 'lastUpdated'\n" in output
    assert "change: add 'displayName', 'url', 'type', 'lastUpdated'\n" in output


@pytest.mark.parametrize("format", ["text", "json", "github", "sarif"])
def test_file_name_of_any_bytes(tmp_path, link, format):
    """A file name that is not UTF-8 is printed in every format."""
    name = b"caf\xe9 1.json"
    (tmp_path / os.fsdecode(name)).write_text(json.dumps(link(url="<string>")))
    words = [Path(sys.executable).with_name("remotelinks"), "check", name, "--format", format]
    done = subprocess.run(words, cwd=tmp_path, capture_output=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (1, b"")
    output = done.stdout.decode()
    if format == "sarif":
        location = json.loads(output)["runs"][0]["results"][0]["locations"][0]["physicalLocation"]
        assert location["artifactLocation"]["uri"] == "caf%E9%201.json"
    else:
        assert r"caf\udce9 1.json" in output
