"""Fixes applied to JSON text: what the text means changes as the fix says, and the rest of it stays."""

from __future__ import annotations

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.broken import broken_payloads

from pytest_remotelinks import Fix, check_submission
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
    assert edited(text, [fix]) == after


def test_several_edits():
    """Fixes of different places apply together; of those that overlap, the rest is left."""
    text = '{"nmae": " x ", "a": {"b": null}, "c": null}'
    fixes = [Fix("rename", "name", "/nmae"), Fix("strip", None, "/nmae"), Fix("remove", None, "/a"), Fix("remove", None, "/a/b")]
    assert edited(text, [*fixes, fixes[0]]) == '{"name": "x", "c": null}'


@given(payload=broken_payloads(), indent=st.sampled_from([None, 1, "\t"]), separators=st.sampled_from([(",", ":"), (" , ", " : ")]))
def test_edit_means_what_the_fix_does(payload, indent, separators):
    """A text that is edited has the value that the fix gives, whatever its layout, and keeps every other line."""
    text = json.dumps(payload, indent=indent, separators=separators)
    for violation in check_submission(text, ignore="RL9"):
        if violation.fix is not None:
            after = edited(text, [violation.fix])
            assert json.loads(after) == violation.fix.apply(json.loads(text))
            assert re.match(r"\s*", after)[0] == re.match(r"\s*", text)[0]
            if indent is not None and violation.fix.action in ("set", "rename", "strip", "truncate"):
                assert len(after.splitlines()) == len(text.splitlines())
