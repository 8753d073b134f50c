"""Fixes applied to JSON text: what the text means changes as the fix says, and the rest of it stays."""

from __future__ import annotations

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.broken import broken_payloads

from pytest_remotelinks import Fix, check_submission
from pytest_remotelinks.check.diff import lines_of, unified_diff
from pytest_remotelinks.check.edits import edited


@pytest.mark.parametrize(
    ("text", "fix", "after"),
    [
        ('{"a": 1, "b" : 2}', Fix("set", "x", "/b"), '{"a": 1, "b" : "x"}'),
        ('{"a": 1, "b" : 2}', Fix("rename", "c", "/b"), '{"a": 1, "c" : 2}'),
        ('{"a": 1,\n "b" : 2}', Fix("remove", None, "/b"), '{"a": 1}'),
        ('{"a": 1,\n "b" : 2}', Fix("remove", None, "/a"), '{"b" : 2}'),
        ('{\n "a": 1\n}', Fix("remove", None, "/a"), "{}"),
        ("[1, 2 , 3]", Fix("remove", None, "/1"), "[1, 3]"),
        ('[" \\u00fc ü"]', Fix("strip", None, "/0"), '["ü ü"]'),
        ('["\\u00fc u"]', Fix("truncate", 2, "/0"), '["\\u00fc "]'),
        ('["ü\\ud800u"]', Fix("truncate", 2, "/0"), '["\\u00fc\\ud800"]'),
        ('{"a": {"b": 1}}', Fix("wrap", None, "/a"), '{"a": [{"b": 1}]}'),
        (' {"b": 1} ', Fix("wrap", "links"), ' {"links": [{"b": 1}]} '),
        ("[1]", Fix("wrap", "links"), '{"links": [1]}'),
        ('{"a/b": {"~": 1e3}}', Fix("set", 1000, "/a~1b/~0"), '{"a/b": {"~": 1000}}'),
        # None of a member that is there twice is lost, and nothing is changed that is not there.
        ('{"a": 1, "a": 2}', Fix("set", 3, "/a"), '{"a": 1, "a": 2}'),
        ('{"a": 1, "a": {"b": 2}}', Fix("remove", None, "/a/b"), '{"a": 1, "a": {"b": 2}}'),
        ('{"a": 1}', Fix("strip", None, "/a"), '{"a": 1}'),
        ('{"a": 1}', Fix("set", 1, "/b"), '{"a": 1}'),
        ("[1]", Fix("rename", "a", "/0"), "[1]"),
        ("{}", Fix("remove", None, "/a/b"), "{}"),
    ],
)
def test_edit_of_a_text(text, fix, after):
    """Only what the fix is about changes."""
    assert edited(text, [fix])[0] == after


def test_several_edits():
    """Fixes of different places apply together; of those that overlap, the rest is left."""
    text = '{"nmae": " x ", "a": {"b": null}, "c": null}'
    fixes = [Fix("rename", "name", "/nmae"), Fix("strip", None, "/nmae"), Fix("remove", None, "/a"), Fix("remove", None, "/a/b")]
    assert edited(text, [*fixes, fixes[0]])[0] == '{"name": "x", "c": null}'


@given(payload=broken_payloads(), indent=st.sampled_from([None, 1, "\t"]), separators=st.sampled_from([(",", ":"), (" , ", " : ")]))
def test_edit_means_what_the_fix_does(payload, indent, separators):
    """A text that is edited has the value that the fix gives, whatever its layout, and keeps every other line."""
    text = json.dumps(payload, indent=indent, separators=separators)
    for violation in check_submission(text, ignore="RL9"):
        if violation.fix is not None:
            after, _ = edited(text, [violation.fix])
            assert json.loads(after) == violation.fix.apply(json.loads(text))
            assert re.match(r"\s*", after)[0] == re.match(r"\s*", text)[0]
            if indent is not None and violation.fix.action in ("rename", "strip", "truncate"):
                assert len(after.splitlines()) == len(text.splitlines())


@given(payload=broken_payloads(), indent=st.sampled_from([None, 1, "\t"]), rounds=st.integers(1, 3), end=st.sampled_from(["", "\n"]))
def test_diff_of_edits(payload, indent, rounds, end):
    """A diff of several rounds of edits gives the edited text, and the lines that stayed are the same in both."""
    text = before = json.dumps(payload, indent=indent) + end
    kept = range(text.count("\n") + 1)
    for _ in range(rounds):
        text, stayed = edited(text, [violation.fix for violation in check_submission(text, ignore="RL9") if violation.fix])
        kept = [None if line is None else kept[line] for line in stayed]
    diff = unified_diff("file", before, text, kept)
    assert patched(before, diff) == text
    assert (diff == "") == (before == text)
    old, new = lines_of(before), lines_of(text)
    for number, line in enumerate(kept[: len(new)]):
        assert line is None or old[line] == new[number]


def patched(text, diff):
    """The text after a unified diff."""
    lines, result, at = lines_of(text), [], 0
    body = re.sub(r"\n\\ No newline at end of file\n", "\0", diff).replace("\0", "\0\n")
    for line in body.split("\n")[2:-1]:
        if head := re.fullmatch(r"@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@", line):
            start = int(head[1]) - (head[2] != "0")
            result += lines[at:start]
            at = start
        else:
            content = line[1:-1] if line.endswith("\0") else line[1:] + "\n"
            if line[0] != "+":
                assert lines[at] == content
                at += 1
            if line[0] != "-":
                result.append(content)
    return "".join([*result, *lines[at:]])


def test_diff_of_a_long_text():
    """Lines that repeat thousands of times, and as many changes, take no time that grows with both."""
    entry = '{\n  "type": "ALERT",\n  "x": null\n}'
    text = f"[{', '.join([entry] * 20_000)}]"
    after, kept = edited(text, [Fix("set", "alert", f"/{number}/type") for number in range(20_000)])
    assert patched(text, unified_diff("file", text, after, kept)) == after
