"""Trouble on demand, over real HTTP, and how the record names it."""

from __future__ import annotations

import json
import socket
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests


@pytest.fixture
def told(jira):
    """The status and fault of each request so far."""
    return lambda: [(exchange.status, exchange.fault) for exchange in jira.requests]


def test_the_next_request_fails_and_takes_no_effect(jira, provider, link, told):
    jira.fail_next()
    assert provider.submit(link()).status_code == 503
    assert jira.links == {}
    assert provider.submit(link()).status_code == 202
    assert told() == [(503, "fail_next"), (202, "")]
    jira.assert_no_violations()


@pytest.mark.parametrize("status", [401, 403, 404, 429, 503])
def test_a_refusal_without_a_published_body_has_none(jira, provider, link, status):
    jira.fail_next(status)
    answer = provider.submit(link())
    assert (answer.status_code, answer.content) == (status, b"")


@pytest.mark.parametrize("status", [400, 413, 500, 502, 504])
def test_any_other_refusal_is_a_list_of_errors_that_names_the_fault(jira, provider, link, status):
    jira.fail_next(status)
    answer = provider.submit(link())
    (error,) = answer.json()
    assert answer.status_code == status
    assert "fail_next" in error["message"]
    assert jira.requests[0].response.json == [error]


def test_faults_can_be_kept_for_later_requests_and_for_one_operation(jira, provider, link):
    jira.fail_next(503, times=2, operation="read", after=1)
    jira.fail_next(500, operation=["delete", "delete-by-properties"])
    jira.fail_next(502, operation="submit")
    statuses = [provider.read("1").status_code for _ in range(4)]
    assert statuses == [404, 503, 503, 404]
    assert provider.delete_by(a="b").status_code == 500
    assert provider.delete("1").status_code == 202
    assert provider.submit(link()).status_code == 502


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda jira: jira.fail_next(200), "status must be a number from 400 to 599, not 200"),
        (lambda jira: jira.fail_next("503"), "status must be a number from 400 to 599, not '503'"),
        (lambda jira: jira.fail_next(times=0), "times must be a whole number, 1 or more, not 0"),
        (lambda jira: jira.fail_next(after=-1), "after must be a whole number, 0 or more, not -1"),
        (lambda jira: jira.fail_next(retry_after=1.5), "retry_after must be a whole number, 0 or more, not 1.5"),
        (lambda jira: jira.fail_next(operation="write"), "there is no operation 'write'; use one of submit, read, delete"),
        (lambda jira: jira.delay_next(-1), "delay must be a number of seconds, 0 or more, not -1"),
        (lambda jira: jira.garble_next("xml"), "how must be 'html' or 'truncated', not 'xml'"),
        (lambda jira: jira.rate_limit(0), "requests must be a whole number, 1 or more, not 0"),
        (lambda jira: jira.rate_limit(5, per=0), "per must be a number of seconds, 0.001 or more, not 0"),
        (lambda jira: jira.rate_limit(cost=True), "cost must be a whole number, 1 or more, not True"),
    ],
)
def test_trouble_that_cannot_be_is_told(jira, make, says):
    with pytest.raises(ValueError) as caught:
        make(jira)
    assert str(caught.value).startswith(says)


def test_retry_after_is_enforced_and_grows(jira, provider, link, told):
    jira.fail_next(429, retry_after=10)
    waits = [provider.submit(link()).headers["Retry-After"] for _ in range(3)]
    assert waits == ["10", "20", "40"]
    jira.advance(39)
    assert provider.submit(link()).headers["Retry-After"] == "80"
    assert provider.read("1").status_code == 404, "another operation waits for nothing"
    jira.advance(80)
    assert provider.submit(link()).status_code == 202
    assert told()[1] == (429, "sent before Retry-After had passed")
    assert [violation.code for violation in jira.violations] == ["RL701"] * 3


def test_a_connection_is_dropped_before_the_request_is_read(jira, provider, link, told):
    jira.drop_connection()
    with pytest.raises(requests.ConnectionError):
        provider.submit(link())
    assert jira.links == {}
    assert told() == [(0, "drop_connection before the request was read")]
    assert jira.requests[0].request.body == b""
    assert "no answer (fault: drop_connection" in repr(jira.requests[0])
    assert provider.submit(link()).status_code == 202


def test_a_connection_is_dropped_after_the_request_took_effect(jira, provider, link, told):
    jira.drop_connection(applied=True)
    with pytest.raises(requests.ConnectionError):
        provider.submit(link())
    assert set(jira.links) == {"1"}
    assert told() == [(202, "drop_connection after the request took effect")]
    jira.assert_accepted("1")
    provider.submit(link())
    jira.assert_no_violations()  # to send it again is right: nobody can have seen the answer


def test_an_answer_comes_late_and_others_do_not_wait_for_it(jira, provider, link):
    jira.delay_next(60, operation="submit")
    with ThreadPoolExecutor(1) as pool:
        late = pool.submit(lambda: provider.submit(link()))
        jira.wait_for_submission("1", timeout=30)
        assert set(jira.links) == {"1"}
        assert provider.read("1").status_code == 200
        assert not late.done()
        assert jira.requests[0].fault == "delay_next by 60 s"
        jira.reset()  # nobody waits for a minute
        with pytest.raises(requests.ConnectionError):
            late.result(timeout=30)


def test_a_late_answer_does_come(jira, provider, link):
    jira.delay_next(0.1)
    assert provider.submit(link()).json() == {"acceptedRemoteLinks": ["1"]}


def test_an_answer_is_cut_off(jira, provider, link):
    jira.garble_next("truncated")
    with pytest.raises((requests.ConnectionError, requests.exceptions.ChunkedEncodingError)):
        provider.submit(link())
    assert set(jira.links) == {"1"}
    jira.garble_next("truncated")
    with pytest.raises(requests.ConnectionError):  # there is no body to cut, so nothing comes
        provider.delete("1")
    assert [exchange.fault for exchange in jira.requests] == ["garble_next: truncated"] * 2


def test_an_answer_is_a_page_instead_of_json(jira, provider, link):
    jira.garble_next()
    answer = provider.submit(link())
    assert answer.status_code == 202
    assert answer.headers["Content-Type"].startswith("text/html")
    with pytest.raises(requests.JSONDecodeError):
        answer.json()
    assert jira.requests[0].response.json is None
    jira.assert_accepted("1")


def test_maintenance_lasts_as_long_as_its_block(jira, provider, link, told):
    with jira.maintenance(retry_after=60):
        answer = provider.submit(link())
        assert (answer.status_code, answer.headers["Retry-After"]) == (503, "60")
        assert provider.read("1").status_code == 503
    jira.advance(60)
    assert provider.submit(link()).status_code == 202
    assert told()[:2] == [(503, "maintenance")] * 2


def test_a_renamed_site_redirects_and_a_followed_post_is_no_post_any_more(jira, provider, link):
    with jira.renamed() as new_url:
        unfollowed = provider.post({"remoteLinks": [link()]}, allow_redirects=False)
        assert unfollowed.status_code == 302
        assert unfollowed.headers["Location"] == f"{new_url}/rest/remotelinks/1.0/bulk"
        assert provider.submit(link()).status_code == 405
        there = requests.post(
            unfollowed.headers["Location"], json={"remoteLinks": [link()]}, headers={"Authorization": "JWT x"}, timeout=30
        )
        assert there.status_code == 202
    assert [exchange.status for exchange in jira.requests] == [302, 302, 405, 202]
    assert "RL105" in [violation.code for violation in jira.requests[2].violations]
    assert provider.submit(link("2")).status_code == 202


def test_a_link_is_rejected_with_the_words_of_the_test(jira, provider, link):
    jira.reject("2", "This site has too many links.")
    answer = provider.submit(link("1"), link("2")).json()
    assert answer["acceptedRemoteLinks"] == ["1"]
    assert [error["message"] for error in answer["rejectedRemoteLinks"]["2"]] == ["This site has too many links."]
    jira.assert_rejected("2", match="too many links")


def test_a_rate_limit_says_what_is_left_and_refuses_what_is_over_it(jira, provider):
    jira.rate_limit(6, per=60)
    answers = [provider.read("1") for _ in range(7)]
    assert [answer.status_code for answer in answers] == [404] * 6 + [429]
    assert [answer.headers["X-RateLimit-Remaining"] for answer in answers] == ["5", "4", "3", "2", "1", "0", "0"]
    assert ["X-RateLimit-NearLimit" in answer.headers for answer in answers] == [False] * 4 + [True] * 3
    assert answers[-1].headers["RateLimit-Reason"] == "jira-quota-based"
    wait = int(answers[-1].headers["Retry-After"])
    assert 1 <= wait <= 60
    jira.advance(wait)
    assert provider.read("1").status_code == 404
    assert [exchange.fault for exchange in jira.requests if exchange.fault] == ["rate_limit"]
    jira.assert_no_violations()


def test_a_quota_by_cost_counts_links(jira, provider, link):
    jira.rate_limit(cost=10)
    assert provider.submit(*(link(str(number)) for number in range(8))).status_code == 202
    answer = provider.submit(link("8"), link("9"))
    assert (answer.status_code, answer.headers["RateLimit-Reason"]) == (429, "jira-cost-based")
    jira.rate_limit()
    assert "X-RateLimit-Limit" not in provider.read("1").headers


def test_reset_ends_all_trouble(jira, provider, link):
    jira.fail_next(times=5, retry_after=60)
    jira.reject("1")
    jira.rate_limit(1)
    provider.submit(link())
    jira.reset()
    for _ in range(3):
        assert provider.read("1").status_code == 404
    assert provider.submit(link()).json() == {"acceptedRemoteLinks": ["1"]}


def test_a_fault_stands_in_the_messages_of_the_helpers(jira, provider, link):
    jira.fail_next()
    provider.submit(link())
    with pytest.raises(AssertionError, match=r"-> 503 \(fault: fail_next\)"):
        jira.assert_accepted("1")


def test_a_broken_request_is_told_even_in_trouble(jira, provider):
    jira.fail_next()
    assert provider.post({}).status_code == 503
    assert [violation.code for violation in jira.violations] == ["RL103"]


def test_planned_faults_come_in_the_order_of_planning(jira, provider, link):
    jira.fail_next(500)
    jira.drop_connection(after=1)
    jira.fail_next(502)
    assert provider.read("1").status_code == 500
    with pytest.raises(requests.ConnectionError):
        provider.read("1")
    assert provider.read("1").status_code == 502


def test_what_lasts_comes_before_what_is_planned(jira, provider):
    jira.drop_connection()
    with jira.maintenance():
        assert provider.read("1").status_code == 503
    with pytest.raises(requests.ConnectionError):
        provider.read("1")


def test_who_was_under_way_when_the_limit_struck_is_not_blamed(jira, provider, link):
    jira.rate_limit(4)
    connections = [socket.create_connection(("127.0.0.1", int(jira.url.rpartition(":")[2])), timeout=30) for _ in range(8)]
    for number, connection in enumerate(connections):
        body = json.dumps({"remoteLinks": [link(str(number))]})
        head = "POST /rest/remotelinks/1.0/bulk HTTP/1.1\r\nHost: x\r\nAuthorization: JWT x\r\nContent-Type: application/json\r\n"
        connection.sendall(f"{head}Content-Length: {len(body)}\r\n\r\n{body[:-1]}".encode())
    jira.wait_until(lambda: jira._site.record.under_way == 8, timeout=30)
    for connection in connections:
        connection.sendall(b"}")
    answers = []
    for connection in connections:
        with connection, connection.makefile("rb") as stream:
            answers.append(stream.read()[:12])
    assert sorted(answers) == [b"HTTP/1.1 202"] * 4 + [b"HTTP/1.1 429"] * 4
    assert jira.violations == []
    provider.read("1")
    assert [violation.code for violation in jira.violations] == ["RL701"]


def test_a_limit_concerns_every_operation(jira, provider, link):
    jira.rate_limit(1)
    provider.read("1")
    provider.read("1")
    provider.delete("1")
    assert [violation.code for violation in jira.violations] == ["RL701"]


def test_a_late_answer_ends_with_the_patience_of_its_client(jira, provider, link):
    jira.delay_next(60, times=2)
    with pytest.raises(requests.Timeout):
        provider.post({"remoteLinks": [link()]}, timeout=0.1)
    jira.wait_idle(quiet=0, timeout=10)
    provider_gives_up = ThreadPoolExecutor(1).submit(lambda: provider.read("1"))
    jira.wait_until(lambda: len(jira.requests) == 2)
    jira.reset()
    with pytest.raises(requests.ConnectionError):
        provider_gives_up.result(timeout=10)
    assert provider.read("1").status_code == 404


def test_a_submission_whose_answer_came_too_late_may_be_sent_again(jira, provider, link):
    jira.delay_next(60)
    with pytest.raises(requests.Timeout):
        provider.post({"remoteLinks": [link()]}, timeout=0.1)
    provider.submit(link())
    assert jira.violations == []


def test_a_number_is_used_even_if_nobody_was_told(jira, provider, link):
    jira.garble_next()
    provider.submit(link())
    provider.submit(link(displayName="other"))
    assert [violation.code for violation in jira.violations] == ["RL402"]


# Tokens


def ask(jira, **arguments):
    payload = {"audience": "a", "grant_type": "client_credentials", "client_id": "b", "client_secret": "c"}
    return requests.post(jira.url + "/oauth/token", json=payload, timeout=30, **arguments)


def test_trouble_of_the_whole_site_befalls_requests_for_tokens(jira, told):
    with jira.maintenance(retry_after=60):
        answer = ask(jira)
        assert (answer.status_code, answer.headers["Retry-After"], answer.content) == (503, "60", b"")
    with jira.renamed() as new_url:
        answer = ask(jira, allow_redirects=False)
        assert (answer.status_code, answer.headers["Location"]) == (302, new_url + "/oauth/token")
    assert told() == [(503, "maintenance"), (302, "renamed")]
    assert jira.violations == []


def test_a_rate_limit_counts_requests_for_tokens(jira, provider):
    jira.rate_limit(2)
    assert ask(jira).headers["X-RateLimit-Remaining"] == "1"
    assert provider.read("1").status_code == 404
    answer = ask(jira)
    assert (answer.status_code, answer.headers["RateLimit-Reason"]) == (429, "jira-quota-based")
    jira.advance(int(answer.headers["Retry-After"]))
    assert ask(jira).status_code == 200


def test_what_is_planned_befalls_requests_for_tokens_only_if_it_names_them(jira, provider, link, told):
    jira.fail_next()
    jira.drop_connection(after=1)
    jira.fail_next(500, operation="token", after=1)
    assert ask(jira).status_code == 200
    assert provider.submit(link()).status_code == 503
    answer = ask(jira)
    assert (answer.status_code, answer.json()["error"]) == (500, "temporarily_unavailable")
    with pytest.raises(requests.ConnectionError):
        provider.read("1")
    assert ask(jira).status_code == 200
    assert [fault for _, fault in told()][1:4] == ["fail_next", "fail_next", "drop_connection before the request was read"]


def test_every_fault_can_befall_a_request_for_a_token(jira, told):
    jira.drop_connection(operation="token")
    jira.drop_connection(operation="token", applied=True)
    jira.garble_next("truncated", operation="token")
    for _ in range(3):
        with pytest.raises((requests.ConnectionError, requests.exceptions.ChunkedEncodingError)):
            ask(jira)
    jira.garble_next(operation="token")
    assert ask(jira).headers["Content-Type"].startswith("text/html")
    jira.delay_next(60, operation="token")
    with pytest.raises(requests.Timeout):
        requests.post(jira.url + "/oauth/token", json={}, timeout=0.1)
    assert [status for status, _ in told()] == [0, 200, 200, 200, 400]


def test_a_token_is_waited_for_as_told(jira):
    jira.fail_next(429, operation="token", retry_after=10)
    assert [ask(jira).headers["Retry-After"] for _ in range(3)] == ["10", "20", "40"]
    jira.advance(40)
    assert ask(jira).status_code == 200


def test_malformed_http_is_told_of_the_limit_too(jira):
    jira.rate_limit(5)
    with socket.create_connection(("127.0.0.1", int(jira.url.rpartition(":")[2])), timeout=10) as connection:
        connection.sendall(b"GET /a b c HTTP/1.1\r\n\r\n")
        answer = b"".join(iter(lambda: connection.recv(65536), b""))
    assert b"X-RateLimit-Remaining: 4" in answer
    assert answer.count(b"Content-Type") == 1


@pytest.mark.parametrize("status", [302, 429, 500, 503])
def test_a_request_that_met_with_trouble_was_not_rejected(jira, provider, link, status):
    if status == 302:
        with jira.renamed():
            provider.post({"remoteLinks": [link()]}, allow_redirects=False)
    else:
        jira.fail_next(status)
        provider.submit(link())
    with pytest.raises(
        AssertionError,
        match=f"'1' was not rejected: the request failed before it was validated(.|\n)*refused with its request(.|\n)*{status}",
    ):
        jira.assert_rejected("1")


def test_a_request_that_is_refused_for_what_it_says_was(jira, provider, link):
    provider.submit(link(), properties={"a:b": "x"})
    jira.assert_rejected("1", match="colon")


# What a fault returns


def test_fault_knows_its_requests(jira, provider, link):
    """A fault gives the requests that met it, and how many it will still hit."""
    fault = jira.fail_next(times=2, operation="read")
    assert (fault.name, fault.requests, fault.remaining) == ("fail_next", [], 2)
    provider.submit(link())
    provider.read("1")
    assert fault.requests == [jira.requests[1]]
    assert fault.remaining == 1
    provider.read("1")
    provider.read("1")
    assert (len(fault.requests), fault.remaining) == (2, 0)


def test_unread_request_is_met(jira, provider):
    """A connection that is dropped before the request is read counts as met, too."""
    fault = jira.drop_connection()
    with pytest.raises(requests.ConnectionError):
        provider.read("1")
    assert (fault.requests, fault.remaining) == (jira.requests, 0)


def test_block_is_a_fault(jira, provider):
    """Maintenance and renaming are context managers and faults in one."""
    with jira.maintenance() as fault:
        provider.read("1")
    provider.read("1")
    assert (fault.name, fault.requests, fault.remaining) == ("maintenance", [jira.requests[0]], None)
    block = jira.renamed()
    with block as new_url:
        provider.read("1")
    assert new_url != jira.url
    assert block.requests[0].status == 302


def test_rejection_and_limit_are_faults(jira, provider, link):
    """Rejections and rate limits last, and know the requests that they hit."""
    rejection, limit = jira.reject("2"), jira.rate_limit(2)
    for id in ("1", "2", "3"):
        provider.submit(link(id))
    assert (rejection.remaining, rejection.requests) == (None, [jira.requests[1]])
    assert (limit.remaining, limit.requests) == (None, [jira.requests[2]])


def test_after_counts_only_its_own_operations(jira, provider, link):
    """Requests for other operations do not use up ``after``."""
    jira.fail_next(operation="read", after=1)
    provider.submit(link())
    provider.delete("2")
    assert [provider.read("1").status_code for _ in range(2)] == [200, 503]


def test_unmet_faults_are_listed(jira, provider, link):
    """Planned faults that no request met, and blocks that were never entered, are listed as they were called."""
    jira.fail_next(500, operation="delete", times=2)
    jira.drop_connection(applied=True, operation=["read", "token"])
    jira.delay_next(0.5, after=9)
    jira.garble_next("truncated", operation="read")
    jira.reject("alert-2", "no")
    jira.maintenance(retry_after=60)
    jira.renamed()
    jira.rate_limit(1000)
    jira.fail_next(times=3)
    provider.submit(link())
    with jira.maintenance():
        pass
    assert jira._faults.unmet() == [
        "fail_next(500, times=2, operation='delete'): no request met it",
        "drop_connection(operation=['read', 'token'], applied=True): no request met it",
        "delay_next(0.5, after=9): no request met it",
        "garble_next('truncated', operation='read'): no request met it",
        "reject('alert-2'): no submission contains 'alert-2'",
        "maintenance(retry_after=60): it was never entered; use it in a with statement",
        "renamed(): it was never entered; use it in a with statement",
    ]
    jira.reset()
    assert jira._faults.unmet() == []


def test_fault_met_in_explore_is_not_unmet(jira, provider, link):
    """A fault that a run of explore() met is not unmet, though it is planned again for each run."""
    fault = jira.fail_next()
    jira.explore(lambda _: provider.submit(link()))
    assert fault.remaining == 1
    assert jira._faults.unmet() == []


def test_reset_ends_a_fault(jira, provider):
    """A planned fault hits nothing after a reset."""
    fault = jira.fail_next(times=3)
    jira.reset()
    assert fault.remaining == 0
    assert provider.read("1").status_code == 404
