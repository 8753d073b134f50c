"""Credentials that are used at the wrong site, or in the wrong test, are recognised."""

from __future__ import annotations

import gc
import pickle

import pytest
import requests
from support.apps import DESCRIPTOR, published_token

from pytest_remotelinks import FakeJira
from pytest_remotelinks.auth import elsewhere
from pytest_remotelinks.auth.elsewhere import Place, issuer_of, remember_app, remember_token, signer_of
from pytest_remotelinks.auth.jwt import encode, read_token

READ = "/rest/remotelinks/1.0/remotelink/1"
STOPPED = "a site that no longer runs, such as that of an earlier test"


@pytest.fixture
def site(make_site):
    """A site that has the app installed, with a secret of its own."""
    return make_site(app=DESCRIPTOR)


@pytest.fixture
def other():
    """Another site that runs, with the same app."""
    with FakeJira(app=DESCRIPTOR) as jira:
        yield jira


def refused(jira, authorization):
    """What is said about a read with this credential."""
    requests.get(jira.url + READ, headers={"Authorization": authorization}, timeout=30)
    (violation,) = jira.requests[-1].violations
    return violation.code, violation.hint


def test_token_signed_for_another_site(site, other):
    """A token that is signed with the secret of another site's installation is recognised."""
    code, hint = refused(site, other.authorization("GET", READ))
    assert code == "RL506"
    signer = "it is signed by the app 'com.scanner.shop'"
    assert hint.startswith(f"{signer} with the secret that was installed on the site {other.url}; sign with the shared secret")


def test_token_signed_in_an_earlier_test(site, other):
    """A token that is signed with the secret of a site that was stopped is recognised."""
    authorization = other.authorization("GET", READ)
    other.stop()
    assert f"with the secret that was installed on {STOPPED}; " in refused(site, authorization)[1]


def test_token_signed_before_a_new_installation(site):
    """A token that is signed with the secret of an earlier installation is recognised."""
    authorization = site.authorization("GET", READ)
    site.install(DESCRIPTOR)
    assert "with the secret that was installed on this site in an earlier installation; " in refused(site, authorization)[1]


def test_app_of_another_site(site, other):
    """An app that is installed only on another site is named."""
    other.install({**DESCRIPTOR, "key": "com.other"})
    code, hint = refused(site, other.authorization("GET", READ))
    assert code == "RL505"
    assert hint.startswith(f"it is signed by the app 'com.other' with the secret that was installed on the site {other.url}; send it there")


def test_default_app_of_another_site(site):
    """A value of another site's authorization() is recognised, though no app was installed there."""
    with FakeJira() as other:
        assert f"installed on the site {other.url}; " in refused(site, other.authorization("GET", READ))[1]


def test_bearer_token_of_another_site(site, other):
    """A bearer token that another site issued is recognised, whether from token() or from /oauth/token."""
    client = {
        "audience": "a",
        "grant_type": "client_credentials",
        "client_id": other.app.client_id,
        "client_secret": other.app.client_secret,
    }
    issued = requests.post(other.url + "/oauth/token", json=client, timeout=30).json()["access_token"]
    for token in (other.token(), issued):
        code, hint = refused(site, f"Bearer {token}")
        assert code == "RL515"
        assert hint.startswith(f"it was issued to the app 'com.scanner.shop' by the site {other.url}; ")


def test_bearer_token_after_uninstallation(site):
    """A bearer token that ended with its app's installation is recognised."""
    token = site.token()
    site.uninstall()
    site.install(DESCRIPTOR)
    assert "by this site in an earlier installation; " in refused(site, f"Bearer {token}")[1]


def test_client_credentials_of_another_site(site, other):
    """A request for a token with the client id of another site says so; a wrong secret is reported as one."""

    def answer(client_id, client_secret):
        body = {"audience": "a", "grant_type": "client_credentials", "client_id": client_id, "client_secret": client_secret}
        return requests.post(site.url + "/oauth/token", json=body, timeout=30).json()["error_description"]

    app = "the app 'com.scanner.shop'"
    assert answer(other.app.client_id, "x") == f"this client_id belongs to {app} of the site {other.url}"
    assert answer(site.app.client_id, "x") == "the client_secret is not that of the client_id"
    assert answer("x", "x") == "no installed app has this client_id"


def test_unknown_credentials(site):
    """Credentials that no site gave out are said to be nothing else."""
    code, hint = refused(site, published_token("GET", READ, key="a secret that no site knows"))
    assert (code, hint) == ("RL506", "sign with the shared secret that the installation of 'com.scanner.shop' was given")
    assert "issued" not in refused(site, "Bearer x")[1]


def test_memory_is_bounded_and_has_no_secret(monkeypatch):
    """Only the latest credentials are remembered, none of them can be read, and no site is kept."""
    place = Place("http://a.example", True)
    for number in range(600):
        remember_app(place, f"app-{number}", f"planted-{number}")
        remember_token(place, "app", f"planted-{number}")
    assert len(elsewhere._installations) == len(elsewhere._tokens) == 500
    signed = [read_token(encode({"iss": "x"}, f"planted-{number}")) for number in (0, 599)]
    assert [signer_of(token, None)[:33] for token in signed] == ["", "it is signed by the app 'app-599'"]
    assert [issuer_of(f"planted-{number}", place) for number in (0, 599)] == [
        "",
        "it was issued to the app 'app' by this site in an earlier installation",
    ]
    assert "planted" not in repr((elsewhere._installations, elsewhere._tokens))
    with pytest.raises(TypeError):
        pickle.dumps(elsewhere._installations)
    with FakeJira(app=DESCRIPTOR) as jira:
        jira.token()
    gc.collect()
    assert not any(isinstance(held, FakeJira) for held in gc.get_referrers(elsewhere._installations[-1].place))
