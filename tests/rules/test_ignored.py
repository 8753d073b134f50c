"""What only an ignored rule forbids is accepted; what another rule forbids too is refused."""

from __future__ import annotations

import time

import pytest
import requests
from support.apps import DESCRIPTOR, SECRET, published_token

READ = "/rest/remotelinks/1.0/remotelink/alert-1"
ELSEWHERE = READ + "0"
EXPIRED = {"iat": -900, "exp": -600}
WITHOUT_SCOPES, WITHOUT_MODULE = {"scopes": []}, {"modules": {}}


def bearer():
    return "Bearer another-sites-token"


def jwt(path=READ, **changes):
    def made():
        now = int(time.time())
        return published_token(
            "GET", path, **{name: now + value if name in EXPIRED and value is not None else value for name, value in changes.items()}
        )

    return made


CASES = [
    # ignored, what is sent, how the app differs, what remains
    ("RL504", jwt(algorithm="HS512"), {}, set()),
    ("RL504", jwt(ELSEWHERE, algorithm="HS512"), {}, {"RL509"}),
    ("RL504", jwt(algorithm="HS512"), WITHOUT_SCOPES, {"RL513"}),
    ("RL504", jwt(algorithm="HS512"), WITHOUT_MODULE, {"RL514"}),
    ("RL504", jwt(algorithm="HS384", key="wrong"), {}, {"RL506"}),
    ("RL504", jwt(algorithm="HS512", iss="x"), {}, {"RL505"}),
    ("RL504", jwt(algorithm="none", key=None), {}, set()),
    ("RL504", jwt(ELSEWHERE, algorithm="none", key=None), {}, {"RL509"}),
    ("RL504", jwt(algorithm="none", key=None, **EXPIRED), WITHOUT_MODULE, {"RL507", "RL514"}),
    ("RL505", jwt(iss="x"), {}, set()),
    ("RL505", jwt(iss="x", key="wrong"), {}, set()),
    ("RL505", jwt(iss="x", **EXPIRED), {}, {"RL507"}),
    ("RL505", jwt(ELSEWHERE, iss="x"), WITHOUT_SCOPES, {"RL509", "RL513"}),
    ("RL505", jwt(iss="x", qsh=None), {}, {"RL511"}),
    ("RL505", jwt(ELSEWHERE, iss="x", exp=None), {}, {"RL509", "RL511"}),
    ("RL506", jwt(key="wrong"), {}, set()),
    ("RL506", jwt(ELSEWHERE, key="wrong", **EXPIRED), WITHOUT_SCOPES, {"RL507", "RL509", "RL513"}),
    ("RL511", jwt(iss=None), {}, set()),
    ("RL511", jwt(iss=7), {}, set()),
    ("RL511", jwt(iss=None, key="wrong"), {}, {"RL506"}),
    ("RL511", jwt(ELSEWHERE, iss=None), {}, {"RL509"}),
    ("RL511,RL506", jwt(ELSEWHERE, iss=None, key="wrong"), {}, {"RL509"}),
    ("RL511", jwt(iss=None), WITHOUT_SCOPES, {"RL513"}),
    ("RL511", jwt(exp=None, qsh=None), WITHOUT_MODULE, {"RL514"}),
    ("RL503", lambda: "JWT x", {}, set()),
    ("RL503", lambda: "JWT x", WITHOUT_MODULE, {"RL514"}),
    ("RL503", lambda: "JWT x", WITHOUT_SCOPES, {"RL513"}),
    ("RL515", bearer, {}, set()),
    ("RL515", bearer, WITHOUT_MODULE, {"RL514"}),
    ("RL515", bearer, WITHOUT_SCOPES, {"RL513"}),
    ("RL501", lambda: None, {}, set()),
    ("RL501", lambda: None, WITHOUT_MODULE, {"RL514"}),
    ("RL501", lambda: None, WITHOUT_SCOPES, {"RL513"}),
    ("RL502", lambda: "jwt " + jwt()()[4:], {}, set()),
    ("RL502", lambda: "jwt " + jwt(ELSEWHERE)()[4:], {}, {"RL509"}),
    ("RL502", lambda: "JWT\t" + jwt(key="wrong")()[4:], {}, {"RL506"}),
    ("RL502", lambda: "Token x", WITHOUT_MODULE, {"RL514"}),
]


@pytest.mark.parametrize(("ignored", "make", "members", "remaining"), CASES)
def test_other_rules_are_still_checked(make_site, ignored, make, members, remaining):
    """Ignoring one rule does not keep the others from being checked."""
    jira = make_site(app={**DESCRIPTOR, **members}, shared_secret=SECRET, ignore=ignored)
    authorization = make()
    headers = {} if authorization is None else {"Authorization": authorization}
    status = requests.get(jira.url + READ, headers=headers, timeout=30).status_code
    assert {violation.code for violation in jira.violations} == remaining
    assert status == (404 if not remaining else 403 if remaining <= {"RL513", "RL514"} else 401)
    if not remaining:
        assert jira.requests[-1].app == DESCRIPTOR["key"]


def test_signature_identifies_app_without_issuer(make_site):
    """Without an issuer the signature tells which app sent the token."""
    jira = make_site(app=DESCRIPTOR, shared_secret=SECRET, ignore="RL511")
    jira.install({**DESCRIPTOR, "key": "other", "modules": {}}, shared_secret="the other secret")
    headers = {"Authorization": published_token("GET", READ, iss=None)}
    assert requests.get(jira.url + READ, headers=headers, timeout=30).status_code == 404
    assert jira.requests[-1].app == DESCRIPTOR["key"]
    headers = {"Authorization": published_token("GET", READ, iss=None, key="the other secret")}
    assert requests.get(jira.url + READ, headers=headers, timeout=30).status_code == 403
    assert [violation.code for violation in jira.violations] == ["RL514"]


def test_missing_issuer_beside_forge_app(make_site):
    """A token without issuer belongs to a Forge app if no other is installed; there is no secret to verify it with."""
    module = {"key": "scanner", "name": {"value": "Scanner"}, "homeUrl": "https://scanner.example"}
    manifest = {"app": {"id": "ari:1"}, "permissions": {"scopes": []}, "modules": {"devops:remoteLinkInfoProvider": [module]}}
    jira = make_site(app=manifest, ignore="RL511,RL513")
    assert requests.get(jira.url + READ, headers={"Authorization": published_token("GET", READ, iss=None)}, timeout=30).status_code == 404
    assert (jira.violations, jira.requests[0].app) == ([], "ari:1")


def test_unknown_issuer_belongs_to_forge_app(make_site):
    """The token of an unknown app belongs to the latest app, also if that is a Forge app."""
    module = {"key": "scanner", "name": {"value": "Scanner"}, "homeUrl": "https://scanner.example"}
    manifest = {"app": {"id": "ari:1"}, "permissions": {"scopes": []}, "modules": {"devops:remoteLinkInfoProvider": [module]}}
    jira = make_site(app=manifest, ignore="RL505")
    assert requests.get(jira.url + READ, headers={"Authorization": published_token("GET", READ)}, timeout=30).status_code == 403
    assert [violation.code for violation in jira.violations] == ["RL513"]
