"""Several sites on one listener: by host name, by cloud id, and the first one."""

from __future__ import annotations

import shlex
import shutil
import subprocess

import pytest
import requests

from pytest_remotelinks import FakeJira, SettingsError
from pytest_remotelinks.recording.curl import curl_line
from pytest_remotelinks.server.listener import Listener

from .conftest import DESCRIPTOR

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
    assert {site.requests[0].path for site in sites} == {BASE + "/bulk"}


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
def test_the_curl_line_of_each_site_sends_the_request_again(start, provider_of):
    for site in (start(), start(), start()):
        provider_of(site).send("GET", "/remotelink/1?expand=all")
        line = curl_line(site.requests[0], site.url).replace("***", "x")
        subprocess.run(shlex.split(line), check=True, capture_output=True, timeout=30)
        assert [exchange.incoming.target for exchange in site.requests] == [READ + "?expand=all"] * 2


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
    assert (acme.url, other.url) == (f"http://acme.localhost:{port}", f"http://other.localhost:{port}")
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
        assert [exchange.operation for exchange in site.requests] == ["getRemoteLinkById"]
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
    port = jira.url.rpartition(":")[2]
    assert jira.url == f"http://acme.localhost:{port}"
    assert read(jira, f"http://127.0.0.1:{port}") == 404
    assert jira.violations == []
