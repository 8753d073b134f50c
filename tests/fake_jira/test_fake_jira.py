"""FakeJira without pytest's fixtures."""

from __future__ import annotations

import pytest
import requests

from pytest_remotelinks import AfterReads, ContractError, FakeJira, Immediate, Manual, SettingsError

AUTHORIZED = {"Authorization": "JWT x"}


def read(jira):
    return requests.get(jira.url + "/rest/remotelinks/1.0/remotelink/1", headers=AUTHORIZED, timeout=30)


def test_it_is_a_context_manager():
    with FakeJira() as jira:
        assert read(jira).status_code == 404
        url = jira.url
    assert len(jira.requests) == 1
    with pytest.raises(requests.ConnectionError):
        requests.get(url, timeout=30)


def test_it_starts_and_stops_and_starts_again():
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


def test_two_sites_do_not_see_each_other():
    with FakeJira() as one, FakeJira() as other:
        read(one)
        assert (len(one.requests), len(other.requests)) == (1, 0)


def test_reset_forgets_everything_but_the_settings(make_site, provider_of, link):
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
def test_a_policy_goes_by_name_or_by_value(given, policy):
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
def test_a_wrong_argument_is_told_in_one_line(settings):
    if settings == {"ignore": "RL"}:
        assert FakeJira(**settings).settings.ignore == ("RL",)
        return
    with pytest.raises(SettingsError) as error:
        FakeJira(**settings)
    assert "\n" not in str(error.value)
    assert isinstance(error.value, ValueError)


@pytest.mark.parametrize("reads", [-1, 1.5, True, "1"])
def test_a_wrong_number_of_reads_is_told(reads):
    with pytest.raises(ValueError, match="whole number of reads"):
        AfterReads(reads)


def test_a_contract_that_cannot_be_used_names_the_file(tmp_path):
    path = tmp_path / "contract.json"
    path.write_bytes(b"[]")
    with pytest.raises(ContractError, match=r"contract\.json: the file is not an OpenAPI document"):
        FakeJira(contract=path)


def test_the_record_keeps_each_request_as_it_came(make_site, provider_of, link):
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


def test_what_the_site_gives_away_is_a_copy(make_site, provider_of, link):
    jira = make_site(consistency="immediate")
    provider_of(jira).submit(link())
    jira.link("1")["displayName"] = "changed"
    jira.links["1"]["displayName"] = "changed"
    jira.requests.clear()
    assert jira.link("1")["displayName"] == "Link 1"
    assert jira.link("2") is None
    assert len(jira.requests) == 1


def test_nothing_that_is_handed_out_can_alter_what_is_stored_or_recorded(make_site, provider_of, link):
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


def test_secrets_are_masked_in_what_is_shown(make_site):
    jira = make_site()
    requests.get(jira.url + "/rest/remotelinks/1.0/remotelink/1?jwt=secret-one", headers={"Authorization": "JWT secret-two"}, timeout=30)
    exchange = jira.requests[0]
    shown = repr(exchange) + repr(exchange.request.headers) + repr(jira) + repr(jira.violations) + str(jira.violations[0])
    assert "secret" not in shown
    assert "***" in shown
    assert exchange.request.headers["Authorization"] == "JWT secret-two"


@pytest.mark.parametrize("name", ["known_issues", "known_services"])
@pytest.mark.parametrize("given", ["ABC-1", b"ABC-1", 5])
def test_what_is_known_is_a_set_of_strings(jira, name, given):
    with pytest.raises(TypeError, match=f"^{name} is a set of strings"):
        setattr(jira, name, given)


def test_an_unknown_issue_is_named(jira, provider, link):
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
