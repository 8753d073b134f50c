"""What a failing test shows of faults and arrival order, and how a project sets the consistency policy."""

from __future__ import annotations

import re

import pytest
from support.project import conftest, ini

FAILS = """
import pytest
from provider import submit

@pytest.mark.remotelinks(consistency="{}")
def test_it(fake_jira):
    for number in range(1, 6):
        submit(fake_jira, updateSequenceNumber=number)
    fake_jira.settle()
    assert not fake_jira.link("1"), "on purpose"
"""


def order_of(result):
    return re.findall(r"^  (\d) submit '1', updateSequenceNumber \d(, again)?$", result.stdout.str(), re.MULTILINE)


def test_failing_test_shows_order(project):
    """A failing test shows the seed and the order of arrival."""
    project.makepyfile(test_it=FAILS.format("shuffled:5"))
    result = project.runpytest()
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        ["*remote links arrival order*", "consistency was 'shuffled:5'; to repeat it: consistency='shuffled:5' in the test's marker"]
    )
    assert {number for number, _ in order_of(result)} == set("12345")


def test_drawn_seed_repeats_by_option(project):
    """The option with the seed that was drawn gives the same order again."""
    project.makepyfile(test_it=re.sub(r"@pytest.mark.*\n", "", FAILS))
    first = project.runpytest("--remotelinks-consistency=shuffled")
    option = re.search(r"--remotelinks-consistency=shuffled:\d+", first.stdout.str())[0]
    second = project.runpytest(option)
    assert order_of(first) == order_of(second)
    assert order_of(first)


def test_order_not_shown(project):
    """Neither a passing test nor one without shuffling shows an order."""
    project.makepyfile(test_it=FAILS.format("manual"), test_other=FAILS.format("shuffled").replace("not fake", "fake"))
    result = project.runpytest()
    result.assert_outcomes(failed=1, passed=1)
    assert "remote links arrival order" not in result.stdout.str()


def test_violation_shows_order(project):
    """A test that fails for a violation shows the order, too."""
    source = FAILS.format("shuffled:1").replace("fake_jira.settle()", "submit(fake_jira, url='<string>')").replace("assert not", "#")
    project.makepyfile(test_it=source)
    project.runpytest().stdout.fnmatch_lines(["*RL201*", "*remote links arrival order*", "consistency was 'shuffled:1'*"])


POLICY = "submit=after-reads:2,delete=manual,delete-by-properties=after-reads:1"
ASKS = f"def test_it(fake_jira):\n    assert str(fake_jira.settings.policy) == {POLICY!r}\n"


@pytest.mark.parametrize(
    ("options", "ini_line", "settings"),
    [
        (["--remotelinks-consistency=submit=after-reads:2,delete=manual"], "", {}),
        ([], "remotelinks_consistency = submit=after-reads:2,delete=manual", {}),
        ([], "", {"consistency": {"submit": "after-reads:2", "delete": "manual"}}),
    ],
)
def test_policy_for_each_operation(project, options, ini_line, settings):
    """Option, ini value and fixture take a policy for each operation."""
    project.makeini(ini(ini_line))
    project.makeconftest(conftest(settings))
    project.makepyfile(test_it=ASKS)
    project.runpytest(*options).assert_outcomes(passed=1)


@pytest.mark.parametrize("given", ["soon", "after-seconds:x", "read=manual", "submit=soon"])
def test_unknown_policy(project, given):
    """An unknown policy is a usage error in one line."""
    project.makepyfile(test_it=ASKS)
    result = project.runpytest(f"--remotelinks-consistency={given}")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert len([line for line in result.errlines if line]) == 1
    result.stderr.fnmatch_lines(["ERROR: consistency *"])


def test_faults_end_with_their_test(project):
    """Planned faults and limits do not outlive their test."""
    project.makepyfile(
        test_it="""
from provider import read

def test_first(fake_jira):
    fake_jira.fail_next(times=9)
    fake_jira.rate_limit(1)
    assert read(fake_jira) == 503

def test_second(fake_jira):
    assert [read(fake_jira), read(fake_jira)] == [404, 404]
"""
    )
    project.runpytest().assert_outcomes(passed=2)


def test_drawn_seed_repeats_by_marker(project):
    """The seed that was drawn for a marker gives the same order again."""
    project.makepyfile(test_it=FAILS.format("shuffled"))
    first = project.runpytest()
    seed = re.search(r"to repeat it: consistency='(shuffled:\d+)' in the test's marker", first.stdout.str())[1]
    project.makepyfile(test_it=FAILS.format(seed))
    assert order_of(project.runpytest()) == order_of(first) != []


def test_order_of_factory(project):
    """The order of a site from make_fake_jira() names the factory."""
    source = FAILS.format("manual").replace(
        "test_it(fake_jira):", "test_it(make_fake_jira):\n    fake_jira = make_fake_jira(consistency='shuffled:3')"
    )
    project.makepyfile(test_it=source)
    project.runpytest().stdout.fnmatch_lines(["*to repeat it: consistency='shuffled:3' in make_fake_jira()"])


def test_explore_shows_no_seed(project):
    """A failing explore() shows its own order, and no seed."""
    project.makepyfile(
        test_it="""
from provider import submit

def test_it(fake_jira):
    def scenario(_):
        submit(fake_jira, updateSequenceNumber=2)
        submit(fake_jira, updateSequenceNumber=2, displayName="other")
    fake_jira.explore(scenario)
"""
    )
    result = project.runpytest("--remotelinks-consistency=shuffled:9")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*the writes arrived in an order that Jira allows:*", "*RL402*"])
    assert "shuffled:9" not in result.stdout.str().partition("collected")[2].replace("consistency=shuffled:9", "")


def test_failing_test_shows_faults(project):
    """A failing test lists the faults that it injected."""
    project.makepyfile(
        test_it="""
from provider import read

def test_it(fake_jira):
    fake_jira.fail_next(503)
    assert read(fake_jira) == 404

def test_other(fake_jira):
    assert read(fake_jira) == 200
"""
    )
    result = project.runpytest()
    result.assert_outcomes(failed=2)
    result.stdout.fnmatch_lines(
        ["*remote links faults*", "faults that this test injected:", "  request 1: GET * -> 503 (fault: fail_next)"]
    )
    assert result.stdout.str().count("remote links faults") == 1
