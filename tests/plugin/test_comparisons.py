"""What pytest says of a failed comparison with what was recorded."""

from __future__ import annotations

import pytest

EXPRESSIONS = [
    "fake_jira.requests == []",
    "fake_jira.requests == [1]",
    "fake_jira.requests[0] == 1",
    "(fake_jira.requests, fake_jira.submissions) == ([], [])",
    "fake_jira.submissions == []",
    "{'a': fake_jira.requests} == {'a': [{}]}",
    "fake_jira.requests[0].headers == {}",
]


@pytest.mark.parametrize("options", [(), ("-vv",)])
def test_what_was_recorded_is_shown_and_explained(project, options):
    tests = [f"def test_{number}(fake_jira):\n    submit(fake_jira)\n    assert {text}\n" for number, text in enumerate(EXPRESSIONS)]
    project.makepyfile(test_it="\n".join(["from provider import submit", *tests]))
    result = project.runpytest_subprocess(*options)
    result.assert_outcomes(failed=len(EXPRESSIONS))
    output = result.stdout.str()
    assert "Recursion" not in output
    assert "faulty __repr__" not in output
    assert output.count("<Exchange POST /rest/remotelinks/1.0/bulk -> 202>") >= 4
