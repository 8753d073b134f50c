"""Nothing of a site is held after its test."""

from __future__ import annotations

import pytest

COUNT = """
import gc
import weakref
from pathlib import Path
import pytest
from pytest_remotelinks import FakeJira

def alive():
    return {id(one): weakref.ref(one) for one in gc.get_objects() if type(one) is FakeJira}

# The outer run may have sites, too.
OTHERS, SITES = alive(), {}

@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    if call.when == "call":
        SITES.update((item, site) for site in alive().values() if id(site()) not in OTHERS)
    return (yield)

def pytest_sessionfinish():
    gc.collect()
    assert len(SITES) == 6
    Path("alive.txt").write_text(str(len(alive().keys() - OTHERS)))
"""
TESTS = {
    "passes": "submit(fake_jira)",
    "warns": "submit(fake_jira, severity='x')",
    "violates": "submit(fake_jira, url='<string>')",
    "fails": "submit(fake_jira, url='<string>')\n    assert 1 == 2",
    "xfail": "submit(fake_jira, url='<string>')\n    pytest.xfail('not yet')",
    "several": "submit(make_fake_jira(), url='<string>')\n    submit(make_fake_jira(port=0), url='<string>')",
    "installs": "fake_jira.install({'key': 'm', 'name': {'value': 'm'}, 'homeUrl': 'https://a.example'})",
    "late": "request.addfinalizer(lambda: submit(fake_jira, url='<string>'))",
}


RAISING = ("fails", "xfail")
# pytest-rerunfailures keeps the tracebacks of a test's own failures, and with them what such a test holds.
WITHOUT, WITH = ("-p", "no:rerunfailures", "--junitxml=report.xml"), ("--reruns=1",)


CASES = [
    *(pytest.param(test, WITHOUT, marks=pytest.mark.slow if test in RAISING else ()) for test in TESTS),
    *((test, WITH) for test in ("violates", "late")),
]


@pytest.mark.parametrize(("test", "options"), CASES)
def test_sites_end_with_their_tests(project, test, options):
    """Of the sites of many tests at most that of the last failure is alive at the end, which Python itself keeps."""
    project.makeconftest(COUNT)
    arguments = "request, fake_jira, make_fake_jira, number"
    source = f'@pytest.mark.parametrize("number", range(6))\ndef test_it({arguments}):\n    {TESTS[test]}\n'
    project.makepyfile(test_it="import pytest\nfrom provider import submit\n\n" + source)
    # A run within this process would keep what hooks are given, tracebacks among them.
    start = project.runpytest_subprocess if test in RAISING else project.runpytest
    start(*options)
    assert int((project.path / "alive.txt").read_text()) <= 1
