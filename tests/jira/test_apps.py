"""Installing and uninstalling apps."""

from __future__ import annotations

import json
import os

import pytest
import requests
from support.apps import APP_KEY, DESCRIPTOR, SECRET, published_token

from pytest_remotelinks import App, DescriptorError, FakeJira

BASE = "/rest/remotelinks/1.0"
MODULE = DESCRIPTOR["modules"]["jiraRemoteLinkInfoProvider"]
FORGE = """
app:
  id: ari:cloud:ecosystem::app/5a1c
permissions:
  scopes:
    - read:remote-link-info:jira
    - write:remote-link-info:jira
modules:
  devops:remoteLinkInfoProvider:
    - key: shop-scanner
      name:
        value: Shop Scanner
      homeUrl: https://scanner.example
"""


def submit(jira, *links, app=None, method="POST", path=BASE + "/bulk"):
    headers = {"Authorization": (app or jira).authorization(method, path)}
    return requests.request(method, jira.url + path, json={"remoteLinks": list(links)}, headers=headers, timeout=30)


def read(jira, app=None):
    path = BASE + "/remotelink/1"
    return requests.get(jira.url + path, headers={"Authorization": (app or jira).authorization("GET", path)}, timeout=30).status_code


# What can be installed


def test_a_whole_descriptor(make_site):
    jira = make_site()
    app = jira.install(DESCRIPTOR, shared_secret=SECRET, client_key="site-1")
    assert isinstance(app, App)
    assert jira.app is app
    assert (app.key, app.kind, app.client_key, app.shared_secret) == (APP_KEY, "connect", "site-1", SECRET)
    assert app.scopes == {"READ", "WRITE", "DELETE"}
    assert [module.key for module in app.modules] == ["shop-scanner"]
    assert [action.label for action in app.actions.values()] == ["Dismiss", "Settings"]


def test_a_bare_module_goes_by_its_own_key_and_may_do_everything(make_site, link):
    jira = make_site(consistency="immediate")
    app = jira.install(MODULE)
    assert (app.key, app.scopes) == ("shop-scanner", None)
    assert submit(jira, link()).status_code == 202
    assert jira.violations == []


def test_a_forge_manifest_sends_bearer_tokens(make_site, link, tmp_path, version):
    path = tmp_path / "manifest.yml"
    path.write_text(FORGE)
    jira = make_site(contract=version, consistency="immediate")
    app = jira.install(path)
    assert (app.key, app.kind) == ("ari:cloud:ecosystem::app/5a1c", "forge")
    assert jira.authorization("GET", "/").startswith("Bearer ")
    assert submit(jira, link()).status_code == 202
    assert jira.violations == []
    # The manifest does not ask for deleting; only the newer contract names OAuth scopes.
    assert submit(jira, method="DELETE", path=BASE + "/remotelink/1").status_code == (403 if version == "2026-06" else 202)


@pytest.mark.parametrize("as_text", [True, False])
def test_the_path_of_a_descriptor(make_site, tmp_path, as_text):
    path = tmp_path / "atlassian-connect.json"
    path.write_text(json.dumps(DESCRIPTOR))
    assert make_site().install(str(path) if as_text else path).key == APP_KEY


def test_a_secret_is_made_where_none_is_given(make_site):
    jira = make_site()
    one, other = jira.install(DESCRIPTOR), jira.install(DESCRIPTOR)
    assert len(one.shared_secret) >= 32
    assert one.shared_secret != other.shared_secret
    # Installed again, the app has a new secret; the old one is worth nothing.
    assert (read(jira, other), read(jira, one)) == (404, 401)
    assert [violation.code for violation in jira.violations] == ["RL506"]


# What cannot


def broken(**changes):
    return {**DESCRIPTOR, "modules": {"jiraRemoteLinkInfoProvider": {**MODULE, **changes}}}


@pytest.mark.parametrize(
    ("descriptor", "said"),
    [
        (broken(key="shop scanner"), "RL601 at /modules/jiraRemoteLinkInfoProvider/key"),
        (broken(homeUrl="scanner"), "RL601 at /modules/jiraRemoteLinkInfoProvider/homeUrl"),
        (broken(actions=[MODULE["actions"][0]] * 2), "RL602 at /modules/jiraRemoteLinkInfoProvider/actions/1/actionId"),
        ({**DESCRIPTOR, "key": 7}, "RL601 at /key"),
        ({**DESCRIPTOR, "scopes": "READ"}, "RL601 at /scopes"),
        ({"name": "nothing"}, "this is no descriptor"),
        ({}, "this is no descriptor"),
        ([], "not from list"),
        ("", "not from str"),
        (None, "not from NoneType"),
    ],
)
def test_a_descriptor_that_breaks_a_rule_is_told_in_one_line(make_site, descriptor, said):
    jira = make_site()
    with pytest.raises(DescriptorError, match=said) as error:
        jira.install(descriptor)
    assert "\n" not in str(error.value)
    assert isinstance(error.value, ValueError)
    assert jira.app is None
    assert jira.violations == []
    # Nothing was installed, so nothing is verified.
    assert read(jira) == 404


def test_every_fault_is_told_with_its_mend(make_site):
    with pytest.raises(DescriptorError, match=r"/key.+\(change: .+also RL601 at .+/homeUrl"):
        make_site().install(broken(key="shop scanner", homeUrl="scanner"))


def test_an_ignored_rule_does_not_keep_an_app_out(make_site):
    assert make_site(ignore="RL602").install(broken(actions=[MODULE["actions"][0]] * 2)).key == APP_KEY


def test_what_is_only_warned_of_does_not_either(make_site):
    assert make_site().install(broken(name={"value": "ask ann@scanner.example"})).key == APP_KEY


FILES = {
    "no JSON": ("a.json", "{", "it is not JSON: "),
    "a tag": ("a.yml", "app: !!python/object/apply:os.getcwd []\nmodules: {}\n", "it is not YAML that can be used"),
    "no UTF-8": ("a.json", b"\xff", "byte 0 is not UTF-8"),
    "huge": ("a.json", b" " * (11 * 1024 * 1024), "at most 10 are read"),
    "a list": ("a.json", "[]", "this is no descriptor"),
    "empty": ("a.json", "", "the file is empty"),
    "deep": ("a.json", "[" * 100_000, "nesting is too deep"),
}


@pytest.mark.parametrize("name", FILES)
def test_a_file_that_is_no_descriptor_is_told_in_one_line(make_site, tmp_path, name):
    file, content, said = FILES[name]
    path = tmp_path / file
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(DescriptorError) as error:
        make_site().install(path)
    assert said in str(error.value)
    assert str(path) in str(error.value)
    assert "\n" not in str(error.value)


def test_a_directory_a_pipe_and_a_missing_file_are_no_descriptors(make_site, tmp_path):
    os.mkfifo(tmp_path / "pipe")
    for path, said in ((tmp_path, "it is no file"), (tmp_path / "pipe", "it is no file"), (tmp_path / "none", "there is no such file")):
        with pytest.raises(DescriptorError, match=said):
            make_site().install(path)


@pytest.mark.parametrize("source", ["x" * 300, "a\0b", "x" * 5_000])
def test_a_name_that_no_file_can_have_is_told_in_one_line(make_site, source):
    with pytest.raises(DescriptorError, match=r"^app .*: there is no such file") as caught:
        make_site().install(source)
    assert len(str(caught.value)) < 400
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("text", [FORGE, json.dumps(DESCRIPTOR)])
def test_the_text_of_a_descriptor_is_no_path(make_site, text):
    with pytest.raises(DescriptorError, match=r"this is a text: parse it, or give its path$"):
        make_site().install(text)


@pytest.mark.parametrize("scopes", [5, "READ", [5], True])
def test_ignored_scopes_that_are_none_grant_nothing(make_site, scopes):
    app = make_site(ignore=["RL601"]).install({**DESCRIPTOR, "scopes": scopes})
    assert app.scopes == set()


@pytest.mark.parametrize("template", ["", "https://scanner.example/{a", "https://scanner.example/a}", "https://scanner.example/{}"])
def test_a_template_that_nothing_can_fill_is_told(make_site, template):
    action = {"actionId": "a", "actionLabel": {"value": "A"}, "templateUrl": template}
    broken = {**DESCRIPTOR, "modules": {"jiraRemoteLinkInfoProvider": {**MODULE, "actions": [action]}}}
    with pytest.raises(DescriptorError, match="RL601 at /modules/jiraRemoteLinkInfoProvider/actions/0/templateUrl"):
        make_site().install(broken)


@pytest.mark.parametrize("key", ["", 5])
def test_a_client_key_that_is_no_text_is_told(make_site, key):
    with pytest.raises(ValueError, match="client_key must be a string"):
        make_site().install(DESCRIPTOR, client_key=key)


@pytest.mark.parametrize("secret", ["", 7, b"bytes"])
def test_a_secret_that_is_no_text_is_told(make_site, secret):
    with pytest.raises(ValueError, match="shared_secret must be a string"):
        make_site().install(DESCRIPTOR, shared_secret=secret)


# From then on


def test_only_from_installation_on_credentials_are_verified(make_site):
    jira = make_site()
    path = BASE + "/remotelink/1"
    headers = {"Authorization": "JWT x"}
    assert requests.get(jira.url + path, headers=headers, timeout=30).status_code == 404
    jira.install(DESCRIPTOR)
    assert requests.get(jira.url + path, headers=headers, timeout=30).status_code == 401
    assert read(jira) == 404


def test_an_app_without_the_module_is_installed_and_answered_403(make_site, link):
    jira = make_site()
    jira.install({**DESCRIPTOR, "modules": {}}, shared_secret=SECRET)
    answer = submit(jira, link())
    assert (answer.status_code, answer.content) == (403, b"")
    assert [violation.code for violation in jira.violations] == ["RL514"]
    assert jira.links == {}


def test_scopes_are_those_that_the_document_names(make_site, link, version):
    jira = make_site(contract=version)
    statuses = {}
    for scopes in (["READ"], ["WRITE"], ["DELETE"], []):
        app = jira.install({**DESCRIPTOR, "scopes": scopes})
        by_property = BASE + "/bulkByProperties?account=a"
        statuses[tuple(scopes)] = [
            submit(jira, link()).status_code == 403,
            read(jira) == 403,
            submit(jira, method="DELETE", path=BASE + "/remotelink/1").status_code == 403,
            requests.delete(jira.url + by_property, auth=app.auth, timeout=30).status_code == 403,
        ]
    assert statuses == {
        ("READ",): [True, False, True, True],
        ("WRITE",): [False, True, True, True],
        ("DELETE",): [True, True, False, False],
        (): [True, True, True, True],
    }


def test_uninstalling_deletes_at_once_all_that_the_app_sent(make_site, link):
    jira = make_site(consistency="manual")
    app = jira.install(DESCRIPTOR)
    other = jira.install({**DESCRIPTOR, "key": "other"})
    submit(jira, link("1"), app=app)
    submit(jira, link("2"), app=other)
    jira.settle()
    submit(jira, link("3"), app=app)
    jira.uninstall(APP_KEY)
    jira.settle()
    assert (set(jira.links), jira.pending, jira.app) == ({"2"}, [], other)
    assert read(jira, app) == 401
    assert jira.requests[-1].violations[0].code == "RL505"


def test_installing_again_brings_nothing_back(make_site, link):
    jira = make_site(consistency="immediate")
    jira.install(DESCRIPTOR)
    submit(jira, link("1", sequence=9))
    jira.uninstall()
    assert jira.links == {}
    jira.install(DESCRIPTOR)
    assert jira.links == {}
    # A lower number than before is no late update: nothing remembers the one before.
    submit(jira, link("1", sequence=1))
    assert jira.link("1")["updateSequenceNumber"] == 1
    assert jira.violations == []


def test_after_the_last_app_is_gone_everybody_is_unknown(make_site):
    jira = make_site()
    jira.install(DESCRIPTOR)
    jira.uninstall()
    assert jira.app is None
    assert read(jira) == 401
    assert [violation.code for violation in jira.violations] == ["RL505"]
    with pytest.raises(ValueError, match="no app is installed any more"):
        jira.token()


@pytest.mark.parametrize("key", [None, "other"])
def test_what_is_not_installed_cannot_be_uninstalled(make_site, key):
    with pytest.raises(ValueError, match=r"no app .*is installed"):
        make_site().uninstall(key)


def test_reset_keeps_the_apps_and_drops_what_they_sent(make_site, link):
    jira = make_site(consistency="immediate")
    app = jira.install(DESCRIPTOR)
    submit(jira, link())
    jira.reset()
    assert (jira.app, jira.links) == (app, {})
    assert submit(jira, link()).status_code == 202
    assert jira.violations == []


def test_apps_do_not_see_each_others_links(make_site, link):
    jira = make_site(consistency="immediate")
    one = jira.install(DESCRIPTOR)
    other = jira.install({**DESCRIPTOR, "key": "other"})
    submit(jira, link(displayName="of one"), app=one)
    assert (read(jira, one), read(jira, other)) == (200, 404)
    submit(jira, link(displayName="of the other"), app=other)
    submit(jira, method="DELETE", path=BASE + "/remotelink/1", app=one)
    assert (one.links, set(other.links)) == ({}, {"1"})
    submit(jira, link(displayName="of one"), app=one)
    assert [app.links["1"]["displayName"] for app in (one, other)] == ["of one", "of the other"]
    # Of one id, the site shows that of the app installed last.
    assert jira.links["1"]["displayName"] == jira.link("1")["displayName"] == "of the other"


def test_assertions_find_the_links_of_any_app(make_site, link):
    jira = make_site(consistency="manual")
    one = jira.install(DESCRIPTOR)
    jira.install({**DESCRIPTOR, "key": "other"})
    submit(jira, link(), app=one)
    with pytest.raises(AssertionError, match="1 write that may concern it is pending"):
        jira.assert_stored("1")
    jira.settle()
    jira.assert_stored("1", displayName="Link 1")
    jira.assert_linked("ABC-1", "1")
    submit(jira, method="DELETE", path=BASE + "/remotelink/1", app=one)
    jira.assert_deleted("1")


def test_the_argument_of_a_fake_jira_installs():
    with FakeJira(app=DESCRIPTOR, shared_secret=SECRET) as jira:
        path = BASE + "/remotelink/1"
        assert requests.get(jira.url + path, headers={"Authorization": published_token("GET", path)}, timeout=30).status_code == 404
        assert jira.violations == []
    with pytest.raises(DescriptorError):
        FakeJira(app={"name": "nothing"})


def test_trying_again_after_an_installation_is_no_hopeless_retry(make_site, link):
    jira = make_site()
    jira.install({**DESCRIPTOR, "scopes": ["READ"]}, shared_secret=SECRET)
    assert submit(jira, link()).status_code == 403
    assert submit(jira, link()).status_code == 403
    assert [violation.code for violation in jira.requests[-1].violations] == ["RL513", "RL702"]
    jira.install(DESCRIPTOR, shared_secret=SECRET)
    assert submit(jira, link()).status_code == 202
    assert jira.requests[-1].violations == ()


def test_an_app_goes_by_its_key_and_by_itself(make_site, link):
    jira = make_site(consistency="immediate")
    app = jira.install(DESCRIPTOR)
    submit(jira, link())
    for name in (app, app.key):
        assert jira.of(name).assert_stored("1")
    jira.uninstall(app)
    assert jira.app is None
