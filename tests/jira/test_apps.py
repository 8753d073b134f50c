"""Installing and uninstalling apps."""

from __future__ import annotations

import json
import os

import pytest
import requests
from support.apps import APP_KEY, DESCRIPTOR, SECRET, published_token

from pytest_remotelinks import App, DescriptorError, FakeJira, RemoteLinksWarning

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


def test_connect_descriptor(make_site):
    """A Connect descriptor gives the app its key, scopes, modules and actions."""
    jira = make_site()
    app = jira.install(DESCRIPTOR, shared_secret=SECRET, client_key="site-1")
    assert isinstance(app, App)
    assert jira.app is app
    assert (app.key, app.kind, app.client_key, app.shared_secret) == (APP_KEY, "connect", "site-1", SECRET)
    assert app.scopes == {"READ", "WRITE", "DELETE"}
    assert [module.key for module in app.modules] == ["shop-scanner"]
    assert [action.label for action in app.actions.values()] == ["Dismiss", "Settings"]


def test_bare_module(make_site, link):
    """A bare module is identified by its own key, and may do everything."""
    jira = make_site(consistency="immediate")
    app = jira.install(MODULE)
    assert (app.key, app.scopes) == ("shop-scanner", None)
    assert submit(jira, link()).status_code == 202
    assert jira.violations == []


def test_forge_manifest(make_site, link, tmp_path, version):
    """A Forge app sends bearer tokens with the scopes of its manifest."""
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
def test_descriptor_from_path(make_site, tmp_path, as_text):
    """An app is installed from the path of its descriptor."""
    path = tmp_path / "atlassian-connect.json"
    path.write_text(json.dumps(DESCRIPTOR))
    assert make_site().install(str(path) if as_text else path).key == APP_KEY


def test_reinstallation_makes_new_secret(make_site):
    """A secret is made if none is given; the one of an earlier installation is not valid any more."""
    jira = make_site()
    one, other = jira.install(DESCRIPTOR), jira.install(DESCRIPTOR)
    assert len(one.shared_secret) >= 32
    assert one.client_key != other.client_key
    assert one.shared_secret != other.shared_secret
    # Installed again, the app has a new secret; the old one is worth nothing.
    assert (read(jira, other), read(jira, one)) == (404, 401)
    assert [violation.code for violation in jira.violations] == ["RL506"]


# What cannot be installed


def broken(**changes):
    return {**DESCRIPTOR, "modules": {"jiraRemoteLinkInfoProvider": {**MODULE, **changes}}}


@pytest.mark.parametrize(
    ("descriptor", "message"),
    [
        (broken(key="shop scanner"), "RL601 at /modules/jiraRemoteLinkInfoProvider/key"),
        (broken(homeUrl="scanner"), "RL601 at /modules/jiraRemoteLinkInfoProvider/homeUrl"),
        (broken(actions=[MODULE["actions"][0]] * 2), "RL602 at /modules/jiraRemoteLinkInfoProvider/actions/1/actionId"),
        ({**DESCRIPTOR, "key": 7}, "RL601 at /key"),
        ({**DESCRIPTOR, "scopes": "READ"}, "RL601 at /scopes"),
        ({"name": "nothing"}, "this is not a descriptor"),
        ({}, "this is not a descriptor"),
        ([], "not from list"),
        ("", "not from str"),
        (None, "not from NoneType"),
    ],
)
def test_invalid_descriptor(make_site, descriptor, message):
    """An invalid descriptor is refused in one line, and nothing is installed."""
    jira = make_site()
    with pytest.raises(DescriptorError, match=message) as error:
        jira.install(descriptor)
    assert "\n" not in str(error.value)
    assert isinstance(error.value, ValueError)
    assert jira.app is None
    assert jira.violations == []
    # Nothing was installed, so nothing is verified.
    assert read(jira) == 404


def test_invalid_descriptor_names_every_fix(make_site):
    """Each fault of a descriptor is reported with what to change."""
    with pytest.raises(DescriptorError, match=r"/key.+\(change: .+also RL601 at .+/homeUrl"):
        make_site().install(broken(key="shop scanner", homeUrl="scanner"))


def test_descriptor_that_violates_ignored_rule(make_site):
    """A descriptor that violates an ignored rule is installed."""
    assert make_site(ignore="RL602").install(broken(actions=[MODULE["actions"][0]] * 2)).key == APP_KEY


def test_descriptor_with_warning(make_site):
    """A descriptor with a warning is installed, and the warning says where to change what."""
    with pytest.warns(RemoteLinksWarning, match=r"^the app's descriptor: RL307 at .+/name/value: .+ \(change: name the product") as caught:
        app = make_site().install(broken(name={"value": "ask ann@scanner.example"}))
    assert app.key == APP_KEY
    assert [warning.filename for warning in caught] == [__file__]


FILES = {
    "no JSON": ("a.json", "{", "it is not JSON: "),
    "code in a tag": (
        "a.yml",
        "app: !!python/object/apply:os.getcwd []\nmodules: {}\n",
        "RL601 at /app/id: the app has no key",
    ),
    "no UTF-8": ("a.json", b"\xff", "byte 0 is not UTF-8"),
    "huge": ("a.json", b" " * (11 * 1024 * 1024), "at most 10 are read"),
    "a list": ("a.json", "[]", "this is not a descriptor"),
    "empty": ("a.json", "", "the file is empty"),
    "deep": ("a.json", "[" * 100_000, "nesting is too deep"),
}


@pytest.mark.parametrize("name", FILES)
def test_file_that_is_not_a_descriptor(make_site, tmp_path, name):
    """A file that is not a descriptor is refused in one line."""
    file, content, message = FILES[name]
    path = tmp_path / file
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(DescriptorError) as error:
        make_site().install(path)
    assert message in str(error.value)
    assert str(path) in str(error.value)
    assert "\n" not in str(error.value)


def test_path_that_is_not_a_file(make_site, tmp_path):
    """A folder, a pipe and a missing file are refused."""
    os.mkfifo(tmp_path / "pipe")
    none = tmp_path / "none"
    for path, message in ((tmp_path, "it is not a file"), (tmp_path / "pipe", "it is not a file"), (none, "there is no such file")):
        with pytest.raises(DescriptorError, match=message):
            make_site().install(path)


@pytest.mark.parametrize("source", ["x" * 300, "a\0b", "x" * 5_000])
def test_path_that_cannot_exist(make_site, source):
    """A name that no file can have is refused in one short line."""
    with pytest.raises(DescriptorError, match=r"^app .*: there is no such file") as caught:
        make_site().install(source)
    assert len(str(caught.value)) < 400
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("text", [FORGE, json.dumps(DESCRIPTOR)])
def test_text_of_descriptor_instead_of_path(make_site, text):
    """The text of a descriptor is not taken for a path."""
    with pytest.raises(DescriptorError, match=r"this is a text: parse it, or give its path$"):
        make_site().install(text)


@pytest.mark.parametrize("scopes", [5, "READ", [5], True])
def test_ignored_invalid_scopes_grant_nothing(make_site, scopes):
    """Scopes that are invalid, and ignored, allow nothing."""
    app = make_site(ignore=["RL601"]).install({**DESCRIPTOR, "scopes": scopes})
    assert app.scopes == set()


@pytest.mark.parametrize("template", ["", "https://scanner.example/{a", "https://scanner.example/a}", "https://scanner.example/{}"])
def test_action_with_invalid_template(make_site, template):
    """A template URL that cannot be filled is refused."""
    action = {"actionId": "a", "actionLabel": {"value": {"value": "A"}}, "templateUrl": template}
    broken = {**DESCRIPTOR, "modules": {"jiraRemoteLinkInfoProvider": {**MODULE, "actions": [action]}}}
    with pytest.raises(DescriptorError, match="RL601 at /modules/jiraRemoteLinkInfoProvider/actions/0/templateUrl"):
        make_site().install(broken)


@pytest.mark.parametrize("key", ["", 5])
def test_invalid_client_key(make_site, key):
    """A client key must be text."""
    with pytest.raises(ValueError, match="client_key must be a string"):
        make_site().install(DESCRIPTOR, client_key=key)


@pytest.mark.parametrize("secret", ["", 7, b"bytes"])
def test_invalid_shared_secret(make_site, secret):
    """A shared secret must be text."""
    with pytest.raises(ValueError, match="shared_secret must be a string"):
        make_site().install(DESCRIPTOR, shared_secret=secret)


# Installed apps


def test_credentials_are_verified_from_installation_on(make_site):
    """Credentials are verified from the first installation on."""
    jira = make_site()
    path = BASE + "/remotelink/1"
    headers = {"Authorization": "JWT x"}
    assert requests.get(jira.url + path, headers=headers, timeout=30).status_code == 404
    jira.install(DESCRIPTOR)
    assert requests.get(jira.url + path, headers=headers, timeout=30).status_code == 401
    assert read(jira) == 404


def test_app_without_module_gets_403(make_site, link):
    """An app without the remote link module is installed, and answered 403."""
    jira = make_site()
    jira.install({**DESCRIPTOR, "modules": {}}, shared_secret=SECRET)
    answer = submit(jira, link())
    assert (answer.status_code, answer.content) == (403, b"")
    assert [violation.code for violation in jira.violations] == ["RL514"]
    assert jira.links == {}


def test_connect_scopes_of_operations(make_site, link, version):
    """Each operation needs the scope that the document names, or one that includes it."""
    jira = make_site(contract=version)
    statuses = {}
    for scopes in (["READ"], ["WRITE"], ["DELETE"], ["admin"], ["ACT_AS_USER"], []):
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
        ("WRITE",): [False, False, True, True],
        ("DELETE",): [False, False, False, False],
        ("admin",): [False, False, False, False],
        ("ACT_AS_USER",): [True, True, True, True],
        (): [True, True, True, True],
    }


def test_uninstall_deletes_links_at_once(make_site, link):
    """Uninstalling an app deletes its links at once, and those of no other app."""
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
    with pytest.raises(ValueError, match=f"no app '{APP_KEY}' is installed, so no token can be issued to it"):
        app.token()


def test_reinstallation_brings_nothing_back(make_site, link):
    """Installing an app again brings none of its links back."""
    jira = make_site(consistency="immediate")
    jira.install(DESCRIPTOR)
    submit(jira, link("1", sequence=9))
    jira.uninstall()
    assert jira.links == {}
    jira.install(DESCRIPTOR)
    assert jira.links == {}
    # A lower number than before is not a late update: the number before is forgotten.
    submit(jira, link("1", sequence=1))
    assert jira.link("1")["updateSequenceNumber"] == 1
    assert jira.violations == []


def test_requests_after_last_uninstallation(make_site):
    """Requests and tokens are refused after the last app was uninstalled."""
    jira = make_site()
    jira.install(DESCRIPTOR)
    jira.uninstall()
    assert jira.app is None
    assert read(jira) == 401
    assert [violation.code for violation in jira.violations] == ["RL505"]
    with pytest.raises(ValueError, match="no app is installed any more"):
        jira.token()


@pytest.mark.parametrize("key", [None, "other"])
def test_uninstall_unknown_app(make_site, key):
    """An app that is not installed cannot be uninstalled."""
    with pytest.raises(ValueError, match=r"no app .*is installed"):
        make_site().uninstall(key)


def test_reset_keeps_apps(make_site, link):
    """reset() keeps the apps and forgets their links."""
    jira = make_site(consistency="immediate")
    app = jira.install(DESCRIPTOR)
    submit(jira, link())
    jira.reset()
    assert (jira.app, jira.links) == (app, {})
    assert submit(jira, link()).status_code == 202
    assert jira.violations == []


def test_apps_have_separate_links(make_site, link):
    """Apps do not see each other's links."""
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


def test_assertions_find_links_of_any_app(make_site, link):
    """The site's assertions find the links of every app."""
    jira = make_site(consistency="manual")
    one = jira.install(DESCRIPTOR)
    jira.install({**DESCRIPTOR, "key": "other"})
    submit(jira, link(), app=one)
    with pytest.raises(AssertionError, match="1 write that may concern it is still pending"):
        jira.assert_stored("1")
    jira.settle()
    jira.assert_stored("1", displayName="Link 1")
    jira.assert_linked("1", issue="ABC-1")
    submit(jira, method="DELETE", path=BASE + "/remotelink/1", app=one)
    jira.assert_deleted("1")


def test_app_argument_installs():
    """The argument ``app`` of FakeJira installs an app."""
    with FakeJira(app=DESCRIPTOR, shared_secret=SECRET) as jira:
        path = BASE + "/remotelink/1"
        assert requests.get(jira.url + path, headers={"Authorization": published_token("GET", path)}, timeout=30).status_code == 404
        assert jira.violations == []
    with pytest.raises(DescriptorError):
        FakeJira(app={"name": "nothing"})


def test_retry_after_installation(make_site, link):
    """A refused request may be tried again after an installation."""
    jira = make_site()
    jira.install({**DESCRIPTOR, "scopes": ["READ"]}, shared_secret=SECRET)
    assert submit(jira, link()).status_code == 403
    assert submit(jira, link()).status_code == 403
    assert [violation.code for violation in jira.requests[-1].violations] == ["RL513", "RL702"]
    jira.install(DESCRIPTOR, shared_secret=SECRET)
    assert submit(jira, link()).status_code == 202
    assert jira.requests[-1].violations == ()


def test_app_is_named_by_key_or_value(make_site, link):
    """An app is named by its key, or by what install() returned."""
    jira = make_site(consistency="immediate")
    app = jira.install(DESCRIPTOR)
    submit(jira, link())
    assert app.assert_stored("1")
    jira.uninstall(app)
    assert jira.app is None
