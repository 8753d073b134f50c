"""The app of a project: ini values, the fixture and the marker."""

from __future__ import annotations

import json

import pytest
from support.apps import DESCRIPTOR
from support.project import conftest, ini

MODULE = {"key": "scanner", "name": {"value": "Scanner"}, "homeUrl": "https://scanner.example"}
SHOW = """
def test_it(fake_jira):
    print("APP", fake_jira.app and fake_jira.app.key, fake_jira.app and str(fake_jira.app.shared_secret) == "the-secret")
"""


def shown(project, *args):
    result = project.runpytest("-s", *args)
    result.assert_outcomes(passed=1)
    return next(line for line in result.stdout.lines if "APP" in line).split("APP ")[1]


@pytest.fixture
def with_app(project):
    """A project whose settings name an app, relative to its root."""
    project.mkdir("etc").joinpath("atlassian-connect.json").write_text(json.dumps(MODULE))
    project.makeini(ini("remotelinks_app = etc/atlassian-connect.json", "remotelinks_shared_secret = the-secret"))
    return project


def test_app_by_ini(with_app, monkeypatch):
    """Ini values install an app, also where pytest is started in a folder below."""
    with_app.mkpydir("sub").joinpath("test_it.py").write_text(SHOW)
    assert shown(with_app, "sub") == "scanner True"
    monkeypatch.chdir("sub")
    assert shown(with_app, "--rootdir=..") == "scanner True"


def test_no_app_by_default(project):
    """Without a setting no app is installed."""
    project.makepyfile(test_it=SHOW)
    assert shown(project) == "None None"


def test_app_by_fixture_and_marker(project):
    """The fixture installs an app, and the marker another one."""
    project.makepyfile(test_it=SHOW)
    project.makeconftest(conftest({"app": MODULE, "shared_secret": "the-secret"}))
    assert shown(project) == "scanner True"
    other = {**MODULE, "key": "other"}
    project.makepyfile(test_it=f"import pytest\n@pytest.mark.remotelinks(app={other!r}, shared_secret='x')" + SHOW)
    assert shown(project) == "other False"


@pytest.mark.parametrize("options", [(), ("-W", "error")])
def test_app_with_a_warning(project, options):
    """A warning about the app's descriptor is in the summary, and fails no test, not even where warnings are errors."""
    descriptor = {"key": "a", "baseUrl": "https://a.example", "scopes": ["WRITE"], "modules": {"jiraRemoteLinkInfoProvider": MODULE}}
    project.makepyfile(test_it="def test_it(fake_jira):\n    pass\n")
    project.makeconftest(conftest({"app": descriptor}))
    result = project.runpytest(*options)
    result.assert_outcomes(passed=1, warnings=0 if options else 1)
    if not options:
        result.stdout.fnmatch_lines(["*RemoteLinksWarning: the app's descriptor: RL606 at /scopes: without DELETE among the app's *"])
    project.makeconftest(conftest({"app": descriptor, "ignore": "RL606"}))
    project.runpytest(*options).assert_outcomes(passed=1, warnings=0)


def test_app_by_folder(project):
    """Each folder has the settings of its own conftest.py."""
    for name in ("one", "other"):
        folder = project.mkpydir(name)
        folder.joinpath(f"test_{name}.py").write_text(f"def test_it(fake_jira):\n    assert fake_jira.app.key == {name!r}\n")
        folder.joinpath("conftest.py").write_text(conftest({"app": {**MODULE, "key": name}}))
    project.makepyfile(test_it="def test_it(fake_jira):\n    assert fake_jira.app is None\n")
    project.runpytest().assert_outcomes(passed=3)


def test_make_fake_jira_arguments(with_app):
    """make_fake_jira() takes an app, a cloud id and a host name."""
    with_app.makepyfile(
        f"""
        import requests

        def test_it(fake_jira, make_fake_jira):
            other = make_fake_jira(app={ ({**MODULE, "key": "other"})!r}, cloud_id="known")
            named = make_fake_jira(host_name="acme.localhost")
            assert [site.app.key for site in (fake_jira, other, named)] == ["scanner", "other", "scanner"]
            assert other.url == fake_jira.url + "/ex/jira/known"
            port = fake_jira.url.rpartition(":")[2]
            assert named.host_url == "http://acme.localhost:" + port
            path = "/rest/remotelinks/1.0/remotelink/1"
            asked = [(site, site.url, "x") for site in (fake_jira, other, named)]
            for site, url, host in (*asked, (named, fake_jira.url, "acme.localhost")):
                headers = {{"Authorization": site.authorization("GET", path), "Host": host}}
                assert requests.get(url + path, headers=headers).status_code == 404
            assert [len(site.requests) for site in (fake_jira, other, named)] == [1, 1, 2]

        def test_the_next_test_has_its_sites_to_itself(fake_jira):
            assert fake_jira.url.count("/") == 2
            assert fake_jira.requests == []
        """
    )
    with_app.runpytest().assert_outcomes(passed=2)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "*app *none.json* is not a file; give the path of atlassian-connect.json or manifest.yml"),
        ("{", "*app *none.json: it is not JSON: *"),
        ("{}", "*app *none.json cannot be installed: RL601 at the top: this is *descriptor*"),
    ],
)
def test_wrong_app(project, content, said):
    """A wrong app is a usage error in one line."""
    project.makepyfile(test_it=SHOW)
    project.makeini(ini("remotelinks_app = none.json"))
    if content is not None:
        project.path.joinpath("none.json").write_text(content)
    result = project.runpytest()
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["ERROR: " + said])
    assert "Traceback" not in result.stderr.str()


def test_app_is_directory(project):
    """A directory in place of an app is a usage error."""
    project.makeini(ini("remotelinks_app = etc"))
    project.mkdir("etc")
    result = project.runpytest()
    result.stderr.fnmatch_lines(["ERROR: app *etc* is not a file*"])


def test_wrong_app_by_fixture(project):
    """A wrong app of the fixture fails the test without a traceback."""
    project.makepyfile(test_it=SHOW)
    project.makeconftest(conftest({"app": {"name": "x"}}))
    result = project.runpytest()
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["the fake Jira cannot be set up: the app's descriptor cannot be installed: RL601 at the top: *"])
    assert "Traceback" not in result.stdout.str()


def test_path_too_long(project):
    """A path that is too long is a usage error in one line."""
    project.makepyfile(test_it=SHOW)
    for words in (["-o", f"remotelinks_app={'x' * 300}"], ["-o", f"remotelinks_contract={'x' * 300}"]):
        result = project.runpytest(*words)
        assert result.ret == pytest.ExitCode.USAGE_ERROR
        assert len([line for line in result.errlines if line]) == 1


def test_paths_relative_to_root(with_app, monkeypatch):
    """Paths of the marker and of the fixture are relative to the root of the project."""
    with_app.makeini(ini())
    (with_app.path / "sub").mkdir()
    (with_app.path / "sub" / "conftest.py").write_text(conftest({"app": "etc/atlassian-connect.json"}))
    (with_app.path / "sub" / "test_it.py").write_text(
        "import pytest\n\ndef test_fixture(fake_jira):\n    assert fake_jira.app\n\n"
        "@pytest.mark.remotelinks(app='etc/atlassian-connect.json')\ndef test_marker(fake_jira):\n    assert fake_jira.app\n"
    )
    monkeypatch.chdir(with_app.mkdir("elsewhere"))
    with_app.runpytest("--rootdir=..", "-c", "../tox.ini", "../sub").assert_outcomes(passed=2)


def test_app_none(with_app):
    """app=None means no app, where the project has one."""
    with_app.makepyfile(
        test_it="""
import pytest

def test_factory(make_fake_jira):
    assert make_fake_jira().app and make_fake_jira(app=None).app is None

@pytest.mark.remotelinks(app=None)
def test_marker(fake_jira):
    assert fake_jira.app is None
"""
    )
    with_app.runpytest().assert_outcomes(passed=2)


def test_strict_not_boolean(project):
    """A wrong remotelinks_strict is a usage error that names it."""
    project.makepyfile(test_it=SHOW)
    result = project.runpytest("-o", "remotelinks_strict=maybe")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert any("remotelinks_strict" in line for line in result.errlines)


def test_make_fake_jira_own_listener(project):
    """A site with a port or a host has a listener of its own, and is checked like the others."""
    project.makepyfile(
        test_it="""
from urllib.parse import urlsplit
from provider import submit

def test_port(fake_jira, make_fake_jira):
    other = make_fake_jira(port=0)
    assert urlsplit(other.url).port != urlsplit(fake_jira.url).port
    assert submit(other) == 202 and fake_jira.requests == []

def test_host(make_fake_jira):
    submit(make_fake_jira(host="localhost"), url="<string>")
"""
    )
    project.runpytest().assert_outcomes(passed=1, failed=1)


def test_secret_of_an_earlier_test(project):
    """A provider that keeps the secret of an earlier test's installation is named as that, in the failure."""
    source = f"""
from urllib.request import Request, urlopen
import pytest

KEPT = []

@pytest.mark.parametrize("number", range(2))
def test_it(fake_jira, number):
    KEPT.append(fake_jira.install({DESCRIPTOR!r}))
    path = "/rest/remotelinks/1.0/remotelink/1"
    kept = Request(fake_jira.url + path, headers={{"Authorization": KEPT[0].authorization("GET", path)}})
    try:
        urlopen(kept)
    except OSError as error:
        error.close()
"""
    project.makepyfile(source)
    result = project.runpytest()
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(
        [
            "RL506 *",
            "*change: it is signed by the app 'com.scanner.shop' with the secret that was installed on a site that no longer runs, "
            "such as that of an earlier test; *",
        ]
    )
