"""Other plugins, pytest's own reports, and unittest."""

from __future__ import annotations

from urllib.parse import urlsplit
from xml.etree import ElementTree

import pytest
import requests
from support.project import ini

from pytest_remotelinks.server import sockets

IMPORTS = "import unittest\nimport pytest\nfrom provider import submit, read\nfrom pytest_remotelinks import ContractViolation\n"
GOOD = "\ndef test_good(fake_jira):\n    assert submit(fake_jira) == 202\n"
BAD = "\ndef test_bad(fake_jira):\n    submit(fake_jira, url='<string>')\n"


def run(project, source, *options):
    project.makepyfile(test_it=IMPORTS + source)
    return project.runpytest(*options)


# pytest-socket


@pytest.mark.parametrize(
    ("options", "marker"),
    [
        (["--disable-socket", "--allow-hosts=127.0.0.1"], ""),
        (["--allow-hosts=127.0.0.1,::1"], ""),
        (["--disable-socket"], "@pytest.mark.allow_hosts(['127.0.0.1'])"),
        (["--disable-socket"], "@pytest.mark.enable_socket"),
        (["--disable-socket", "--force-enable-socket"], ""),
    ],
)
def test_socket_allowed(project, options, marker):
    """With pytest-socket a test that may connect to this machine works."""
    run(project, marker + GOOD + GOOD.replace("good", "next"), *options).assert_outcomes(passed=1 + (not marker), failed=bool(marker))


@pytest.mark.parametrize("options", [["--disable-socket"], ["--allow-hosts=10.0.0.1"]])
def test_socket_forbidden(project, options):
    """Where pytest-socket keeps a test from the fake, its output says what to allow; the fake itself is not disturbed."""
    result = run(project, GOOD + "\n@pytest.mark.enable_socket" + GOOD.replace("good", "next"), *options)
    result.assert_outcomes(failed=1, passed=1)
    result.stdout.fnmatch_lines(["*- remote links connections -*", "*let it connect to the fake: --allow-hosts=127.0.0.1, or *"])


@pytest.mark.parametrize("options", [[], ["--disable-socket", "--force-enable-socket"], ["--disable-socket", "--allow-hosts=127.0.0.1"]])
def test_socket_not_the_reason(project, options):
    """A test that may connect, sends nothing and fails for another reason says nothing about connections, nor do those after it."""
    failing = "\ndef test_{}(fake_jira):\n    assert 1 == 2\n"
    result = run(project, failing.format("one") + failing.format("two"), *options)
    result.assert_outcomes(failed=2)
    result.stdout.no_fnmatch_line("*remote links connections*")


@pytest.mark.parametrize("refusal", ["raise RuntimeError('no network')", "pytest.fail('no network')"])
def test_socket_forbidden_otherwise(project, refusal):
    """A project's own way to forbid sockets is found, too, also where warnings are errors."""
    source = f"""
import socket, warnings

def test_it(fake_jira, monkeypatch):
    def refuse(*arguments):
        warnings.warn("no network")
        {refusal}
    monkeypatch.setattr(socket.socket, "connect", refuse)
    assert 1 == 2
"""
    result = run(project, source, "-W", "error")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*- remote links connections -*", "*may not connect to 127.0.0.1, *"])


def test_attempt_leaves_no_record(make_site):
    """The attempt that says whether tests may connect is not recorded, and meets no planned fault."""
    jira = make_site()
    jira.drop_connection()
    address = urlsplit(jira.url)
    assert not sockets.is_forbidden(address.hostname, address.port)
    # The fault waits for a request.
    with pytest.raises(requests.ConnectionError):
        requests.get(jira.url + "/rest/remotelinks/1.0/remotelink/1", timeout=30)
    assert len(jira.requests) == 1


def test_socket_disabled_while_running(project):
    """The listener survives a test that forbids sockets and allows them again, and starts while they are forbidden."""
    source = """
import pytest_socket

def test_it(request, socket_disabled):
    jira = request.getfixturevalue("fake_jira")
    for number in range(3):
        with pytest.raises(pytest_socket.SocketBlockedError):
            submit(jira)
        pytest_socket.enable_socket()
        assert read(jira) == 404
        pytest_socket.disable_socket()
"""
    run(project, source).assert_outcomes(passed=1)


# Hypothesis


EXAMPLES = """
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pytest_remotelinks import FakeJira, check_link

@settings(deadline=100, database=None, max_examples=5)
@given(name=st.integers(1, 9).map("x".__mul__))
def test_check(name):
    assert check_link({"id": name})

@settings(deadline=100, database=None, max_examples=5, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(name=st.integers(200, 300).map("x".__mul__))
def test_fixture(fake_jira, name):
    fake_jira.reset()
    with fake_jira.expect_violations("RL201"):
        submit(fake_jira, displayName=name, url="<string>")
"""


@pytest.mark.slow
def test_hypothesis_measures_no_import(project):
    """The first broken link of a generated test is as fast as the others."""
    project.makepyfile(test_it=IMPORTS + EXAMPLES)
    # In a process of its own, in which nothing is imported yet.
    project.runpytest_subprocess("-k", "check").assert_outcomes(passed=1, deselected=1)
    project.runpytest_subprocess("-k", "fixture").assert_outcomes(passed=1, deselected=1)


def test_hypothesis_shrinks(project):
    """A generated test that asserts that there are no violations fails with the smallest example."""
    source = """
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

@settings(database=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(name=st.integers(200, 300).map("x".__mul__))
def test_it(fake_jira, name):
    fake_jira.reset()
    submit(fake_jira, displayName=name)
    fake_jira.assert_no_violations()
"""
    result = run(project, source)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*displayName is 256 characters long; at most 255 are allowed", "*name=__mul__(256),"])


# JUnit


@pytest.mark.parametrize("options", [[], ["-o", "junit_logging=all"], ["--show-capture=no"], ["--tb=line"]])
def test_junit_of_own_failure(project, options):
    """Where a test fails by its own assertion, the XML has the sections that the terminal has."""
    source = """
@pytest.mark.remotelinks(consistency="shuffled:1")
def test_it(fake_jira):
    fake_jira.fail_next()
    submit(fake_jira)
    submit(fake_jira, url="<string>")
    submit(fake_jira)
    assert 1 == 2
"""
    result = run(project, source, "--junitxml=report.xml", *options)
    (failure,) = ElementTree.parse(project.path / "report.xml").iter("failure")
    for section in ("contract", "faults", "pending writes", "arrival order"):
        assert f"- remote links {section} -" in failure.text
        assert result.stdout.str().count(f"- remote links {section} -") == 1
    assert "change: send an absolute URI such as" in failure.text


# unittest and xfail


def test_unittest_expected_failure(project):
    """unittest.expectedFailure covers violations, of coroutines and of a whole class too, and nothing else."""
    source = """
class Base:
    @pytest.fixture(autouse=True)
    def site(self, fake_jira):
        self.jira = fake_jira

class TestMethods(Base, unittest.TestCase):
    @unittest.expectedFailure
    def test_violation(self):
        submit(self.jira, url="<string>")

    @unittest.expectedFailure
    def test_own_failure(self):
        submit(self.jira, url="<string>")
        self.fail()

    @unittest.expectedFailure
    def test_success(self):
        submit(self.jira)

    @unittest.expectedFailure
    @pytest.mark.remotelinks(strict=False)
    def test_only_reported(self):
        submit(self.jira, url="<string>")

@unittest.expectedFailure
class TestClass(Base, unittest.IsolatedAsyncioTestCase):
    async def test_violation(self):
        submit(self.jira, url="<string>")
"""
    result = run(project, source, "-rx")
    result.assert_outcomes(xfailed=3, failed=2, warnings=1)
    result.stdout.fnmatch_lines(["*test_only_reported*", "Unexpected success", "*test_success*", "Unexpected success"])
    result.stdout.fnmatch_lines(["XFAIL test_it.py::TestMethods::test_violation - RL201 url *"])


def test_xfail_raises(project):
    """xfail(raises=ContractViolation) covers violations and assert_no_violations(), and nothing else."""
    source = """
@pytest.mark.xfail(raises=ContractViolation, strict=True)
class TestIt:
    def test_violation(self, fake_jira):
        submit(fake_jira, url="<string>")

    def test_assertion(self, fake_jira):
        submit(fake_jira, url="<string>")
        fake_jira.assert_no_violations()

    def test_other_assertion(self, fake_jira):
        submit(fake_jira, url="<string>")
        assert 1 == 2

    @pytest.mark.remotelinks(unmet_faults="error")
    def test_unmet_fault(self, fake_jira):
        fake_jira.fail_next()

    def test_none(self, fake_jira):
        submit(fake_jira)
"""
    result = run(project, source)
    result.assert_outcomes(xfailed=2, failed=3)
    result.stdout.fnmatch_lines(["FAILED *test_other_assertion*", "FAILED *test_unmet_fault*", "FAILED *test_none*"])


# More plugins


def test_rerunfailures(project):
    """A test that is run again starts from nothing; --only-rerun knows the name of the exception."""
    source = """
RUNS = []

def test_it(fake_jira):
    RUNS.append(1)
    assert fake_jira.requests == []
    submit(fake_jira, url="<string>" if len(RUNS) < 3 else "https://scanner.example")
"""
    for options in ([], ["--only-rerun", "ContractViolation"], ["--only-rerun", "RL201"]):
        result = run(project, source, "--reruns", "2", *options)
        result.assert_outcomes(passed=1)
        assert result.parseoutcomes()["rerun"] == 2


def test_repeat(project):
    """A test that is repeated has a new site each time."""
    source = GOOD.replace("    assert", "    assert fake_jira.requests == []\n    assert")
    run(project, source, "--count=3").assert_outcomes(passed=3)


def test_timeout(project):
    """A test that pytest-timeout ends leaves the next one a site that works."""
    source = """
@pytest.mark.timeout(0.2, method="signal")
def test_wait(fake_jira):
    fake_jira.wait_for_submission("1", timeout=60)

@pytest.mark.timeout(0.2, method="signal")
def test_delay(fake_jira):
    fake_jira.delay_next(60)
    submit(fake_jira, url="<string>")
"""
    result = run(project, source + GOOD)
    result.assert_outcomes(failed=2, passed=1)
    result.stdout.fnmatch_lines(["FAILED *test_wait - Failed: Timeout*", "FAILED *test_delay - Failed: Timeout*"])


def test_anyio(project):
    """Coroutines that anyio runs are tests as any other."""
    source = """
@pytest.fixture
def anyio_backend():
    return "asyncio"

@pytest.mark.anyio
@pytest.mark.parametrize("url", ["https://scanner.example", "<string>"])
async def test_it(fake_jira, url):
    submit(fake_jira, url=url)
"""
    run(project, source).assert_outcomes(passed=1, failed=1)


def test_subtests(project):
    """A violation within a subtest fails the test."""
    pytest.importorskip("_pytest.subtests", reason="this pytest has no subtests")
    source = """
def test_it(fake_jira, subtests):
    for number in range(3):
        with subtests.test(number=number):
            submit(fake_jira, id=str(number), url="<string>")
            assert number < 2
"""
    result = run(project, source)
    result.stdout.fnmatch_lines(["SUBFAILED(number=2) *assert 2 < 2", "FAILED test_it.py::test_it - RL201 url *"])


@pytest.mark.slow
@pytest.mark.parametrize("distribution", ["load", "loadscope", "loadfile", "worksteal"])
def test_xdist_distribution(project, distribution):
    """Results are the same however pytest-xdist distributes the tests."""
    project.makeini(ini(plugins="-p no:randomly"))
    project.makepyfile(test_it=IMPORTS + GOOD + BAD, test_more=IMPORTS + GOOD)
    result = project.runpytest_subprocess("-n", "2", "--dist", distribution)
    result.assert_outcomes(passed=2, failed=1)
    result.stdout.fnmatch_lines(["FAILED test_it.py::test_bad - RL201 url *"])


def test_without_terminal(project):
    """Without the terminal's plugin the run has its result and its XML."""
    project.makepyfile(test_it=IMPORTS + BAD)
    assert project.runpytest("-p", "no:terminal", "--junitxml=report.xml").ret == pytest.ExitCode.TESTS_FAILED
    assert "RL201" in (project.path / "report.xml").read_text()
