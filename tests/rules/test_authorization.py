"""Who sends a request: the form of the Authorization header, bearer tokens and Basic credentials."""

from __future__ import annotations

import base64
import http.client

import pytest
import requests
from support.apps import APP_KEY, DESCRIPTOR, SECRET, published_token

from pytest_remotelinks import FakeJira
from pytest_remotelinks.wire.fix import fixed_request

PATH = "/rest/remotelinks/1.0/remotelink/1"
READ, WRITE, DELETE = (f"{verb}:remote-link-info:jira" for verb in ("read", "write", "delete"))


def read(jira, authorization, method="GET", path=PATH):
    return requests.request(method, jira.url + path, headers={"Authorization": authorization}, timeout=30).status_code


def test_token_with_scope_of_operation(make_site):
    """A token is accepted for the operations whose scope it has, and for no others."""
    jira = make_site(app=DESCRIPTOR)
    assert read(jira, f"Bearer {jira.token(scopes=[READ])}") == 404
    assert jira.violations == []
    assert read(jira, f"bearer {jira.token(scopes=[WRITE, DELETE])}") == 403
    (violation,) = jira.violations
    assert violation.code == "RL513"
    assert READ in violation.hint
    assert jira.requests[-1].response.body == b""
    assert read(jira, f"Bearer {jira.token(scopes=f'{READ} {DELETE}')}", "DELETE") == 202
    assert read(jira, f"Bearer {jira.token(scopes=[READ])}", "DELETE", "/rest/remotelinks/1.0/bulkByProperties?a=1") == 403
    assert jira.requests[0].app == APP_KEY


def test_contract_without_oauth_scopes(make_site):
    """A contract that names no OAuth scopes asks for none; a newer one that does is reported."""
    jira = make_site(contract="2023-06", app=DESCRIPTOR)
    assert read(jira, f"Bearer {jira.token(scopes=[WRITE])}") == 404
    # The newer contract refuses it, which is reported.
    assert [violation.code for violation in jira.violations] == ["RL901"]


def test_token_without_scopes_has_those_of_its_app(make_site):
    """A token without scopes allows what its app may do."""
    jira = make_site(app={**DESCRIPTOR, "scopes": ["READ"]})
    assert read(jira, f"Bearer {jira.token()}") == 404
    assert read(jira, f"Bearer {jira.token()}", "DELETE") == 403


def test_token_ends_on_site_clock(make_site):
    """A token ends on the site's clock, to the second."""
    jira = make_site(app=DESCRIPTOR)
    token = jira.token(expires_in=60)
    jira.advance(59)
    assert read(jira, f"Bearer {token}") == 404
    jira.advance(1)
    assert read(jira, f"Bearer {token}") == 401
    assert [violation.code for violation in jira.violations] == ["RL516"]


def test_token_of_another_site_is_refused(make_site):
    """Tokens of another site, and texts that only resemble a token, are refused."""
    elsewhere = FakeJira(app=DESCRIPTOR).token()
    jira = make_site(app=DESCRIPTOR)
    known = jira.token()
    for token in (elsewhere, "x", known[:-1], known + "x", known.swapcase()):
        assert read(jira, f"Bearer {token}") == 401
        assert [violation.code for violation in jira.requests[-1].violations] == ["RL515"]
    assert jira.requests[0].response.body == b""


def test_token_ends_with_uninstallation(make_site):
    """Uninstalling an app ends its tokens, also if it is installed again."""
    jira = make_site(app=DESCRIPTOR)
    token = jira.token()
    jira.uninstall()
    assert read(jira, f"Bearer {token}") == 401
    jira.install(DESCRIPTOR)
    assert read(jira, f"Bearer {token}") == 401


def test_token_of_uninstalled_app_beside_another(make_site):
    """The token of an uninstalled app is refused while another app is installed, whose own token stays valid."""
    jira = make_site()
    app, other = jira.install(DESCRIPTOR), jira.install({**DESCRIPTOR, "key": "other"})
    gone, kept = app.token(), other.token()
    assert [read(jira, f"Bearer {token}") for token in (gone, kept)] == [404, 404]
    assert [exchange.app for exchange in jira.requests] == [APP_KEY, "other"]
    jira.uninstall(app)
    assert [read(jira, f"Bearer {token}") for token in (gone, kept)] == [401, 404]
    jira.install(DESCRIPTOR)
    assert [read(jira, f"Bearer {token}") for token in (gone, kept)] == [401, 404]
    assert [violation.code for violation in jira.violations] == ["RL515"] * 2


def test_token_from_before_installation(make_site):
    """A token that was issued before any app was installed is refused afterwards."""
    jira = make_site()
    token = jira.token()
    assert read(jira, f"Bearer {token}") == 404
    jira.install(DESCRIPTOR)
    assert read(jira, f"Bearer {token}") == 401
    assert [violation.code for violation in jira.violations] == ["RL515"]


def test_token_is_checked_without_installed_app(make_site):
    """Scopes and end of an issued token are checked before any app is installed."""
    jira = make_site()
    assert read(jira, "Bearer anything") == 404
    assert read(jira, f"Bearer {jira.token(scopes=[READ])}") == 404
    assert jira.violations == []
    assert read(jira, f"Bearer {jira.token(scopes=[WRITE])}") == 403
    assert read(jira, f"Bearer {jira.token(expires_in=0)}") == 401


@pytest.mark.parametrize(
    "arguments",
    [
        {"scopes": 5},
        {"scopes": [[]]},
        {"scopes": True},
        {"scopes": [7]},
        {"scopes": [""]},
        {"expires_in": -1},
        {"expires_in": "60"},
        {"expires_in": True},
    ],
)
def test_token_with_invalid_argument(make_site, arguments):
    """Invalid scopes and lifetimes raise ValueError."""
    with pytest.raises(ValueError, match="must be a"):
        make_site(app=DESCRIPTOR).token(**arguments)


def test_token_of_forge_app_beyond_manifest(make_site):
    """A Forge app gets no token with scopes that its manifest lacks."""
    module = {"key": "scanner", "name": {"value": "Scanner"}, "homeUrl": "https://scanner.example"}
    manifest = {
        "app": {"id": "ari:1"},
        "permissions": {"scopes": [READ]},
        "modules": {"devops:remoteLinkInfoProvider": [module]},
    }
    jira = make_site(app=manifest)
    assert jira.token(scopes=[READ])
    with pytest.raises(ValueError, match=f"does not ask for {WRITE}"):
        jira.token(scopes=[READ, WRITE])


@pytest.mark.parametrize("version", ["2023-06", "2026-06"])
def test_signed_token_sent_as_bearer(make_site, version):
    """A signed token that is sent as a bearer token is recognised."""
    jira = make_site(contract=version, app=DESCRIPTOR)
    assert read(jira, "Bearer " + jira.authorization("GET", PATH).removeprefix("JWT ")) == 401
    (violation,) = jira.violations
    assert (violation.code, violation.hint) == ("RL515", "send 'Authorization: JWT ***'; it is a token that an app signs")


@pytest.mark.parametrize(
    ("claims", "recognised"),
    [
        ({"iss": APP_KEY, "qsh": None}, True),
        ({"iss": "another"}, True),
        ({"iss": "another", "qsh": None}, False),
        ({"iss": ["a"], "qsh": None}, False),
    ],
)
def test_claims_of_signed_token_sent_as_bearer(make_site, claims, recognised):
    """A signed token sent as bearer is recognised by its qsh, or by its issuer if that is an installed app."""
    jira = make_site(app=DESCRIPTOR, shared_secret=SECRET)
    assert read(jira, "Bearer " + published_token("GET", PATH, **claims).removeprefix("JWT ")) == 401
    assert ("send 'Authorization: JWT ***'" in jira.violations[0].hint) is recognised


@pytest.mark.both_versions
def test_hint_names_oauth_if_contract_does(make_site, version):
    """The hint names /oauth/token only if the contract names OAuth."""
    jira = make_site(contract=version, app=DESCRIPTOR)
    read(jira, "Bearer a.b.c")
    assert ("/oauth/token" in jira.violations[0].hint) == (version == "2026-06")
    assert "fake_jira.token(" in jira.violations[0].hint


# Basic


def basic(text):
    return "Basic " + base64.b64encode(text.encode()).decode()


@pytest.mark.parametrize("credential", ["", "YW5u", "YW5uOnRva2V", "YW5uOn*=", "a", "YW5u OnRva2Vu"])
def test_malformed_basic(make_site, credential):
    """Basic credentials are Base64 with a colon in it."""
    jira = make_site(app=DESCRIPTOR)
    assert read(jira, f"Basic {credential}") == 401
    assert [violation.code for violation in jira.violations] == ["RL502"]


PERSON = "ann+é@scanner.example:ATATT3xFf-_~=0"
#: What is wrong with Basic credentials. The fix is the right ones.
BASICS = {
    "not encoded": (f"Basic {PERSON.replace('é', 'e')}", "are not encoded in Base64"),
    "URL-safe": ("Basic " + base64.urlsafe_b64encode(f"{PERSON}>>>???".encode()).decode(), "are in URL-safe Base64"),
    "not padded": (basic(PERSON).rstrip("="), "are padded wrongly"),
    "padded too much": (basic(PERSON) + "==", "are padded wrongly"),
    "wrapped": (basic(PERSON)[:30] + " " + basic(PERSON)[30:], "white space is in the Basic credentials"),
    "encoded twice": (basic(basic(PERSON).removeprefix("Basic ")), "are encoded twice"),
    "echo without -n": (basic(PERSON + "\n"), "end in a line break"),
    "two schemes": (f"Basic {basic(PERSON)}", "has two schemes"),
    "quotes": (f'Basic "{basic(PERSON).removeprefix("Basic ")}"', "is in quotes"),
    "bytes": (f"Basic b'{basic(PERSON).removeprefix('Basic ')}'", "is written like Python's bytes"),
}


@pytest.mark.parametrize("name", BASICS)
def test_basic_that_is_almost_right(make_site, name):
    """Basic credentials that are encoded wrongly are refused with what is wrong; they are accepted after the fix."""
    jira = make_site()
    sent, message = BASICS[name]
    assert read(jira, sent) == 401
    (violation,) = jira.violations
    assert violation.code == "RL502"
    assert message in violation.message
    assert violation.hint.startswith("send 'Authorization: Basic ***'; ")
    assert base64.b64decode(violation.fix.value.removeprefix("Basic ")).decode().startswith("ann+")
    assert read(jira, str(violation.fix.value)) == 404
    assert len(jira.violations) == 1


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("ann@scanner.example:undefined", "the token of the Basic credentials is 'undefined'"),
        ("ann@scanner.example:None", "the token of the Basic credentials is 'None'"),
        ("ann@scanner.example:", "the token of the Basic credentials is empty"),
        (":token", "the email address of the Basic credentials is empty"),
        ("None:token", "the email address of the Basic credentials is 'None'"),
        ("token-alone", "the Basic credentials have no colon"),
    ],
)
def test_basic_without_a_part(make_site, text, message):
    """Basic credentials that lack a part are refused."""
    jira = make_site()
    assert read(jira, basic(text)) == 401
    assert [(violation.code, violation.message, violation.fix) for violation in jira.violations] == [("RL502", message, None)]


@pytest.mark.both_versions
def test_basic_belongs_to_latest_app(make_site, version):
    """Basic credentials belong to the latest app, if the contract names them at all."""
    jira = make_site(contract=version)
    jira.install(DESCRIPTOR)
    jira.install({**DESCRIPTOR, "key": "other"})
    status = read(jira, basic("ann@scanner.example:api-token"))
    if version == "2026-06":
        assert (status, jira.requests[0].app, jira.violations) == (404, "other", [])
    else:
        assert status == 401
        assert jira.violations[0].code == "RL502"


def test_basic_after_last_uninstallation(make_site):
    """Basic credentials are refused after the last app was uninstalled."""
    jira = make_site(app=DESCRIPTOR)
    jira.uninstall()
    assert read(jira, basic("ann@scanner.example:api-token")) == 401
    assert jira.violations[0].code == "RL505"


def test_basic_needs_module_and_no_scope(make_site):
    """Basic credentials need an app with the module, but no scope."""
    authorization = basic("ann@scanner.example:api-token")
    assert read(make_site(app={**DESCRIPTOR, "scopes": []}), authorization) == 404
    jira = make_site(app={**DESCRIPTOR, "modules": {}})
    assert read(jira, authorization) == 403
    assert [violation.code for violation in jira.violations] == ["RL514"]


# The header


#: Around a token, what is wrong and what to do. The fix is the token after JWT.
HEADERS = {
    "lower case": ("jwt {}", "the scheme of the Authorization header is 'jwt'", "write it as 'JWT'"),
    "mixed case": ("Jwt {}", "the scheme of the Authorization header is 'Jwt'", "write it as 'JWT'"),
    "two spaces": ("JWT  {}", "more than one space", "one space between JWT and the token"),
    "lower case and two spaces": ("jwt  {}", "more than one space", "one space between JWT and the token"),
    "a tab": ("JWT\t{}", "a tab follows the scheme", "one space between scheme and credential"),
    "a space and a tab": ("Bearer \t{}", "a tab follows the scheme", "one space between scheme and credential"),
    "an encoded space": ("JWT%20{}", "the space after the scheme is percent-encoded", "headers are sent as they are"),
    "a colon": ("JWT: {}", "more than a space follows the scheme", "put one space"),
    "an equals sign": ("JWT={}", "more than a space follows the scheme", "put one space"),
    "a comma": ("JWT, {}", "more than a space follows the scheme", "put one space"),
    "a name": ("JWT token={}", "a name is before the credential", "only the credential follows"),
    "another name": ("JWT jwt: {}", "a name is before the credential", "only the credential follows"),
    "a name and quotes": ('JWT token="{}"', "a name is before the credential", "only the credential follows"),
    "a name after another scheme": ("Token token={}", "a name is before the credential", "only the credential follows"),
    "a name alone": ("token: {}", "a name is before the credential", "only the credential follows"),
    "a name after Bearer": ("Bearer access_token={}", "a name is before the credential", "only the credential follows"),
    "quotes": ('JWT "{}"', "the credential is in quotes", "send it without"),
    "single quotes": ("JWT '{}'", "the credential is in quotes", "send it without"),
    "bytes": ("JWT b'{}'", "written like Python's bytes", "decode them"),
    "angle brackets": ("JWT <{}>", "the credential is in brackets", "send it without"),
    "square brackets": ("JWT [{}]", "the credential is in brackets", "send it without"),
    "braces": ("JWT {{{}}}", "the credential is in brackets", "send it without"),
    "quotes around all": ('"JWT {}"', "the credential is in quotes", "send it without"),
    "bytes around all": ("b'JWT {}'", "the credential is written like Python's bytes", "decode them"),
    "its own name": ("Authorization: JWT {}", "begins with its name", "send the value alone"),
    "a line break in writing": ("JWT {}\\n", "a line break is written at the end", "strip the credential"),
    "an encoded line break": ("JWT {}%0A", "a line break is written at the end", "strip the credential"),
    "a comma at the end": ("JWT {},", "ends in punctuation", "only the credential follows"),
    "JWT after Bearer": ("Bearer JWT {}", "has two schemes", "some libraries add the scheme"),
    "Bearer after JWT": ("JWT Bearer {}", "has two schemes", "some libraries add the scheme"),
    "JWT twice": ("JWT jwt {}", "has two schemes", "some libraries add the scheme"),
    "no scheme": ("{}", "the Authorization header has no scheme", "the scheme of a token that an app signs is JWT"),
    "another scheme": ("Token {}", "the contract has no scheme 'Token'", "the scheme of a token that an app signs is JWT"),
}


@pytest.mark.parametrize("header", HEADERS)
@pytest.mark.parametrize("app", [None, DESCRIPTOR])
def test_malformed_header_says_what_is_wrong(make_site, header, app):
    """A header that is almost right is refused with what is wrong; it is accepted after the fix."""
    jira = make_site(**({"app": app, "shared_secret": SECRET} if app else {}))
    form, message, hint = HEADERS[header]
    token = published_token("GET", PATH).removeprefix("JWT ")
    assert read(jira, form.format(token)) == 401
    (violation,) = jira.violations
    assert violation.code == "RL502"
    assert message in violation.message
    assert violation.hint.startswith("send 'Authorization: JWT ***'; ")
    assert hint in violation.hint
    assert token not in repr(violation)
    assert read(jira, str(violation.fix.value)) == 404
    assert len(jira.violations) == 1


#: Headers that do not say what was meant.
LOST = {
    "undefined": ("Bearer undefined", "the credential is 'undefined'"),
    "null": ("JWT null", "the credential is 'null'"),
    "None": ("Bearer None", "the credential is 'None'"),
    "None for Basic": ("Basic None", "the credential is 'None'"),
    "an object": ("Bearer [object Object]", "the credential is '[object Object]'"),
    "a promise": ("JWT [object Promise]", "the credential is '[object Promise]'"),
    "a coroutine": ("JWT <coroutine object sign at 0x7f>", "the credential is '<coroutine object sign at 0x7f>'"),
    "a function": ("Bearer <function token at 0x7f>", "the credential is a function"),
    "a variable": ("Bearer $TOKEN", "the credential is '$TOKEN'"),
    "a template": ("JWT {{token}}", "the credential is '{{token}}'"),
    "a template literal": ("JWT ${token}", "the credential is '${token}'"),
    "an example": ("JWT <token>", "the credential is '<token>'"),
    "two tokens": ("JWT {0} {0}", "is not a scheme and a credential"),
    "a scheme alone": ("JWT", "is not a scheme and a credential"),
    "a scheme alone in lower case": ("jwt", "is not a scheme and a credential"),
    "nothing": ("", "is not a scheme and a credential"),
    "quotes around a word": ("JWT 'x'", "the credential is in quotes"),
    "an opaque token without a scheme": ("0123456789abcdefghij", "has no scheme"),
    "an opaque token with another scheme": ("Token 0123456789abcdefghij", "the contract has no scheme 'Token'"),
}


@pytest.mark.parametrize("header", LOST)
@pytest.mark.parametrize("app", [None, DESCRIPTOR])
def test_malformed_header_without_fix(make_site, header, app):
    """A header that does not have the credential is refused, without a fix, also before an app is installed."""
    jira = make_site(**({"app": app, "shared_secret": SECRET} if app else {}))
    form, message = LOST[header]
    assert read(jira, form.replace("{0}", published_token("GET", PATH).removeprefix("JWT "))) == 401
    (violation,) = jira.violations
    assert (violation.code, violation.fix) == ("RL502", None)
    assert message in violation.message
    assert violation.hint


@pytest.mark.parametrize(
    "value", ["JWT x", "JWT a.b.c", "JWT token", "Bearer anything", "bearer a=b", "Bearer 0-._~+/=", "JWT none-of-these", "Bearer  x"]
)
def test_well_formed_header(make_site, value):
    """Before an app is installed any credential is accepted that is not certainly a mistake."""
    jira = make_site()
    assert read(jira, value) == 404
    assert jira.violations == []


def test_signed_token_sent_as_bearer_before_installation(make_site):
    """A token that an app signed is not a bearer token, whether an app is installed or not."""
    jira = make_site()
    token = published_token("GET", PATH).removeprefix("JWT ")
    assert read(jira, f"Bearer {token}") == 401
    (violation,) = jira.violations
    assert (violation.code, violation.fix.value) == ("RL515", f"JWT {token}")


def test_opaque_bearer_token_in_wrappings(make_site):
    """A bearer token keeps its scheme in the fix."""
    jira = make_site(app=DESCRIPTOR)
    token = jira.token()
    for form in ('Bearer "{}"', "Bearer: {}", "Bearer Bearer {}", "JWT Bearer {}", "bearer token={}"):
        assert read(jira, form.format(token)) == 401
        (violation,) = jira.requests[-1].violations
        assert read(jira, str(violation.fix.value)) == 404
        assert jira.requests[-1].violations == ()


# No header


@pytest.mark.parametrize("name", ["X-Authorization", "Authentication", "Authorisation", "X-Auth-Token"])
def test_credentials_in_another_header(app_site, name):
    """Credentials in another header belong into Authorization, which the fix does."""
    value = published_token("GET", PATH)
    assert requests.get(app_site.url + PATH, headers={name: value}, timeout=30).status_code == 401
    (violation,) = app_site.violations
    assert (violation.code, violation.message) == ("RL501", f"the credentials are in the header '{name}'")
    assert violation.hint == f"rename '{name}' to 'Authorization'"
    assert fixed_request(app_site.requests[0].request, violation.fix).headers["Authorization"] == value


def test_credentials_for_a_proxy(app_site):
    """Credentials for a proxy are not those for Jira."""
    requests.get(app_site.url + PATH, headers={"Proxy-Authorization": "Bearer 0123456789abcdefghij"}, timeout=30)
    assert app_site.violations[0].message == "the request has no Authorization header"


@pytest.mark.parametrize("parameter", ["jwt", "access_token"])
def test_token_only_in_query(app_site, parameter):
    """A token in the query belongs into the Authorization header; with it the request is accepted."""
    token = published_token("GET", PATH).removeprefix("JWT ")
    assert requests.get(f"{app_site.url}{PATH}?{parameter}={token}", timeout=30).status_code == 401
    violation = next(violation for violation in app_site.violations if violation.code == "RL501")
    assert violation.message == "the token is in the query, and not in the Authorization header"
    assert violation.hint == f"send 'Authorization: JWT ***'; leave '{parameter}' out of the query"
    assert read(app_site, str(violation.fix.value)) == 404
    assert app_site.requests[-1].violations == ()


def test_word_in_query(app_site):
    """What is certainly not a token has no fix."""
    requests.get(f"{app_site.url}{PATH}?jwt=TOKEN", timeout=30)
    violation = next(violation for violation in app_site.violations if violation.code == "RL501")
    assert (violation.fix, violation.hint) == (None, "send the header 'Authorization: JWT <token>', and leave 'jwt' out of the query")


def test_token_in_query_of_deletion(app_site):
    """A token in the query of a deletion is not a property."""
    path = "/rest/remotelinks/1.0/bulkByProperties?jwt=x&a=1"
    read(app_site, published_token("DELETE", path), "DELETE", path)
    violation = app_site.violations[0]
    assert (violation.code, violation.hint) == ("RL304", "leave 'jwt' out; the token belongs into the Authorization header alone")


@pytest.mark.parametrize("query", ["jwt=a.b.c", "_updateSequenceNumber=7&jwt=a.b.c", "jwt=a.b.c&jwt=d.e.f"])
def test_query_of_deletion_with_token_alone(jira, query):
    """A deletion whose query has nothing but the token has no property, and its token is not moved by a fix."""
    path = f"/rest/remotelinks/1.0/bulkByProperties?{query}"
    assert read(jira, "JWT a.b.c", "DELETE", path) == 400
    assert [violation.code for violation in jira.violations if violation.code != "RL305"] == ["RL303"]
    assert requests.delete(jira.url + path, timeout=30).status_code == 401
    missing = jira.requests[-1].violations[0]
    assert (missing.code, missing.fix) == ("RL501", None)


@pytest.mark.parametrize(("length", "code"), [(16 * 1024, "RL503"), (16 * 1024 + 1, "RL502")])
def test_longest_header(app_site, length, code):
    """A header of 16,384 characters is read, a longer one is not."""
    assert read(app_site, "JWT ".ljust(length, "a")) == 401
    assert [violation.code for violation in app_site.violations] == [code]


@pytest.mark.both_versions
def test_hint_names_basic_if_contract_does(make_site, version):
    """The hint names Basic only if the contract does."""
    jira = make_site(contract=version)
    read(jira, "Token x")
    assert ("'Basic base64(email:token)'" in jira.violations[0].hint) == (version == "2026-06")


@pytest.mark.parametrize("make", [lambda jira: jira.authorization("GET", "/x"), lambda jira: f"Bearer {jira.token(scopes=[READ])}"])
def test_valid_credentials_at_unknown_path(make_site, make):
    """Valid credentials at a path without an operation are accepted; only the path is reported."""
    jira = make_site(app=DESCRIPTOR)
    assert read(jira, make(jira), path="/x") == 404
    assert [violation.code for violation in jira.violations] == ["RL104"]
    assert jira.requests[0].app == APP_KEY


def test_two_authorization_headers(app_site):
    """Two Authorization headers are refused."""
    connection = http.client.HTTPConnection("127.0.0.1", int(app_site.url.rpartition(":")[2]), timeout=30)
    connection.putrequest("GET", PATH)
    for _ in range(2):
        connection.putheader("Authorization", published_token("GET", PATH))
    connection.endheaders()
    assert connection.getresponse().status == 401
    connection.close()
    (violation,) = app_site.violations
    assert (violation.code, violation.message) == ("RL502", "the request has 2 Authorization headers")
    assert "a client adds its own to that of a session" in violation.hint


def test_bearer_in_any_letter_case(make_site):
    """The scheme Bearer is accepted in any letter case."""
    jira = make_site(app=DESCRIPTOR)
    for scheme in ("bearer", "BEARER", "Bearer"):
        assert read(jira, f"{scheme} {jira.token()}") == 404
    assert jira.violations == []


@pytest.mark.parametrize("method", ["GET", "DELETE"])
def test_header_dropped_by_a_redirect(make_site, method):
    """A client that follows a redirect to another host drops the header, and RL501 says so, only once."""
    jira = make_site()
    headers = {"Authorization": "JWT x"}
    with jira.renamed() as new_url:
        assert requests.request(method, jira.url + PATH, headers=headers, timeout=30).status_code == 401
    (violation,) = jira.violations
    assert violation.code == "RL501"
    assert "the client followed a redirect to another host, for which clients drop it" in violation.message
    assert f"use the new base URL, {new_url}; let the client follow no redirects" in violation.hint
    requests.request(method, jira.url + PATH, timeout=30)
    assert "the request has no Authorization header" in [found.message for found in jira.requests[-1].violations]


def test_scheme_in_lower_case_is_explained(jira):
    """The words that follow a scheme in a hint are not taken for a credential."""
    assert read(jira, "jwt a.b.c") == 401
    assert jira.violations[0].hint.endswith("write it as 'JWT': the contract's pattern is 'JWT <token>'")
