"""Several threads at once: one order of their requests explains every answer and what is stored."""

from __future__ import annotations

import http.client
import json
import random
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from urllib.parse import urlencode

import pytest
from support.model import Model

BASE = "/rest/remotelinks/1.0"
THREADS, REQUESTS = 4, 40


def requests_of(seed, thread):
    """The requests of one thread: as the model takes them, and as they are sent."""
    dice = random.Random(f"{seed} {thread}")
    for number in range(REQUESTS):
        id, account = dice.choice("ab"), dice.choice("xy")
        kind = dice.choice(["submit", "submit", "delete", "delete-by-properties", "read"])
        if kind == "submit":
            sequence = dice.randint(0, 50)
            link = {
                "id": id,
                "updateSequenceNumber": sequence,
                "displayName": f"{thread} {number}",
                "url": "https://scanner.example/1",
                "type": "security",
                "lastUpdated": "2026-01-31T12:00:00Z",
            }
            body = {"remoteLinks": [link], "properties": {"account": account}}
            yield ("submit", id, sequence, account), "POST", "/bulk", json.dumps(body)
        elif kind == "delete":
            yield ("delete", id, 0, ""), "DELETE", f"/remotelink/{id}", None
        elif kind == "read":
            yield ("read", id, 0, ""), "GET", f"/remotelink/{id}", None
        else:
            yield ("delete-by-properties", None, 0, account), "DELETE", f"/bulkByProperties?{urlencode({'account': account})}", None


def send(jira, thread, seed, barrier):
    """Send a thread's requests; by their names, what they are and how they were answered."""
    answers = {}
    barrier.wait()
    for number, (event, method, path, body) in enumerate(requests_of(seed, thread)):
        connection = http.client.HTTPConnection("127.0.0.1", int(jira.url.rpartition(":")[2]), timeout=30)
        name = f"{thread}/{number}"
        headers = {"Authorization": "JWT a.b.c", "Content-Type": "application/json", "X-Name": name}
        connection.request(method, BASE + path, body, headers)
        answer = connection.getresponse()
        content = answer.read()
        answers[name] = event, answer.status, json.loads(content)["updateSequenceNumber"] if method == "GET" and content else None
        connection.close()
    return answers


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("policy", ["immediate", "after-reads:2", "manual", "shuffled:5", "submit=shuffled:6,delete=after-reads:1"])
def test_one_order_explains_all_answers(make_site, policy, seed):
    """In the recorded order, the model gives the answers that the threads got, and what is stored."""
    jira = make_site(consistency=policy)
    barrier = Barrier(THREADS)
    with ThreadPoolExecutor(THREADS) as pool:
        results = list(pool.map(lambda thread: send(jira, thread, seed, barrier), range(THREADS)))
    answers = {name: result for part in results for name, result in part.items()}

    order = [exchange.request.headers["X-Name"] for exchange in jira.requests]
    assert sorted(order) == sorted(answers)
    for thread in range(THREADS):
        own = [int(name.partition("/")[2]) for name in order if name.startswith(f"{thread}/")]
        assert own == list(range(REQUESTS))

    model = Model(jira.settings.policy)
    for name in order:
        (kind, id, sequence, account), status, shown = answers[name]
        if kind == "read":
            expected = model.read(id)
            assert (status, shown) == ((404, None) if expected is None else (200, expected[0]))
        else:
            assert status == 202
            model.accept(kind, id, sequence, account)
        model.answer()
    jira.settle()
    model.settle()
    assert {id: link["updateSequenceNumber"] for id, link in jira.links.items()} == {id: one[0] for id, one in model.stored.items()}
