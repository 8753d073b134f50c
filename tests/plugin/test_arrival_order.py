"""What a failing test says of its weather, and how a project chooses it."""

from __future__ import annotations

import re

import pytest

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


def test_a_failing_test_prints_the_seed_and_the_order(project):
    project.makepyfile(test_it=FAILS.format("shuffled:5"))
    result = project.runpytest_subprocess()
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        ["*remote links weather*", "consistency was 'shuffled:5'; the same again: consistency='shuffled:5' in the test's marker"]
    )
    assert {number for number, _ in order_of(result)} == set("12345")


def test_a_drawn_seed_gives_the_same_order_again(project):
    project.makepyfile(test_it=re.sub(r"@pytest.mark.*\n", "", FAILS))
    first = project.runpytest_subprocess("--remotelinks-consistency=shuffled")
    option = re.search(r"--remotelinks-consistency=shuffled:\d+", first.stdout.str())[0]
    second = project.runpytest_subprocess(option)
    assert order_of(first) == order_of(second)
    assert order_of(first)


def test_a_passing_test_and_calm_weather_print_nothing(project):
    project.makepyfile(test_it=FAILS.format("manual"), test_other=FAILS.format("shuffled").replace("not fake", "fake"))
    result = project.runpytest_subprocess()
    result.assert_outcomes(failed=1, passed=1)
    assert "remote links weather" not in result.stdout.str()


def test_a_broken_contract_prints_it_too(project):
    source = FAILS.format("shuffled:1").replace("fake_jira.settle()", "submit(fake_jira, url='<string>')").replace("assert not", "#")
    project.makepyfile(test_it=source)
    project.runpytest_subprocess().stdout.fnmatch_lines(["*RL201*", "*remote links weather*", "consistency was 'shuffled:1'*"])


POLICY = "submit=after-reads:2,delete=manual,delete-by-properties=after-reads:1"
ASKS = f"def test_it(fake_jira):\n    assert str(fake_jira.settings.policy) == {POLICY!r}\n"


@pytest.mark.parametrize(
    ("options", "ini", "conftest"),
    [
        (["--remotelinks-consistency=submit=after-reads:2,delete=manual"], "", ""),
        ([], "remotelinks_consistency = submit=after-reads:2,delete=manual", ""),
        (
            [],
            "",
            "import pytest\n@pytest.fixture(scope='session')\ndef remotelinks_settings():\n"
            "    return {'consistency': {'submit': 'after-reads:2', 'delete': 'manual'}}\n",
        ),
    ],
)
def test_each_operation_can_have_its_policy(project, options, ini, conftest):
    project.makeini(f"[pytest]\naddopts = -p no:randomly -p no:xdist\n{ini}\n")
    project.makeconftest(conftest)
    project.makepyfile(test_it=ASKS)
    project.runpytest_subprocess(*options).assert_outcomes(passed=1)


@pytest.mark.parametrize("given", ["soon", "after-seconds:x", "read=manual", "submit=soon"])
def test_a_policy_that_is_none_stops_pytest_in_one_line(project, given):
    project.makepyfile(test_it=ASKS)
    result = project.runpytest_subprocess(f"--remotelinks-consistency={given}")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert len([line for line in result.errlines if line]) == 1
    result.stderr.fnmatch_lines(["ERROR: consistency *"])


def test_unused_trouble_is_no_trouble_for_the_next_test(project):
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
    project.runpytest_subprocess().assert_outcomes(passed=2)


def test_a_drawn_seed_of_a_marker_gives_the_same_order_again(project):
    project.makepyfile(test_it=FAILS.format("shuffled"))
    first = project.runpytest_subprocess()
    seed = re.search(r"the same again: consistency='(shuffled:\d+)' in the test's marker", first.stdout.str())[1]
    project.makepyfile(test_it=FAILS.format(seed))
    assert order_of(project.runpytest_subprocess()) == order_of(first) != []


def test_a_site_of_a_factory_names_it(project):
    source = FAILS.format("manual").replace(
        "test_it(fake_jira):", "test_it(make_fake_jira):\n    fake_jira = make_fake_jira(consistency='shuffled:3')"
    )
    project.makepyfile(test_it=source)
    project.runpytest_subprocess().stdout.fnmatch_lines(["*the same again: consistency='shuffled:3' in make_fake_jira()"])


def test_a_search_that_fails_blames_no_seed(project):
    project.makepyfile(
        test_it="""
from provider import submit

def test_it(fake_jira):
    def scenario():
        submit(fake_jira, updateSequenceNumber=2)
        submit(fake_jira, updateSequenceNumber=2, displayName="other")
    fake_jira.explore(scenario)
"""
    )
    result = project.runpytest_subprocess("--remotelinks-consistency=shuffled:9")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*fails under an order of arrival that Jira allows*", "*RL402*"])
    assert "shuffled:9" not in result.stdout.str().partition("collected")[2].replace("consistency=shuffled:9", "")


def test_a_failing_test_says_what_trouble_it_asked_for(project):
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
    result = project.runpytest_subprocess()
    result.assert_outcomes(failed=2)
    result.stdout.fnmatch_lines(["*remote links trouble*", "*trouble that the test asked for:", "  GET * -> 503 (fault: fail_next)"])
    assert result.stdout.str().count("remote links trouble") == 1
