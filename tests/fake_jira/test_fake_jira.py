"""FakeJira without pytest's fixtures."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest
import requests

from pytest_remotelinks import AfterReads, ContractError, FakeJira, Immediate, Manual, SettingsError

AUTHORIZED = {"Authorization": "JWT x"}


def read(jira):
    return requests.get(jira.url + "/rest/remotelinks/1.0/remotelink/1", headers=AUTHORIZED, timeout=30)


def test_context_manager():
    """As a context manager it is started and stopped; the record stays."""
    with FakeJira() as jira:
        assert read(jira).status_code == 404
        url = jira.url
    assert len(jira.requests) == 1
    with pytest.raises(requests.ConnectionError):
        requests.get(url, timeout=30)


def test_start_stop_start():
    """It can be started again after it was stopped."""
    jira = FakeJira()
    with pytest.raises(RuntimeError, match="not started"):
        jira.url  # noqa: B018
    jira.start()
    with pytest.raises(RuntimeError, match="running already"):
        jira.start()
    read(jira)
    jira.stop()
    jira.stop()
    with jira:
        read(jira)
    assert len(jira.requests) == 2


def test_two_sites():
    """Two sites do not see each other's requests."""
    with FakeJira() as one, FakeJira() as other:
        read(one)
        assert (len(one.requests), len(other.requests)) == (1, 0)


def test_reset(make_site, provider_of, link):
    """reset() forgets everything but the settings."""
    jira = make_site(contract="2023-06", consistency="immediate")
    provider = provider_of(jira)
    jira.known_issues = {"ABC-1"}
    provider.submit(link(severity="x"), properties={"account": "a"})
    jira.reset()
    assert (jira.requests, jira.submissions, jira.violations, jira.links, jira.pending) == ([], [], [], {}, [])
    assert jira.known_issues is None
    provider.submit(link())
    assert jira.settings.contract == "2023-06"
    assert set(jira.links) == {"1"}
    assert [found for found in jira.violations if not found.expected] == []


@pytest.mark.parametrize(
    ("given", "policy"),
    [
        ("immediate", Immediate()),
        ("after-reads", AfterReads(1)),
        ("after-reads:0", AfterReads(0)),
        ("after-reads:7", AfterReads(7)),
        ("manual", Manual()),
        (AfterReads(2), AfterReads(2)),
        (Manual(), Manual()),
    ],
)
def test_policy_by_name_or_value(given, policy):
    """A policy is given by name or by value."""
    jira = FakeJira(consistency=given)
    assert jira.settings.consistency == policy
    assert FakeJira(consistency=str(policy)).settings.consistency == policy


@pytest.mark.parametrize(
    "settings",
    [
        {"contract": "2024"},
        {"contract": ""},
        {"contract": None},
        {"consistency": "after-reads:"},
        {"consistency": "after-reads:1.5"},
        {"consistency": "after-reads:²"},
        {"consistency": "manual:1"},
        {"consistency": 5},
        {"ignore": "RL"},
        {"ignore": ["RL201", None]},
        {"ignore": "nothing"},
        {"strict": "yes"},
    ],
)
def test_wrong_argument(settings):
    """A wrong argument is reported in one line."""
    if settings == {"ignore": "RL"}:
        assert FakeJira(**settings).settings.ignore == ("RL",)
        return
    with pytest.raises(SettingsError) as error:
        FakeJira(**settings)
    assert "\n" not in str(error.value)
    assert isinstance(error.value, ValueError)


@pytest.mark.parametrize("reads", [-1, 1.5, True, "1"])
def test_wrong_number_of_reads(reads):
    """A wrong number of reads is refused."""
    with pytest.raises(ValueError, match="whole number of reads"):
        AfterReads(reads)


def test_unusable_contract(tmp_path):
    """A contract that cannot be used is reported with its file."""
    path = tmp_path / "contract.json"
    path.write_bytes(b"[]")
    with pytest.raises(ContractError, match=r"contract\.json: the file is not an OpenAPI document"):
        FakeJira(contract=path)


def test_record(make_site, provider_of, link):
    """The record keeps each request as it was sent."""
    jira = make_site()
    answer = provider_of(jira).submit(link("ü"), properties={"account": "a"})
    provider_of(jira).delete_by(account="a b", repository="ü&")
    (submission, deletion) = jira.requests
    assert (submission.operation, submission.request.method, submission.request.path, submission.status) == (
        "submit",
        "POST",
        "/rest/remotelinks/1.0/bulk",
        202,
    )
    assert submission.request.body == answer.request.body
    assert submission.request.json["remoteLinks"][0]["id"] == "ü"
    assert submission.response.json == answer.json()
    assert submission.request.headers["content-TYPE"] == "application/json"
    assert "content-type" in submission.request.headers
    assert submission.duration > 0
    assert submission.started > 1_700_000_000
    assert submission.violations == ()
    assert deletion.request.query == {"account": "a b", "repository": "ü&"}
    assert deletion.request.json is None
    assert deletion.response.json is None
    assert jira.submissions[0].properties == {"account": "a"}


def test_links_are_copies(make_site, provider_of, link):
    """Links and lists that are handed out are copies."""
    jira = make_site(consistency="immediate")
    provider_of(jira).submit(link())
    jira.link("1")["displayName"] = "changed"
    jira.links["1"]["displayName"] = "changed"
    jira.requests.clear()
    assert jira.link("1")["displayName"] == "Link 1"
    assert jira.link("2") is None
    assert len(jira.requests) == 1


def test_nothing_handed_out_alters_the_site(make_site, provider_of, link):
    """No value that is handed out can alter what is stored or recorded."""
    jira = make_site(consistency={"submit": "immediate", "delete": "manual"})
    provider = provider_of(jira)
    sent = link()
    provider.submit(sent, link("2", url="<string>"), properties={"account": "a"})
    provider.delete_by(account="a")

    def empty(value):
        """Take out everything, at every depth."""
        if isinstance(value, (dict, list, tuple)):
            for inner in value.values() if isinstance(value, dict) else value:
                empty(inner)
        if isinstance(value, (dict, list)):
            value.clear()

    def look():
        submission, deletion = jira.requests
        return [
            jira.assert_stored("1"),
            jira.assert_linked("1", issue="ABC-1"),
            jira.link("1"),
            jira.links,
            jira.assert_submitted("1").data,
            jira.submissions[0].data,
            jira.submissions[0].properties,
            jira.submissions[1].errors,
            submission.request.json,
            submission.submissions[0].data,
            submission.response.json,
            deletion.request.query,
            jira.pending[0].properties,
            jira.arrivals[0].data,
        ]

    before = look()
    assert all(before)
    for value in look():
        empty(value)
    assert look() == before
    assert provider.read("1").json() == sent


def test_secrets_are_redacted(make_site):
    """Secrets are redacted in what is shown, and readable in the record."""
    jira = make_site()
    requests.get(jira.url + "/rest/remotelinks/1.0/remotelink/1?jwt=secret-one", headers={"Authorization": "JWT secret-two"}, timeout=30)
    exchange = jira.requests[0]
    shown = repr(exchange) + repr(exchange.request.headers) + repr(jira) + repr(jira.violations) + str(jira.violations[0])
    assert "secret" not in shown
    assert "***" in shown
    assert exchange.request.headers["Authorization"] == "JWT secret-two"


@pytest.mark.parametrize("name", ["known_issues", "known_services"])
@pytest.mark.parametrize("given", ["ABC-1", b"ABC-1", 5])
def test_known_issues_type(jira, name, given):
    """What is known is a set of strings."""
    with pytest.raises(TypeError, match=f"^{name} is a set of strings"):
        setattr(jira, name, given)


def test_unknown_issue_is_named(jira, provider, link):
    """The rejection names the unknown issue."""
    jira.known_issues = ["ABC-2"]
    provider.submit(link())
    jira.assert_rejected("1", match="issueKeys ABC-1$")


def test_exchange_numbers_count_from_one(jira, provider, link):
    """Exchanges are numbered in the order in which they took effect, from 1 again after a reset."""
    provider.submit(link())
    provider.read("1")
    assert [exchange.number for exchange in jira.requests] == [1, 2]
    jira.reset()
    provider.read("1")
    assert [exchange.number for exchange in jira.requests] == [1]


def test_response_headers_are_recorded(jira, provider, link):
    """The response's headers are part of the record."""
    answer = provider.submit(link())
    response = jira.requests[0].response
    assert response.headers["content-type"] == answer.headers["Content-Type"]
    assert (response.status, response.body) == (202, answer.content)


def test_port():
    """A port may be given; 0 is a free one."""
    with FakeJira() as jira:
        port = urlsplit(jira.url).port
    with FakeJira(port=port) as jira:
        assert urlsplit(jira.url).port == port
        assert read(jira).status_code == 404


def test_port_that_is_taken():
    """An address that cannot be bound is an OSError that names it."""
    with FakeJira() as jira:
        port = urlsplit(jira.url).port
        other = FakeJira(port=port)
        with pytest.raises(OSError, match=rf"127\.0\.0\.1, port {port}"):
            other.start()
    with other:
        assert read(other).status_code == 404


def test_host_that_is_not_here():
    """A host that is not of this machine is an OSError that names it."""
    with pytest.raises(OSError, match=r"192\.0\.2\.1"):
        FakeJira(host="192.0.2.1").start()


@pytest.mark.parametrize("port", [-1, 65536, "80", 1.5, True, None])
def test_wrong_port(port):
    """A value that is not a port is refused."""
    with pytest.raises(SettingsError, match=r"^port must be a number from 0 to 65535"):
        FakeJira(port=port)


def test_known_issues_none_and_empty(jira, provider, link):
    """None means that all issues are known, an empty set that none is."""
    assert jira.known_issues is None
    jira.known_issues = set()
    provider.submit(link())
    jira.assert_rejected("1", match="known to this site")
    jira.known_issues = None
    provider.submit(link())
    jira.assert_accepted("1")
