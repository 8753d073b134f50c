"""Planned faults that no request met by the end of their test."""

from __future__ import annotations

import pytest
from support.project import conftest, ini

UNMET = "from provider import read\n\ndef test_it(fake_jira):\n    fake_jira.fail_next(503, operation='delete')\n    read(fake_jira)\n"


def test_unmet_fault_warns(project):
    """By default it is a warning that shows the call."""
    project.makepyfile(test_it=UNMET)
    result = project.runpytest()
    result.assert_outcomes(passed=1, warnings=1)
    result.stdout.fnmatch_lines(["*RemoteLinksWarning: unmet fault: fail_next(503, operation='delete'): no request met it"])


def test_unmet_fault_warnings_as_errors(project):
    """It fails the test where warnings are errors."""
    project.makepyfile(test_it=UNMET)
    result = project.runpytest("-W", "error")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["unmet fault: fail_next(503, operation='delete'): no request met it"])


@pytest.mark.parametrize(
    ("options", "ini_line", "settings", "marker"),
    [
        (["--remotelinks-unmet-faults=error"], "", {}, ""),
        ([], "remotelinks_unmet_faults = error", {}, ""),
        ([], "", {"unmet_faults": "error"}, ""),
        (["--remotelinks-unmet-faults=ignore"], "", {}, "@pytest.mark.remotelinks(unmet_faults='error')\n"),
    ],
    ids=["option", "ini", "fixture", "marker"],
)
def test_unmet_fault_fails(project, options, ini_line, settings, marker):
    """Option, ini value, fixture and marker can make it fail the test, in its call phase."""
    project.makeini(ini(ini_line))
    project.makeconftest(conftest(settings))
    project.makepyfile(test_it="import pytest\n" + UNMET.replace("def test", f"{marker}def test"))
    result = project.runpytest(*options)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["unmet fault: fail_next(503, operation='delete'): no request met it"])


def test_unmet_fault_ignored(project):
    """It can be ignored."""
    project.makepyfile(test_it=UNMET)
    project.runpytest("-W", "error", "--remotelinks-unmet-faults=ignore").assert_outcomes(passed=1)


def test_unmet_faults_several(project):
    """Several are listed, with the first in the summary."""
    project.makepyfile(test_it=UNMET + "    fake_jira.garble_next()\n    fake_jira.reject('a', 'no')\n")
    result = project.runpytest("--remotelinks-unmet-faults=error")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            "unmet fault: fail_next(503, operation='delete'): no request met it (and 2 more)",
            "*- remote links faults -*",
            "unmet faults:",
            "  fail_next(503, operation='delete'): no request met it",
            "  garble_next('html'): no request met it",
            "  reject('a'): no submission contains 'a'",
        ]
    )


def test_block_never_entered(project):
    """A block that was never entered is reported as such."""
    project.makepyfile(test_it="def test_it(fake_jira):\n    fake_jira.maintenance()\n")
    result = project.runpytest()
    result.assert_outcomes(passed=1, warnings=1)
    result.stdout.fnmatch_lines(["*unmet fault: maintenance(): it was never entered; use it in a with statement"])


def test_met_faults_are_silent(project):
    """Faults that a request met are not reported, nor a rate limit that was not reached."""
    source = "from provider import read\n\ndef test_it(fake_jira):\n    fake_jira.fail_next(503, times=2)\n    fake_jira.rate_limit(9)\n"
    project.makepyfile(test_it=source + "    read(fake_jira)\n    with fake_jira.maintenance():\n        read(fake_jira)\n")
    project.runpytest("-W", "error", "--remotelinks-unmet-faults=error").assert_outcomes(passed=1)


def test_failing_test_shows_unmet_faults(project):
    """A test that fails for another reason lists them in its section on faults, and warns of nothing."""
    project.makepyfile(test_it=UNMET + "    fake_jira.fail_next(500)\n    assert read(fake_jira) == 404\n")
    result = project.runpytest()
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            "*remote links faults*",
            "faults that this test injected:",
            "*: GET *",
            "unmet faults:",
            "  fail_next(503, operation='delete'): *",
        ]
    )
