"""Several sites on one listener: by host name, by cloud id, and the first one."""

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


def test_each_sites_url_leads_to_it_alone(start, listener, link, provider_of):
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
def test_the_curl_line_of_each_site_sends_the_request_again(start, provider_of):
    for site in (start(), start(), start()):
        provider_of(site).send("GET", "/remotelink/1?expand=all")
        line = curl_line(site.requests[0], site.url).replace("***", "x")
        subprocess.run(shlex.split(line), check=True, capture_output=True, timeout=30)
        assert [exchange.request.target for exchange in site.requests] == [READ + "?expand=all"] * 2


def test_each_site_has_its_own_clock_contract_and_apps(start):
    one, other = start(app=DESCRIPTOR), start(app=DESCRIPTOR, contract="2023-06")
    token = one.token(expires_in=60)
    other.advance(100)
    headers = {"Authorization": f"Bearer {token}"}
    assert [requests.get(site.url + READ, headers=headers, timeout=30).status_code for site in (one, other)] == [404, 401]
    assert (one.app.client_id, one.app.shared_secret) != (other.app.client_id, other.app.shared_secret)
    assert read(one) == read(other) == 404


def test_a_signature_may_leave_the_gateways_prefix_in_or_out(start):
    start()
    jira = start(app=DESCRIPTOR)
    path = jira.url.removeprefix(jira.url[: jira.url.index("/ex/")]) + READ
    assert requests.get(jira.url + READ, headers={"Authorization": jira.authorization("GET", path)}, timeout=30).status_code == 404
    assert requests.get(jira.url + READ, auth=jira.auth, timeout=30).status_code == 404
    assert read(jira) == 404
    assert jira.violations == []


def test_the_host_header_decides(start, listener):
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


def test_a_host_name_that_no_site_has_is_told(start, listener):
    first = start()
    start(host_name="acme.localhost")
    assert read(first, listener.url, Host="acne.localhost") == 404
    (violation,) = first.violations
    assert violation.code == "RL104"
    assert "no site here has the host name 'acne.localhost'" in violation.message


@pytest.mark.parametrize("base", ["/ex/jira/{}" + BASE, "/jira/remotelinks/1.0/cloud/{}"])
def test_the_gateways_cloud_id_decides(start, listener, base):
    one, other = start(), start(cloud_id="0b5c-other")
    for site in (one, other):
        assert read(site, listener.url, base.format(site.cloud_id) + "/remotelink/1") == 404
        assert [exchange.operation for exchange in site.requests] == ["read"]
        assert site.violations == []
    assert other.cloud_id == "0b5c-other"


def test_what_is_below_a_further_sites_url_is_its_own(start):
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
def test_a_foreign_cloud_id_is_told_as_soon_as_one_is_known(start, named):
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


def test_a_site_that_has_stopped_is_not_reached_any_more(start):
    first, second = start(), start()
    url = second.url
    second.stop()
    start()
    assert read(first, url) == 404
    assert second.requests == []
    assert [violation.code for violation in first.violations] == ["RL104"]


@pytest.mark.parametrize("named", [{"cloud_id": "same"}, {"host_name": "same.localhost"}])
def test_two_sites_of_one_name_are_told(start, named):
    start(**named)
    with pytest.raises(ValueError, match="two sites cannot both be 'same"):
        start(**named)


@pytest.mark.parametrize(
    "wrong", [{"host_name": ""}, {"host_name": "a b"}, {"host_name": 7}, {"cloud_id": "a/b"}, {"cloud_id": ""}, {"cloud_id": 7}]
)
def test_a_wrong_name_of_a_site_is_told(wrong):
    with pytest.raises(SettingsError, match="must be"):
        FakeJira(**wrong)


def test_a_site_alone_answers_whatever_it_is_called(make_site):
    jira = make_site(host_name="acme.localhost")
    listener = jira.url.removesuffix(f"/ex/jira/{jira.cloud_id}")
    assert jira.host_url == f"http://acme.localhost:{listener.rpartition(':')[2]}"
    assert read(jira, listener) == read(jira) == 404
    assert jira.violations == []


def test_the_url_of_a_site_with_a_host_name_always_works(start, listener):
    """Not every machine resolves the names below localhost."""
    jira, first = start(host_name="acme.localhost"), start()
    assert (first.url, jira.url) == (listener.url, f"{listener.url}/ex/jira/{jira.cloud_id}")
    assert read(jira) == read(jira, listener.url, Host="acme.localhost") == 404
    assert [exchange.request.path for exchange in jira.requests] == [READ] * 2
    assert (jira.violations, first.requests) == ([], [])


def test_a_site_without_a_host_name_has_no_such_url(start):
    with pytest.raises(RuntimeError, match="this site has no host name; give it one"):
        _ = start().host_url


def credentials(app):
    return {"audience": "a", "grant_type": "client_credentials", "client_id": app.client_id, "client_secret": app.client_secret}


def ask(url, payload, **headers):
    return requests.post(url + "/oauth/token", json=payload, headers=headers, timeout=30)


def test_a_tool_asks_one_url_for_the_tokens_of_all_its_sites(start, listener):
    sites = [start(app=DESCRIPTOR), start(app=DESCRIPTOR), start(app=DESCRIPTOR, host_name="acme.localhost")]
    for site in sites:
        answer = ask(listener.url, credentials(site.app))
        assert answer.status_code == 200
        headers = {"Authorization": f"Bearer {answer.json()['access_token']}"}
        assert requests.get(site.url + READ, headers=headers, timeout=30).status_code == 404
    assert [len(site.requests) for site in sites] == [2] * 3
    assert [site.violations for site in sites] == [[]] * 3


def test_a_sites_own_url_issues_no_tokens_of_another(start, listener):
    one, other, acme = start(app=DESCRIPTOR), start(app=DESCRIPTOR), start(app=DESCRIPTOR, host_name="acme.localhost")
    assert ask(other.url, credentials(one.app)).status_code == 401
    assert ask(listener.url, credentials(one.app), Host="acme.localhost").status_code == 401
    assert ask(acme.url, credentials(one.app)).status_code == 401


def test_credentials_that_no_site_knows_are_for_the_first_one_to_refuse(start, listener):
    one, other = start(app=DESCRIPTOR), start(app=DESCRIPTOR)
    wrong_secret = {**credentials(other.app), "client_secret": "x"}
    for payload, site in (({**credentials(one.app), "client_id": "x"}, one), (wrong_secret, other), ([], one), (None, one)):
        assert ask(listener.url, payload).status_code in (400, 401)
        assert site.requests[-1].request.path == "/oauth/token"
    assert (len(one.requests), len(other.requests)) == (3, 1)


def test_trouble_befalls_the_tokens_of_its_own_site(start, listener):
    one, other = start(app=DESCRIPTOR), start(app=DESCRIPTOR)
    other.drop_connection(operation="token")
    assert ask(listener.url, credentials(one.app)).status_code == 200
    with pytest.raises(requests.ConnectionError):
        ask(listener.url, credentials(other.app))
    assert ask(listener.url, credentials(other.app)).status_code == 200


@pytest.mark.parametrize("settings", [{}, {"host_name": "acme.localhost"}, {"cloud_id": "localhost"}])
def test_any_site_can_be_renamed(start, settings):
    start()
    jira = start(**settings)
    with jira.renamed() as new_url:
        answer = requests.get(jira.url + READ, auth=jira.auth, allow_redirects=False, timeout=30)
        assert (answer.status_code, answer.headers["Location"]) == (302, new_url + READ)
        assert read(jira, new_url) == 404
    assert read(jira) == 404
    assert [exchange.status for exchange in jira.requests] == [302, 404, 404]


def test_a_site_whose_host_has_no_second_name_says_what_to_do():
    said = r"no second name; let it listen on host='127\.0\.0\.1'"
    with FakeJira(host="127.0.0.2") as jira, pytest.raises(ValueError, match=said), jira.renamed():
        pass
