"""The app of a project: ini values, the fixture and the marker."""

from __future__ import annotations

import json

import pytest

MODULE = {"key": "scanner", "name": {"value": "Scanner"}, "homeUrl": "https://scanner.example"}
SHOW = """
def test_it(fake_jira):
    print("APP", fake_jira.app and fake_jira.app.key, fake_jira.app and str(fake_jira.app.shared_secret) == "the-secret")
"""


def shown(project, *args):
    result = project.runpytest_subprocess("-s", *args)
    result.assert_outcomes(passed=1)
    return next(line for line in result.stdout.lines if "APP" in line).split("APP ")[1]


@pytest.fixture
def with_app(project):
    """A project whose settings name an app, relative to its root."""
    project.mkdir("etc").joinpath("atlassian-connect.json").write_text(json.dumps(MODULE))
    project.makeini(
        "[pytest]\naddopts = -p no:randomly\nremotelinks_app = etc/atlassian-connect.json\nremotelinks_shared_secret = the-secret\n"
    )
    return project


def test_ini_values_install_an_app_wherever_pytest_is_started(with_app):
    with_app.mkpydir("sub").joinpath("test_it.py").write_text(SHOW)
    assert shown(with_app, "sub") == "scanner True"
    with_app.chdir()
    with_app.path.joinpath("sub", "run.py").write_text(
        "import os, pytest\nos.chdir('sub')\nraise SystemExit(pytest.main(['-s', '--rootdir=..']))"
    )
    result = with_app.runpython("sub/run.py")
    assert any("APP scanner True" in line for line in result.outlines)


def test_without_a_setting_no_app_is_installed(project):
    project.makepyfile(test_it=SHOW)
    assert shown(project) == "None None"


def test_the_fixture_and_the_marker_install_an_app(project):
    project.makepyfile(test_it=SHOW)
    project.makeconftest(
        "import pytest\n@pytest.fixture(scope='session')\ndef remotelinks_settings():\n"
        f"    return {{'app': {MODULE!r}, 'shared_secret': 'the-secret'}}\n"
    )
    assert shown(project) == "scanner True"
    other = {**MODULE, "key": "other"}
    project.makepyfile(test_it=f"import pytest\n@pytest.mark.remotelinks(app={other!r}, shared_secret='x')" + SHOW)
    assert shown(project) == "other False"


def test_each_folder_has_the_settings_of_its_own_conftest(project):
    for name in ("one", "other"):
        folder = project.mkpydir(name)
        folder.joinpath(f"test_{name}.py").write_text(f"def test_it(fake_jira):\n    assert fake_jira.app.key == {name!r}\n")
        folder.joinpath("conftest.py").write_text(
            "import pytest\n@pytest.fixture(scope='session')\ndef remotelinks_settings():\n"
            f"    return {{'app': { ({**MODULE, 'key': name})!r}}}\n"
        )
    project.makepyfile(test_it="def test_it(fake_jira):\n    assert fake_jira.app is None\n")
    project.runpytest_subprocess().assert_outcomes(passed=3)


def test_make_fake_jira_takes_apps_and_names(with_app):
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
    with_app.runpytest_subprocess("-p", "no:randomly").assert_outcomes(passed=2)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "*app *none.json* is no file; give the path of atlassian-connect.json or manifest.yml"),
        ("{", "*app *none.json: it is not JSON: *"),
        ("{}", "*app *none.json cannot be installed: RL601 at the top: this is no descriptor*"),
    ],
)
def test_a_wrong_app_is_a_usage_error_in_one_line(project, content, said):
    project.makepyfile(test_it=SHOW)
    project.makeini("[pytest]\nremotelinks_app = none.json\n")
    if content is not None:
        project.path.joinpath("none.json").write_text(content)
    result = project.runpytest_subprocess()
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["ERROR: " + said])
    assert "Traceback" not in result.stderr.str()


def test_a_directory_is_no_app(project):
    project.makeini("[pytest]\nremotelinks_app = etc\n")
    project.mkdir("etc")
    result = project.runpytest_subprocess()
    result.stderr.fnmatch_lines(["ERROR: app *etc* is no file*"])


def test_a_wrong_app_of_the_fixture_fails_the_test_without_a_traceback(project):
    project.makepyfile(test_it=SHOW)
    project.makeconftest(
        "import pytest\n@pytest.fixture(scope='session')\ndef remotelinks_settings():\n    return {'app': {'name': 'x'}}\n"
    )
    result = project.runpytest_subprocess()
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["the fake Jira cannot be set up: the app's descriptor cannot be installed: RL601 at the top: *"])
    assert "Traceback" not in result.stdout.str()


def test_a_name_that_no_file_can_have_is_a_usage_error(project):
    project.makepyfile(test_it=SHOW)
    for words in (["-o", f"remotelinks_app={'x' * 300}"], ["-o", f"remotelinks_contract={'x' * 300}"]):
        result = project.runpytest_subprocess(*words)
        assert result.ret == pytest.ExitCode.USAGE_ERROR
        assert len([line for line in result.errlines if line]) == 1


def test_paths_of_the_marker_and_the_fixture_go_from_the_root(with_app):
    with_app.makeini("[pytest]\naddopts = -p no:randomly -p no:xdist\n")
    (with_app.path / "sub").mkdir()
    (with_app.path / "sub" / "conftest.py").write_text(
        "import pytest\n@pytest.fixture(scope='session')\ndef remotelinks_settings():\n    return {'app': 'etc/atlassian-connect.json'}\n"
    )
    (with_app.path / "sub" / "test_it.py").write_text(
        "import pytest\n\ndef test_fixture(fake_jira):\n    assert fake_jira.app\n\n"
        "@pytest.mark.remotelinks(app='etc/atlassian-connect.json')\ndef test_marker(fake_jira):\n    assert fake_jira.app\n"
    )
    (with_app.path / "elsewhere").mkdir()
    with_app.path.joinpath("run.py").write_text(
        "import os, pytest\nos.chdir('elsewhere')\nraise SystemExit(pytest.main(['-q', '--rootdir=..', '-c', '../tox.ini', '../sub']))"
    )
    assert any("2 passed" in line for line in with_app.runpython("run.py").outlines)


def test_no_app_is_a_choice(with_app):
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
    with_app.runpytest_subprocess().assert_outcomes(passed=2)


def test_a_truth_value_that_is_none_is_named(project):
    project.makepyfile(test_it=SHOW)
    result = project.runpytest_subprocess("-o", "remotelinks_strict=maybe")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert any("remotelinks_strict" in line for line in result.errlines)
