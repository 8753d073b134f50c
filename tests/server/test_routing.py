"""Several sites on one listener: selected by host name, by cloud id, or the first one."""

from __future__ import annotations

import shlex
import shutil
import subprocess

import pytest
import requests
from support.apps import DESCRIPTOR

from pytest_remotelinks import FakeJira, SettingsError
from pytest_remotelinks.reports.curl import curl_line
from pytest_remotelinks.server.listener import Listener

BASE = "/rest/remotelinks/1.0"
READ = BASE + "/remotelink/1"


@pytest.fixture(scope="module")
def listener():
    listener = Listener()
    listener.start()
    yield listener
    listener.stop()
    listener.check_handler_errors()


@pytest.fixture
def start(listener):
    sites = []

    def start(**settings):
        sites.append(FakeJira(consistency="immediate", **settings).start(listener))
        return sites[-1]

    yield start
    for site in sites:
        site.stop()


def read(jira, url=None, path=READ, **headers):
    authorization = jira.authorization("GET", path)
    return requests.get((url or jira.url) + path, headers={"Authorization": authorization, **headers}, timeout=30).status_code


def test_url_leads_to_its_own_site(start, listener, link, provider_of):
    """Requests to a site's URL reach this site and no other."""
    sites = [start() for _ in range(3)]
    assert len({site.url for site in sites}) == 3
    assert all(site.url.startswith(listener.url) for site in sites)
    for number, site in enumerate(sites):
        provider = provider_of(site)
        provider.submit(link(str(number)))
        assert provider.read(str(number)).status_code == 200
        provider.delete_by(account="a")
    assert [set(site.links) for site in sites] == [{"0"}, {"1"}, {"2"}]
    assert [len(site.requests) for site in sites] == [3, 3, 3]
    assert {site.requests[0].request.path for site in sites} == {BASE + "/bulk"}


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
def test_curl_line_of_each_site(start, provider_of):
    """The curl line of each site sends the request to this site again."""
    for site in (start(), start(), start()):
        provider_of(site).send("GET", "/remotelink/1?expand=all")
        line = curl_line(site.requests[0], site.url).replace("***", "x")
        subprocess.run(shlex.split(line), check=True, capture_output=True, timeout=30)
        assert [exchange.request.target for exchange in site.requests] == [READ + "?expand=all"] * 2


def test_sites_share_nothing(start):
    """Each site has its own clock, contract and apps."""
    one, other = start(app=DESCRIPTOR), start(app=DESCRIPTOR, contract="2023-06")
    token = one.token(expires_in=60)
    other.advance(100)
    headers = {"Authorization": f"Bearer {token}"}
    assert [requests.get(site.url + READ, headers=headers, timeout=30).status_code for site in (one, other)] == [404, 401]
    assert (one.app.client_id, one.app.shared_secret) != (other.app.client_id, other.app.shared_secret)
    assert read(one) == read(other) == 404


def test_signature_with_and_without_gateway_prefix(start):
    """A signature may contain the gateway's prefix or leave it out."""
    start()
    jira = start(app=DESCRIPTOR)
    path = jira.url.removeprefix(jira.url[: jira.url.index("/ex/")]) + READ
    assert requests.get(jira.url + READ, headers={"Authorization": jira.authorization("GET", path)}, timeout=30).status_code == 404
    assert requests.get(jira.url + READ, auth=jira.auth, timeout=30).status_code == 404
    assert read(jira) == 404
    assert jira.violations == []


def test_host_header_selects_the_site(start, listener):
    """The Host header selects a site with a host name, and otherwise the first site."""
    first, acme, other = start(), start(host_name="acme.localhost"), start(host_name="Other.localhost")
    port = listener.url.rpartition(":")[2]
    assert (acme.host_url, other.host_url) == (f"http://acme.localhost:{port}", f"http://other.localhost:{port}")
    for host, site in (
        ("acme.localhost", acme),
        (f"OTHER.localhost:{port}", other),
        ("localhost", first),
        ("[::1]:80", first),
        ("ci", first),
    ):
        before = len(site.requests)
        assert read(site, listener.url, Host=host) == 404
        assert len(site.requests) == before + 1


def test_slash_after_the_url_of_a_site(start, listener):
    """With a slash at the end of its URL, each site is still reached, and says what is wrong."""
    for site in (start(), start()):
        assert read(site, site.url + "/") == 404
        assert [exchange.request.target for exchange in site.requests] == ["/" + READ]
        assert [violation.hint for violation in site.violations] == [f"send '{READ}'; the base URL ends with a slash"]


@pytest.mark.parametrize("signed", ["/", ""], ids=["as it was sent", "without the slash of the base URL"])
def test_slash_after_the_url_that_is_signed(start, signed):
    """A slash at the end of the base URL is reported, and nothing untrue is said of the query hash."""
    jira = start(app=DESCRIPTOR)
    for base in ("/", ""):
        authorization = jira.authorization("GET", f"{signed if base else ''}{READ}")
        assert requests.get(f"{jira.url}{base}{READ}", headers={"Authorization": authorization}, timeout=30).status_code == 404
    assert [violation.code for violation in jira.violations] == ["RL104"]
    assert [exchange.request.target for exchange in jira.requests] == [f"/{READ}", READ]


def test_unknown_host_name_is_reported(start, listener):
    """A host name below localhost that no site has is reported as RL104."""
    first = start()
    start(host_name="acme.localhost")
    assert read(first, listener.url, Host="acne.localhost") == 404
    (violation,) = first.violations
    assert violation.code == "RL104"
    assert "no site here has the host name 'acne.localhost'" in violation.message


@pytest.mark.parametrize("base", ["/ex/jira/{}" + BASE, "/jira/remotelinks/1.0/cloud/{}"])
def test_cloud_id_selects_the_site(start, listener, base):
    """The cloud id in a gateway's path selects the site."""
    one, other = start(), start(cloud_id="0b5c-other")
    for site in (one, other):
        assert read(site, listener.url, base.format(site.cloud_id) + "/remotelink/1") == 404
        assert [exchange.operation for exchange in site.requests] == ["read"]
        assert site.violations == []
    assert other.cloud_id == "0b5c-other"


def test_paths_below_a_further_site(start):
    """Tokens and gateway paths work below the URL of a further site."""
    start()
    jira = start(app=DESCRIPTOR)
    payload = {
        "audience": "a",
        "grant_type": "client_credentials",
        "client_id": jira.app.client_id,
        "client_secret": jira.app.client_secret,
    }
    token = requests.post(jira.url + "/oauth/token", json=payload, timeout=30).json()["access_token"]
    path = f"/jira/remotelinks/1.0/cloud/{jira.cloud_id}/remotelink/1"
    assert requests.get(jira.url + path, headers={"Authorization": f"Bearer {token}"}, timeout=30).status_code == 404
    assert (len(jira.requests), jira.violations) == (2, [])


@pytest.mark.parametrize("named", [{"cloud_id": "known"}, {}])
def test_unknown_cloud_id_is_reported(start, named):
    """A cloud id that no site has is reported once one was given or there are several sites."""
    jira = start(**named)
    path = f"/ex/jira/foreign{READ}"
    assert read(jira, path=path) == 404
    assert [violation.code for violation in jira.violations] == (["RL104"] if named else [])
    start()
    jira.reset()
    assert read(jira, path=path) == 404
    (violation,) = jira.violations
    assert "no site here has the cloud id 'foreign'" in violation.message
    assert jira.requests[0].operation is None


def test_stopped_site_is_not_reached(start):
    """A request to the URL of a stopped site is reported by the first one."""
    first, second = start(), start()
    url = second.url
    second.stop()
    start()
    assert read(first, url) == 404
    assert second.requests == []
    assert [violation.code for violation in first.violations] == ["RL104"]


@pytest.mark.parametrize("named", [{"cloud_id": "same"}, {"host_name": "same.localhost"}])
def test_two_sites_with_one_name_are_refused(start, named):
    """Two sites cannot have the same cloud id or host name."""
    start(**named)
    with pytest.raises(ValueError, match="two sites cannot both be 'same"):
        start(**named)


@pytest.mark.parametrize(
    "wrong", [{"host_name": ""}, {"host_name": "a b"}, {"host_name": 7}, {"cloud_id": "a/b"}, {"cloud_id": ""}, {"cloud_id": 7}]
)
def test_wrong_site_name_is_refused(wrong):
    """Host names and cloud ids that cannot be used raise SettingsError."""
    with pytest.raises(SettingsError, match="must be"):
        FakeJira(**wrong)


def test_single_site_answers_any_host(make_site):
    """A single site answers under every host name."""
    jira = make_site(host_name="acme.localhost")
    listener = jira.url.removesuffix(f"/ex/jira/{jira.cloud_id}")
    assert jira.host_url == f"http://acme.localhost:{listener.rpartition(':')[2]}"
    assert read(jira, listener) == read(jira) == 404
    assert jira.violations == []


def test_url_works_without_the_host_name(start, listener):
    """A site with a host name has a URL that works on machines that do not resolve the name."""
    jira, first = start(host_name="acme.localhost"), start()
    assert (first.url, jira.url) == (listener.url, f"{listener.url}/ex/jira/{jira.cloud_id}")
    assert read(jira) == read(jira, listener.url, Host="acme.localhost") == 404
    assert [exchange.request.path for exchange in jira.requests] == [READ] * 2
    assert (jira.violations, first.requests) == ([], [])


def test_host_url_without_host_name(start):
    """A site without a host name says how to give it one."""
    with pytest.raises(RuntimeError, match="this site has no host name; give it one"):
        _ = start().host_url


def credentials(app):
    return {"audience": "a", "grant_type": "client_credentials", "client_id": app.client_id, "client_secret": app.client_secret}


def ask(url, payload, **headers):
    return requests.post(url + "/oauth/token", json=payload, headers=headers, timeout=30)


def test_one_token_url_for_all_sites(start, listener):
    """The client id selects the site that issues a token."""
    sites = [start(app=DESCRIPTOR), start(app=DESCRIPTOR), start(app=DESCRIPTOR, host_name="acme.localhost")]
    for site in sites:
        answer = ask(listener.url, credentials(site.app))
        assert answer.status_code == 200
        headers = {"Authorization": f"Bearer {answer.json()['access_token']}"}
        assert requests.get(site.url + READ, headers=headers, timeout=30).status_code == 404
    assert [len(site.requests) for site in sites] == [2] * 3
    assert [site.violations for site in sites] == [[]] * 3


def test_own_token_url_serves_one_site(start, listener):
    """A site's own URL issues no tokens of another site."""
    one, other, acme = start(app=DESCRIPTOR), start(app=DESCRIPTOR), start(app=DESCRIPTOR, host_name="acme.localhost")
    assert ask(other.url, credentials(one.app)).status_code == 401
    assert ask(listener.url, credentials(one.app), Host="acme.localhost").status_code == 401
    assert ask(acme.url, credentials(one.app)).status_code == 401


def test_unknown_client_is_refused_by_first_site(start, listener):
    """Credentials that no site knows are refused by the first one."""
    one, other = start(app=DESCRIPTOR), start(app=DESCRIPTOR)
    wrong_secret = {**credentials(other.app), "client_secret": "x"}
    for payload, site in (({**credentials(one.app), "client_id": "x"}, one), (wrong_secret, other), ([], one), (None, one)):
        assert ask(listener.url, payload).status_code in (400, 401)
        assert site.requests[-1].request.path == "/oauth/token"
    assert (len(one.requests), len(other.requests)) == (3, 1)


def test_token_faults_of_one_site(start, listener):
    """A fault for tokens hits only those of its own site."""
    one, other = start(app=DESCRIPTOR), start(app=DESCRIPTOR)
    other.drop_connection(operation="token")
    assert ask(listener.url, credentials(one.app)).status_code == 200
    with pytest.raises(requests.ConnectionError):
        ask(listener.url, credentials(other.app))
    assert ask(listener.url, credentials(other.app)).status_code == 200


@pytest.mark.parametrize("settings", [{}, {"host_name": "acme.localhost"}, {"cloud_id": "localhost"}])
def test_every_site_can_be_renamed(start, settings):
    """A site below the gateway can be renamed, too."""
    start()
    jira = start(**settings)
    with jira.renamed() as new_url:
        answer = requests.get(jira.url + READ, auth=jira.auth, allow_redirects=False, timeout=30)
        assert (answer.status_code, answer.headers["Location"]) == (302, new_url + READ)
        assert read(jira, new_url) == 404
    assert read(jira) == 404
    assert [exchange.status for exchange in jira.requests] == [302, 404, 404]


def test_renamed_needs_a_second_name():
    """A site on a host without a second name says which host has one."""
    said = r"no second name; let it listen on host='127\.0\.0\.1'"
    with FakeJira(host="127.0.0.2") as jira, pytest.raises(ValueError, match=said), jira.renamed():
        pass
