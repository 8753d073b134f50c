"""Whether a test passes or fails, in which phase, and what its output says."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest
from support.project import ini


def run(project, source, *args):
    project.makepyfile(test_it="from provider import submit, read\nimport pytest\n" + source)
    return project.runpytest(*args)


VIOLATION = "def test_it(fake_jira):\n    submit(fake_jira, url='<string>')\n"


def test_good_provider_passes(project):
    """A provider that keeps to the contract passes, without a warning."""
    run(project, "def test_it(fake_jira):\n    assert submit(fake_jira) == 202\n", "-W", "error").assert_outcomes(passed=1)


def test_violation_fails_call_phase(project):
    """A violation fails the test in its call phase, and the output says what to change."""
    result = run(project, VIOLATION)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            "*_ test_it _*",
            'RL201 url "<string>" is not a valid URI; in request 1, at /remoteLinks/0/url (link *1*)',
            "request 1: POST /rest/remotelinks/1.0/bulk -> 202",
            "*RL201 link-schema (error) at /remoteLinks/0/url (link '1')",
            '*"<string>" is not a valid URI',
            '*value:  "<string>"',
            "*change: send an absolute URI such as *",
            "*curl -X POST http://127.0.0.1:*/rest/remotelinks/1.0/bulk -H 'Authorization: JWT [*][*][*]' -H 'Content-*json' --data-raw *",
            "FAILED test_it.py::test_it - RL201 url *",
        ]
    )
    result.stdout.no_fnmatch_line("*Traceback*")
    result.stdout.no_fnmatch_line("*remotelinks/plugin.py*")


def test_token_not_shown(project):
    """No token is in the output of a failing test."""
    source = VIOLATION + "    print('TOKEN', fake_jira.requests[0].request.headers['Authorization'].split('.')[2])\n"
    output = run(project, source, "-rA").stdout.str()
    (token,) = [line.split()[1] for line in output.splitlines() if line.startswith("TOKEN ")]
    assert len(token) > 20
    assert output.count(token) == 1


@pytest.mark.parametrize("xfail", ["@pytest.mark.xfail", "@pytest.mark.xfail(strict=True)"])
def test_violation_xfail(project, xfail):
    """An expected failure covers violations."""
    run(project, f"{xfail}\n{VIOLATION}").assert_outcomes(xfailed=1)


def test_violation_junit(project):
    """JUnit reports have a failure for a violation, and no error."""
    run(project, VIOLATION, "--junitxml=report.xml")
    report = (project.path / "report.xml").read_text()
    assert 'failures="1"' in report
    assert 'errors="0"' in report
    assert "RL201" in report


def test_violation_last_failed(project):
    """--lf runs a test with a violation again."""
    source = VIOLATION + "def test_other(fake_jira):\n    pass\n"
    project.makeini(ini(plugins="-p no:randomly -p no:xdist"))
    run(project, source).assert_outcomes(failed=1, passed=1)
    project.runpytest("--lf").assert_outcomes(failed=1)


def test_violation_with_other_failure(project):
    """Where the test fails for another reason, violations are a section of its output."""
    result = run(project, VIOLATION + "    assert 1 == 2\n")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["E * assert 1 == 2", "*- remote links contract -*", "*RL201 link-schema*", "*curl *"])


@pytest.mark.parametrize("failing", ["assert 1 == 2", "raise RuntimeError('of the provider')", "assert [1, 2] == [3]"])
def test_summary_of_other_failure(project, monkeypatch, failing):
    """The one line of a test's own failure says it first, and then what probably led to it."""
    monkeypatch.setenv("COLUMNS", "160")
    said = {"assert 1": "assert 1 == 2", "raise Ru": "RuntimeError: of the provider", "assert [": "assert [1, 2] == [3]"}[failing[:8]]
    result = run(project, VIOLATION + f"    {failing}\n", "--junitxml=report.xml", "--tb=line")
    line = next(line for line in result.stdout.lines if line.startswith("FAILED "))
    assert f'- {said} - RL201 url "<string>" is not a valid URI' in line.replace("AssertionError: ", "")
    (failure,) = ElementTree.parse(project.path / "report.xml").iter("failure")
    assert failure.attrib["message"].replace("AssertionError: ", "").startswith(f"{said} - RL201 url ")


def test_summary_of_unrelated_failure(project):
    """A failure without violations of severity error is summed up as pytest does it."""
    result = run(project, "def test_it(fake_jira):\n    submit(fake_jira, severity='x')\n    assert 1 == 2\n")
    assert "FAILED test_it.py::test_it - assert 1 == 2" in result.stdout.str().replace("AssertionError: ", "").splitlines()


PENDING = """
def test_it(make_fake_jira):
    jira = make_fake_jira(consistency=%r)
    submit(jira, id="a")
    submit(jira, id="b")
    read(jira, "b")
    assert jira.links == {}
    %s
"""


@pytest.mark.parametrize(
    ("policy", "waits_for"),
    [
        ("manual", ["fake_jira.settle()"] * 2),
        ("after-reads:2", ["2 more reads that could show it", "1 more read that could show it"]),
        ("after-seconds:3600", ["* more seconds of the site's clock, or fake_jira.advance()"] * 2),
        ("submit=manual,delete=immediate", ["fake_jira.settle()"] * 2),
    ],
)
def test_pending_writes_of_failure(project, policy, waits_for):
    """Where a test fails for its own reason, the writes that are not visible yet are reported, and what they wait for."""
    for failing in ("assert jira.links", "raise RuntimeError('of the provider')"):
        result = run(project, PENDING % (policy, failing))
        result.stdout.fnmatch_lines(
            [
                "*- remote links pending writes -*",
                f"accepted, and not visible yet with '{policy}*':",
                f"  1 submit 'a', updateSequenceNumber 1, waits for {waits_for[0]}",
                f"  2 submit 'b', updateSequenceNumber 1, waits for {waits_for[1]}",
                "fake_jira.settle() lets all of them arrive; *",
            ]
        )


def test_pending_writes_of_violation(project):
    """A violation has nothing to do with pending writes, and a test that passes has no report."""
    source = PENDING % ("manual", "submit(jira, url='<string>')")
    result = run(project, source + "\ndef test_other(fake_jira):\n    submit(fake_jira)\n", "-rA")
    result.assert_outcomes(failed=1, passed=1)
    result.stdout.no_fnmatch_line("*pending writes*")


def test_violation_with_skip(project):
    """A test that skips itself stays skipped."""
    run(project, VIOLATION + "    pytest.skip('not here')\n").assert_outcomes(skipped=1)


def test_warning_rule(project):
    """A violation of severity warning becomes a Python warning."""
    result = run(project, "def test_it(fake_jira):\n    assert submit(fake_jira, severity='high') == 202\n")
    result.assert_outcomes(passed=1, warnings=1)
    result.stdout.fnmatch_lines(["*test_it.py:*RemoteLinksWarning: RL206 in request 1 at /remoteLinks/0/severity (link '1'): *"])


def test_warning_rule_as_error(project):
    """A warning that is made an error fails the test with the same report."""
    result = run(project, "def test_it(fake_jira):\n    submit(fake_jira, severity='high')\n", "-W", "error")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["RL206 in request 1 at *leave it out*", "*RL206 unknown-member (warning)*", "*curl *"])


def test_expected_violation(project):
    """A test passes with the violations that it expects."""
    source = "def test_it(fake_jira):\n    with fake_jira.expect_violations('RL201'):\n        submit(fake_jira, url='<string>')\n"
    run(project, source, "-W", "error").assert_outcomes(passed=1)


def test_expected_violation_missing(project):
    """A test fails without a violation that it expects."""
    source = "def test_it(fake_jira):\n    with fake_jira.expect_violations('RL201', 'RL1'):\n        submit(fake_jira, url='<string>')\n"
    result = run(project, source)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["E*no violation of RL1 happened here", "E*RL201 link-schema*"])


def test_expected_violation_and_another(project):
    """Violations other than the expected ones fail the test."""
    source = (
        "def test_it(fake_jira):\n    with fake_jira.expect_violations('RL206'):\n        submit(fake_jira, url='<string>', severity='x')\n"
    )
    result = run(project, source)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(['RL201 url "<string>" is not a valid URI; in request 1, at /remoteLinks/0/url (link *1*)'])


def test_expected_violation_block_raises(project):
    """An exception within expect_violations() is the reason that is shown."""
    source = "def test_it(fake_jira):\n    with fake_jira.expect_violations('RL201'):\n        raise RuntimeError('of the provider')\n"
    run(project, source).stdout.fnmatch_lines(["E*RuntimeError: of the provider"])


def test_expected_violation_provider_raises(project):
    """An expected violation may make the provider raise."""
    source = """
def test_it(fake_jira):
    with pytest.raises(RuntimeError), fake_jira.expect_violations('RL201'):
        submit(fake_jira, url='<string>')
        raise RuntimeError('of the provider')
"""
    run(project, source, "-W", "error").assert_outcomes(passed=1)


def test_ignored_rule(project):
    """An ignored rule reports nothing, and what it alone forbids is accepted."""
    source = """
@pytest.mark.remotelinks(ignore=["RL201"], consistency="immediate")
def test_it(fake_jira):
    assert submit(fake_jira, url='<string>') == 202
    fake_jira.assert_stored("1", url="<string>")
    assert fake_jira.violations == []
"""
    run(project, source, "-W", "error").assert_outcomes(passed=1)


def test_not_strict_reports(project):
    """Without strict a violation is only reported, even where warnings are errors."""
    result = run(project, VIOLATION, "--no-remotelinks-strict", "-rP", "-W", "error")
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["*remote links contract*", "*RL201 link-schema*"])


def test_not_strict_warns(project):
    """Without strict a violation is a warning."""
    result = run(project, VIOLATION, "--no-remotelinks-strict")
    result.assert_outcomes(passed=1, warnings=1)
    result.stdout.fnmatch_lines(["*RemoteLinksWarning: RL201 in request 1 at /remoteLinks/0/url (link '1')*"])


def test_violation_in_setup(project):
    """A violation in the set-up of a fixture fails the call phase."""
    source = """
@pytest.fixture
def uploaded(fake_jira):
    submit(fake_jira, url='<string>')

def test_it(uploaded):
    pass
"""
    run(project, source).assert_outcomes(failed=1)


def test_violation_in_failing_setup(project, monkeypatch):
    """Where a fixture fails after a violation, its error has the violations, and they are not reported again."""
    source = """
@pytest.fixture
def uploaded(fake_jira):
    assert submit(fake_jira, {'remoteLinks': 1}) == 202

def test_it(uploaded):
    pass
"""
    monkeypatch.setenv("COLUMNS", "160")
    result = run(project, source)
    result.assert_outcomes(errors=1)
    lines = ["*_ ERROR at setup of test_it _*", "*- remote links contract -*", "*RL103 *", "ERROR *assert 400 == 202 - RL103 *"]
    result.stdout.fnmatch_lines(lines)


def test_violation_in_teardown(project):
    """A violation after the test fails its teardown."""
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
    result.stdout.fnmatch_lines(['RL201 url "<string>" is not a valid URI; in request 1, at /remoteLinks/0/url (link *1*)'])


def test_violation_reported_once(project):
    """A violation is reported once."""
    assert run(project, VIOLATION).stdout.str().count("RL201 link-schema") == 1


def test_control_characters_escaped(project):
    """Control characters from a client do not reach the terminal."""
    source = (
        "def test_it(fake_jira):\n    submit(fake_jira, url='\\x1b[31mred\\u202e\\ud800', **{'\\x1b]0;title\\x07': 1})\n"
        "    fake_jira.assert_submitted('other\\x1b[31m')\n"
    )
    result = run(project, source, "--color=no", "-vv")
    result.assert_outcomes(failed=1)
    assert all(character.isprintable() or character == "\n" for character in result.stdout.str())
    summary = next(line for line in result.stdout.lines if line.startswith("FAILED "))
    assert "RL201 url " in summary


def test_fresh_site_same_url(project):
    """Each test has an empty site at the same URL."""
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


def test_several_sites(project):
    """The sites of one test have their own contract, record and strictness."""
    source = """
def test_it(make_fake_jira, fake_jira):
    other = make_fake_jira(contract="2023-06", consistency="immediate")
    submit(other)
    assert other.url != fake_jira.url
    assert set(other.links) == {"1"} and fake_jira.requests == []

def test_both_are_checked(make_fake_jira, fake_jira):
    submit(make_fake_jira(), url="<string>")

def test_each_has_its_own_strictness(make_fake_jira, fake_jira):
    submit(make_fake_jira(strict=False), url="<string>")
"""
    run(project, source).assert_outcomes(passed=2, failed=1)


def test_unittest_class(project):
    """Violations fail the methods of unittest.TestCase."""
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


def test_error_inside_fake(project):
    """An exception inside the fake is an error of the teardown."""
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


def test_fixture_requested_late(project):
    """A fixture that is requested while the test runs is checked in the call phase."""
    source = "def test_it(request):\n    submit(request.getfixturevalue('fake_jira'), url='<string>')\n"
    run(project, source).assert_outcomes(failed=1)


def test_rerun(project):
    """A test that is run again starts without violations."""
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


def test_summary_on_ci(project, monkeypatch):
    """On CI the summary of a violation is one line."""
    monkeypatch.setenv("CI", "true")
    lines = run(project, VIOLATION).stdout.lines
    summary = lines[next(number for number, line in enumerate(lines) if "short test summary" in line) + 1 :]
    assert summary[0] == (
        "FAILED test_it.py::test_it - RL201 url \"<string>\" is not a valid URI; in request 1, at /remoteLinks/0/url (link '1')"
    )
    assert summary[1].startswith("=")


def test_test_class(project):
    """Violations fail the methods of a test class."""
    source = """
class TestIt:
    def test_it(self, fake_jira):
        submit(fake_jira, url="<string>")
"""
    run(project, source).assert_outcomes(failed=1)
