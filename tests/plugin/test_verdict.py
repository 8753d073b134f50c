"""Whether a test passes or fails, in which phase, and what its output says."""

from __future__ import annotations

import pytest


def run(project, source, *args):
    project.makepyfile(test_it="from provider import submit, read\nimport pytest\n" + source)
    return project.runpytest_subprocess(*args)


BREACH = "def test_it(fake_jira):\n    submit(fake_jira, url='<string>')\n"


def test_a_good_provider_passes(project):
    run(project, "def test_it(fake_jira):\n    assert submit(fake_jira) == 202\n", "-W", "error").assert_outcomes(passed=1)


def test_a_breach_fails_the_test_in_its_call_phase_and_says_what_to_change(project):
    result = run(project, BREACH)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            "*_ test_it _*",
            "RL201: the provider broke the remote links contract",
            "POST /rest/remotelinks/1.0/bulk -> 202",
            "*RL201 link-schema (error) at /remoteLinks/0/url",
            '*"<string>" is no uri',
            '*value:  "<string>"',
            "*change: send an absolute URI such as *",
            "*curl -X POST http://127.0.0.1:*/rest/remotelinks/1.0/bulk -H 'Authorization: JWT [*][*][*]' -H 'Content-*json' --data-raw *",
            "FAILED test_it.py::test_it - RL201: *",
        ]
    )
    result.stdout.no_fnmatch_line("*Traceback*")
    result.stdout.no_fnmatch_line("*remotelinks/plugin.py*")


def test_the_token_is_never_shown(project):
    source = BREACH + "    print('TOKEN', fake_jira.requests[0].request.headers['Authorization'].split('.')[2])\n"
    output = run(project, source, "-rA").stdout.str()
    (token,) = [line.split()[1] for line in output.splitlines() if line.startswith("TOKEN ")]
    assert len(token) > 20
    assert output.count(token) == 1


@pytest.mark.parametrize("xfail", ["@pytest.mark.xfail", "@pytest.mark.xfail(strict=True)"])
def test_xfail_sees_the_failure(project, xfail):
    run(project, f"{xfail}\n{BREACH}").assert_outcomes(xfailed=1)


def test_junit_sees_a_failure_and_no_error(project):
    run(project, BREACH, "--junitxml=report.xml")
    report = (project.path / "report.xml").read_text()
    assert 'failures="1"' in report
    assert 'errors="0"' in report
    assert "RL201" in report


def test_last_failed_sees_the_failure(project):
    source = BREACH + "def test_other(fake_jira):\n    pass\n"
    project.makeini("[pytest]\naddopts = -p no:randomly\n")
    run(project, source).assert_outcomes(failed=1, passed=1)
    project.runpytest_subprocess("--lf").assert_outcomes(failed=1)


def test_with_a_failing_test_for_another_reason_the_report_is_a_section_of_its_own(project):
    result = run(project, BREACH + "    assert 1 == 2\n")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["E * assert 1 == 2", "*- remote links contract -*", "*RL201 link-schema*", "*curl *"])


def test_a_skipped_test_stays_skipped(project):
    run(project, BREACH + "    pytest.skip('not here')\n").assert_outcomes(skipped=1)


def test_a_warning_becomes_a_python_warning(project):
    result = run(project, "def test_it(fake_jira):\n    assert submit(fake_jira, severity='high') == 202\n")
    result.assert_outcomes(passed=1, warnings=1)
    result.stdout.fnmatch_lines(["*test_it.py:*RemoteLinksWarning: RL206 /remoteLinks/0/severity: *leave it out*"])


def test_a_warning_made_an_error_fails_with_the_same_report(project):
    result = run(project, "def test_it(fake_jira):\n    submit(fake_jira, severity='high')\n", "-W", "error")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["RL206 /remoteLinks/0/severity: *", "*RL206 unknown-member (warning)*", "*curl *"])


def test_expected_violations_pass(project):
    source = "def test_it(fake_jira):\n    with fake_jira.expect_violations('RL201'):\n        submit(fake_jira, url='<string>')\n"
    run(project, source, "-W", "error").assert_outcomes(passed=1)


def test_an_expected_violation_that_does_not_happen_fails(project):
    source = "def test_it(fake_jira):\n    with fake_jira.expect_violations('RL201', 'RL1'):\n        submit(fake_jira, url='<string>')\n"
    result = run(project, source)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["E*no violation of RL1 happened here", "E*RL201 link-schema*"])


def test_other_violations_than_the_expected_ones_still_fail(project):
    source = (
        "def test_it(fake_jira):\n    with fake_jira.expect_violations('RL206'):\n        submit(fake_jira, url='<string>', severity='x')\n"
    )
    result = run(project, source)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["RL201: the provider broke the remote links contract"])


def test_an_error_in_an_expecting_block_is_not_hidden(project):
    source = "def test_it(fake_jira):\n    with fake_jira.expect_violations('RL201'):\n        raise RuntimeError('of the provider')\n"
    run(project, source).stdout.fnmatch_lines(["E*RuntimeError: of the provider"])


def test_an_expected_violation_passes_where_the_provider_raises_over_it(project):
    source = """
def test_it(fake_jira):
    with pytest.raises(RuntimeError), fake_jira.expect_violations('RL201'):
        submit(fake_jira, url='<string>')
        raise RuntimeError('of the provider')
"""
    run(project, source, "-W", "error").assert_outcomes(passed=1)


def test_an_ignored_rule_is_silent_and_lets_pass_what_it_alone_forbids(project):
    source = """
@pytest.mark.remotelinks(ignore=["RL201"], consistency="immediate")
def test_it(fake_jira):
    assert submit(fake_jira, url='<string>') == 202
    fake_jira.assert_stored("1", url="<string>")
    assert fake_jira.violations == []
"""
    run(project, source, "-W", "error").assert_outcomes(passed=1)


def test_without_strict_a_breach_is_only_reported(project):
    result = run(project, BREACH, "--no-remotelinks-strict", "-rP", "-W", "error")
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["*remote links contract*", "*RL201 link-schema*"])


def test_without_strict_a_breach_is_a_warning(project):
    result = run(project, BREACH, "--no-remotelinks-strict")
    result.assert_outcomes(passed=1, warnings=1)
    result.stdout.fnmatch_lines(["*RemoteLinksWarning: RL201 /remoteLinks/0/url*"])


def test_a_breach_of_a_fixtures_setup_fails_the_call(project):
    source = """
@pytest.fixture
def uploaded(fake_jira):
    submit(fake_jira, url='<string>')

def test_it(uploaded):
    pass
"""
    run(project, source).assert_outcomes(failed=1)


def test_a_breach_after_the_test_fails_its_teardown(project):
    source = """
@pytest.fixture
def late(fake_jira):
    yield
    submit(fake_jira, url='<string>')

def test_it(late):
    pass
"""
    result = run(project, source)
    result.assert_outcomes(passed=1, errors=1)
    result.stdout.fnmatch_lines(["RL201: the provider broke the remote links contract"])


def test_a_breach_is_told_once(project):
    assert run(project, BREACH).stdout.str().count("RL201 link-schema") == 1


def test_what_a_client_sent_cannot_write_to_the_terminal(project):
    source = (
        "def test_it(fake_jira):\n    submit(fake_jira, url='\\x1b[31mred\\u202e\\ud800', **{'\\x1b]0;title\\x07': 1})\n"
        "    fake_jira.assert_submitted('other\\x1b[31m')\n"
    )
    result = run(project, source, "--color=no", "-W", "ignore")
    result.assert_outcomes(failed=1)
    assert "\x1b" not in result.stdout.str()
    assert "\u202e" not in result.stdout.str()
    assert "\x07" not in result.stdout.str()


def test_each_test_gets_an_empty_site_at_the_same_url(project):
    source = """
URLS = []

@pytest.mark.parametrize("number", range(3))
def test_it(fake_jira, number):
    assert fake_jira.requests == [] and fake_jira.links == {}
    submit(fake_jira)
    fake_jira.settle()
    fake_jira.assert_stored("1")
    URLS.append(fake_jira.url)
    assert len(set(URLS)) == 1
"""
    run(project, source).assert_outcomes(passed=3)


def test_several_sites_stand_side_by_side(project):
    source = """
def test_it(make_fake_jira, fake_jira):
    other = make_fake_jira(contract="2023-06", consistency="immediate")
    submit(other)
    assert other.url != fake_jira.url
    assert set(other.links) == {"1"} and fake_jira.requests == []

def test_both_are_judged(make_fake_jira, fake_jira):
    submit(make_fake_jira(), url="<string>")

def test_each_has_its_own_strictness(make_fake_jira, fake_jira):
    submit(make_fake_jira(strict=False), url="<string>")
"""
    run(project, source).assert_outcomes(passed=2, failed=1)


def test_test_case_classes_are_judged_too(project):
    source = """
import unittest

class TestIt(unittest.TestCase):
    @pytest.fixture(autouse=True)
    def site(self, fake_jira):
        self.jira = fake_jira

    def test_it(self):
        submit(self.jira, url="<string>")
"""
    run(project, source).assert_outcomes(failed=1)


def test_a_mistake_of_the_fakes_own_comes_to_light(project):
    source = """
def test_it(fake_jira):
    def broken(*args):
        raise ZeroDivisionError("inside the fake")
    fake_jira._backend.answer = broken
    assert submit(fake_jira) == 500
"""
    result = run(project, source)
    result.assert_outcomes(passed=1, errors=1)
    result.stdout.fnmatch_lines(["*ZeroDivisionError: inside the fake"])


def test_a_fixture_asked_for_while_the_test_runs_is_judged_in_the_call_phase(project):
    source = "def test_it(request):\n    submit(request.getfixturevalue('fake_jira'), url='<string>')\n"
    run(project, source).assert_outcomes(failed=1)


def test_a_test_that_is_run_again_is_judged_anew(project):
    project.makeconftest(
        """
from _pytest.runner import runtestprotocol

def pytest_runtest_protocol(item, nextitem):
    item.ihook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
    runtestprotocol(item, nextitem=nextitem, log=False)
    item._initrequest()
    for report in runtestprotocol(item, nextitem=nextitem, log=False):
        item.ihook.pytest_runtest_logreport(report=report)
    return True
"""
    )
    source = "RUNS = []\ndef test_it(fake_jira):\n    RUNS.append(1)\n    submit(fake_jira, url='<string>' if len(RUNS) == 1 else 'https://a.example')\n"
    run(project, source).assert_outcomes(passed=1)


def test_on_ci_the_summary_is_one_line(project, monkeypatch):
    monkeypatch.setenv("CI", "true")
    lines = run(project, BREACH).stdout.lines
    summary = lines[next(number for number, line in enumerate(lines) if "short test summary" in line) + 1 :]
    assert summary[0] == "FAILED test_it.py::test_it - RL201: the provider broke the remote links contract"
    assert summary[1].startswith("=")


def test_a_method_of_a_class_is_judged(project):
    source = """
class TestIt:
    def test_it(self, fake_jira):
        submit(fake_jira, url="<string>")
"""
    run(project, source).assert_outcomes(failed=1)
