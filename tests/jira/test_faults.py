"""Injected faults, over HTTP, and their names in the record."""

from __future__ import annotations

import json
import socket
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

from pytest_remotelinks import FakeJira


@pytest.fixture
def answered(jira):
    """The status and fault of each request so far."""
    return lambda: [(exchange.status, exchange.fault) for exchange in jira.requests]


def test_failed_request_takes_no_effect(jira, provider, link, answered):
    """``fail_next`` refuses one request, which takes no effect."""
    jira.fail_next()
    assert provider.submit(link()).status_code == 503
    assert jira.links == {}
    assert provider.submit(link()).status_code == 202
    assert answered() == [(503, "fail_next"), (202, "")]
    jira.assert_no_violations()


@pytest.mark.parametrize("status", [401, 403, 404, 429, 503])
def test_refusal_without_body(jira, provider, status):
    """Statuses that are published without a body have none; 404 is published for reads only."""
    jira.fail_next(status)
    answer = provider.read("1")
    assert (answer.status_code, answer.content) == (status, b"")


@pytest.mark.parametrize("status", [400, 404, 413, 500, 502, 504])
def test_refusal_with_errors(jira, provider, link, status):
    """Other statuses have a list of errors, which names the fault."""
    jira.fail_next(status)
    answer = provider.submit(link())
    (error,) = answer.json()
    assert answer.status_code == status
    assert "fail_next" in error["message"]
    assert jira.requests[0].response.json == [error]


def test_times_after_and_operation(jira, provider, link):
    """``times``, ``after`` and ``operation`` select the requests."""
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
        (lambda jira: jira.rate_limit(1, longest_wait=0), "longest_wait must be a whole number, 1 or more, not 0"),
    ],
)
def test_wrong_value_is_refused(jira, make, says):
    """A value that is not possible raises ValueError."""
    with pytest.raises(ValueError) as caught:
        make(jira)
    assert str(caught.value).startswith(says)


def test_ignored_retry_after_doubles(jira, provider, link, answered):
    """A request that is sent before Retry-After has passed is refused, and the wait doubles."""
    jira.fail_next(429, retry_after=5)
    waits = [provider.submit(link()).headers["Retry-After"] for _ in range(3)]
    assert waits == ["5", "10", "20"]
    jira.advance(19)
    assert provider.submit(link()).headers["Retry-After"] == "40"
    assert provider.read("1").status_code == 404, "another operation need not wait"
    jira.advance(40)
    assert provider.submit(link()).status_code == 202
    assert answered()[1] == (429, "sent before Retry-After had passed")
    assert [violation.code for violation in jira.violations] == ["RL701"] * 3


def test_drop_before_reading(jira, provider, link, answered):
    """A connection that is dropped before the request is read leaves no trace but in the record."""
    jira.drop_connection()
    with pytest.raises(requests.ConnectionError):
        provider.submit(link())
    assert jira.links == {}
    assert answered() == [(0, "drop_connection before the request was read")]
    assert jira.requests[0].request.body == b""
    assert "no answer (fault: drop_connection" in repr(jira.requests[0])
    assert provider.submit(link()).status_code == 202


def test_drop_after_effect(jira, provider, link, answered):
    """A request whose connection is dropped after it took effect may be sent again."""
    jira.drop_connection(applied=True)
    with pytest.raises(requests.ConnectionError):
        provider.submit(link())
    assert set(jira.links) == {"1"}
    assert answered() == [(202, "drop_connection after the request took effect")]
    jira.assert_accepted("1")
    provider.submit(link())
    jira.assert_no_violations()


def test_delay_holds_up_one_answer(jira, provider, link):
    """A delayed request takes effect at once, and others do not wait for it."""
    jira.delay_next(60, operation="submit")
    with ThreadPoolExecutor(1) as pool:
        late = pool.submit(lambda: provider.submit(link()))
        jira.wait_for_submission("1", timeout=30)
        assert set(jira.links) == {"1"}
        assert provider.read("1").status_code == 200
        assert not late.done()
        assert jira.requests[0].fault == "delay_next by 60 s"
        jira.reset()  # which drops the delayed answer
        with pytest.raises(requests.ConnectionError):
            late.result(timeout=30)


def test_delayed_answer_arrives(jira, provider, link):
    """A delayed answer arrives."""
    jira.delay_next(0.1)
    assert provider.submit(link()).json() == {"acceptedRemoteLinks": ["1"]}


def test_truncated_answer(jira, provider, link):
    """Half of the answer arrives; of an answer without a body nothing does."""
    jira.garble_next("truncated")
    with pytest.raises((requests.ConnectionError, requests.exceptions.ChunkedEncodingError)):
        provider.submit(link())
    assert set(jira.links) == {"1"}
    jira.garble_next("truncated")
    with pytest.raises(requests.ConnectionError):  # there is no body to cut, so nothing comes
        provider.delete("1")
    assert [exchange.fault for exchange in jira.requests] == ["garble_next: truncated"] * 2


def test_html_instead_of_json(jira, provider, link):
    """A page arrives instead of JSON, with the same status."""
    jira.garble_next()
    answer = provider.submit(link())
    assert answer.status_code == 202
    assert answer.headers["Content-Type"].startswith("text/html")
    with pytest.raises(requests.JSONDecodeError):
        answer.json()
    assert jira.requests[0].response.json is None
    jira.assert_accepted("1")


def test_maintenance_lasts_as_long_as_its_block(jira, provider, link, answered):
    """Every request within the block gets 503, and none after it."""
    with jira.maintenance(retry_after=60):
        answer = provider.submit(link())
        assert (answer.status_code, answer.headers["Retry-After"]) == (503, "60")
        assert provider.read("1").status_code == 503
    jira.advance(60)
    assert provider.submit(link()).status_code == 202
    assert answered()[:2] == [(503, "maintenance")] * 2


def test_renamed_site_redirects(jira, provider, link):
    """The old URL redirects, and a client that follows a POST sends a GET."""
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
    (violation,) = (violation for violation in jira.requests[2].violations if violation.code == "RL105")
    assert violation.message == "this is the POST that was redirected: the client followed, and turned it into a GET"
    assert f"use the new base URL, {new_url}; let the client follow no redirects" in violation.hint
    assert provider.submit(link("2")).status_code == 202


def test_get_that_was_not_redirected(jira, provider, link):
    """Only the request that follows a redirected one at once is called a redirected one."""
    with jira.renamed():
        provider.submit(link())
        provider.send("GET", "/bulk", allow_redirects=False)
    provider.send("GET", "/bulk")
    messages = [[found.message for found in exchange.violations if found.code == "RL105"] for exchange in jira.requests]
    assert messages[0] == []
    assert [len(found) for found in messages[1:]] == [1, 1, 1]
    assert ["redirected" in found[0] for found in messages[1:]] == [True, False, False]


def test_reject_uses_the_given_message(jira, provider, link):
    """``reject`` rejects one link with the given message."""
    jira.reject("2", "This site has too many links.")
    answer = provider.submit(link("1"), link("2")).json()
    assert answer["acceptedRemoteLinks"] == ["1"]
    assert [error["message"] for error in answer["rejectedRemoteLinks"]["2"]] == ["This site has too many links."]
    jira.assert_rejected("2", match="too many links")


def test_rate_limit(jira, provider):
    """A rate limit says what is left, and refuses what is over it."""
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


def test_quota_by_cost_counts_links(jira, provider, link):
    """The cost of a submission grows with its links; without numbers the limit is lifted."""
    jira.rate_limit(cost=10)
    assert provider.submit(*(link(str(number)) for number in range(8))).status_code == 202
    answer = provider.submit(link("8"), link("9"))
    assert (answer.status_code, answer.headers["RateLimit-Reason"]) == (429, "jira-cost-based")
    jira.rate_limit()
    assert "X-RateLimit-Limit" not in provider.read("1").headers


def test_reset_drops_all_faults(jira, provider, link):
    """``reset`` drops every fault and limit."""
    jira.fail_next(times=5, retry_after=60)
    jira.reject("1")
    jira.rate_limit(1)
    provider.submit(link())
    jira.reset()
    for _ in range(3):
        assert provider.read("1").status_code == 404
    assert provider.submit(link()).json() == {"acceptedRemoteLinks": ["1"]}


def test_messages_name_the_fault(jira, provider, link):
    """The messages of the helpers name the fault."""
    jira.fail_next()
    provider.submit(link())
    with pytest.raises(AssertionError, match=r"-> 503 \(fault: fail_next\)"):
        jira.assert_accepted("1")


def test_violations_of_a_failed_request(jira, provider):
    """The violations of a request that a fault refuses are reported."""
    jira.fail_next()
    assert provider.post({}).status_code == 503
    assert [violation.code for violation in jira.violations] == ["RL103"]


def test_planned_faults_keep_their_order(jira, provider, link):
    """Planned faults hit requests in the order of planning."""
    jira.fail_next(500)
    jira.drop_connection(after=1)
    jira.fail_next(502)
    assert provider.read("1").status_code == 500
    with pytest.raises(requests.ConnectionError):
        provider.read("1")
    assert provider.read("1").status_code == 502


def test_block_comes_before_planned_faults(jira, provider):
    """A block comes before planned faults."""
    jira.drop_connection()
    with jira.maintenance():
        assert provider.read("1").status_code == 503
    with pytest.raises(requests.ConnectionError):
        provider.read("1")


def test_requests_in_progress_are_not_blamed(jira, provider, link):
    """Requests in progress when the limit is reached are refused without a violation."""
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
    refused = answers.index(b"HTTP/1.1 429")
    provider.submit(link("new"))
    assert jira.violations == [], "it may come from a worker that was not asked to wait"
    provider.submit(link(str(refused)))
    assert [violation.code for violation in jira.violations] == ["RL701"]


def test_limit_is_for_every_operation(jira, provider, link):
    """The wait of a rate limit is for requests of every operation."""
    jira.rate_limit(1)
    provider.read("1")
    provider.read("1")
    jira.advance(5)
    provider.delete("1")
    assert [violation.code for violation in jira.violations] == ["RL701"]


def test_delay_ends_with_the_client(jira, provider, link):
    """A delayed answer is dropped when its client is gone or the site is reset."""
    jira.delay_next(60, times=2)
    with pytest.raises(requests.Timeout):
        provider.post({"remoteLinks": [link()]}, timeout=0.1)
    jira.wait_idle(quiet=0, timeout=10)
    given_up = ThreadPoolExecutor(1).submit(lambda: provider.read("1"))
    jira.wait_until(lambda: len(jira.requests) == 2)
    jira.reset()
    with pytest.raises(requests.ConnectionError):
        given_up.result(timeout=10)
    assert provider.read("1").status_code == 404


def test_late_answer_allows_a_retry(jira, provider, link):
    """A submission whose answer came too late may be sent again."""
    jira.delay_next(60)
    with pytest.raises(requests.Timeout):
        provider.post({"remoteLinks": [link()]}, timeout=0.1)
    provider.submit(link())
    assert jira.violations == []


def test_hidden_answer_uses_the_number(jira, provider, link):
    """A sequence number is used even if the client got no readable answer."""
    jira.garble_next()
    provider.submit(link())
    provider.submit(link(displayName="other"))
    assert [violation.code for violation in jira.violations] == ["RL402"]


# Tokens


def ask(jira, **arguments):
    payload = {"audience": "a", "grant_type": "client_credentials", "client_id": "b", "client_secret": "c"}
    return requests.post(jira.url + "/oauth/token", json=payload, timeout=30, **arguments)


def test_blocks_hit_requests_for_tokens(jira, answered):
    """Maintenance and renaming are for requests for tokens, too."""
    with jira.maintenance(retry_after=60):
        answer = ask(jira)
        assert (answer.status_code, answer.headers["Retry-After"], answer.content) == (503, "60", b"")
    with jira.renamed() as new_url:
        answer = ask(jira, allow_redirects=False)
        assert (answer.status_code, answer.headers["Location"]) == (302, new_url + "/oauth/token")
    assert answered() == [(503, "maintenance"), (302, "renamed")]
    assert jira.violations == []


def test_rate_limit_counts_requests_for_tokens(jira, provider):
    """A rate limit counts requests for tokens."""
    jira.rate_limit(2)
    assert ask(jira).headers["X-RateLimit-Remaining"] == "1"
    assert provider.read("1").status_code == 404
    answer = ask(jira)
    assert (answer.status_code, answer.headers["RateLimit-Reason"]) == (429, "jira-quota-based")
    jira.advance(int(answer.headers["Retry-After"]))
    assert ask(jira).status_code == 200


def test_planned_faults_for_tokens_name_them(jira, provider, link, answered):
    """Planned faults hit requests for tokens only with ``operation="token"``."""
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
    assert [fault for _, fault in answered()][1:4] == ["fail_next", "fail_next", "drop_connection before the request was read"]


def test_every_fault_is_possible_for_tokens(jira, answered):
    """Every fault can hit a request for a token."""
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
    assert [status for status, _ in answered()] == [0, 200, 200, 200, 400]


def test_retry_after_of_a_token(jira):
    """A Retry-After to a request for a token is enforced."""
    jira.fail_next(429, operation="token", retry_after=10)
    assert [ask(jira).headers["Retry-After"] for _ in range(3)] == ["10", "20", "40"]
    jira.advance(40)
    assert ask(jira).status_code == 200


def test_malformed_http_has_limit_headers(jira):
    """Malformed HTTP counts, and is answered with the headers of the limit."""
    jira.rate_limit(5)
    with socket.create_connection(("127.0.0.1", int(jira.url.rpartition(":")[2])), timeout=10) as connection:
        connection.sendall(b"GET /a b c HTTP/1.1\r\n\r\n")
        answer = b"".join(iter(lambda: connection.recv(65536), b""))
    assert b"X-RateLimit-Remaining: 4" in answer
    assert answer.count(b"Content-Type") == 1


@pytest.mark.parametrize("status", [302, 429, 500, 503])
def test_failed_request_was_not_rejected(jira, provider, link, status):
    """``assert_rejected`` does not take a fault for a rejection."""
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


def test_refused_request_was_rejected(jira, provider, link):
    """``assert_rejected`` takes a request that is refused for its content."""
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
    jira.explore(lambda _: [provider.submit(link()), provider.submit(link())])
    assert fault.remaining == 1
    assert jira._faults.unmet() == []


def test_reset_ends_a_fault(jira, provider):
    """A planned fault hits nothing after a reset."""
    fault = jira.fail_next(times=3)
    jira.reset()
    assert fault.remaining == 0
    assert provider.read("1").status_code == 404


def test_rate_limit_handle(jira, provider, link):
    """The handle of a rate limit has its name and the requests that it refused."""
    limit = jira.rate_limit(1, per=60)
    provider.submit(link())
    assert provider.read("1").status_code == 429
    assert limit.name == "rate_limit"
    assert list(limit.requests) == jira.requests[1:]


def test_renamed_site_that_listens_on_localhost():
    """A site on localhost is renamed to 127.0.0.1."""
    with FakeJira(host="localhost") as jira, jira.renamed() as new_url:
        assert new_url.startswith("http://127.0.0.1:")
        authorization = jira.authorization("GET", "/rest/remotelinks/1.0/remotelink/1")
        arguments = {"headers": {"Authorization": authorization}, "allow_redirects": False, "timeout": 30}
        answer = requests.get(jira.url + "/rest/remotelinks/1.0/remotelink/1", **arguments)
        assert (answer.status_code, answer.headers["Location"]) == (302, new_url + "/rest/remotelinks/1.0/remotelink/1")


def test_garbled_response_keeps_other_headers(jira, provider, link):
    """The page instead of JSON has its own content type, and the headers of the rate limit."""
    jira.rate_limit(10, per=60)
    jira.garble_next("html")
    answer = provider.submit(link())
    assert answer.headers["Content-Type"] == "text/html;charset=UTF-8"
    assert answer.headers["X-RateLimit-Limit"] == "10"
    assert answer.text.startswith("<!DOCTYPE html>")


def test_failed_response_has_only_planned_headers(jira, provider, link):
    """A fault without retry_after asks for no wait, and only a renamed site names another location."""
    jira.fail_next(503)
    answer = provider.submit(link())
    assert answer.status_code == 503
    assert not {"retry-after", "location"} & {name.lower() for name in answer.headers}


@pytest.mark.parametrize("seconds", [True, "1", -0.1, float("inf"), float("nan")])
def test_delay_must_be_a_number_of_seconds(jira, seconds):
    """A delay that cannot be waited for is refused."""
    with pytest.raises(ValueError, match="delay must be a number of seconds"):
        jira.delay_next(seconds)
