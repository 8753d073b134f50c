"""The clients that providers use, each over a real socket."""

from __future__ import annotations

import asyncio
import json
import shutil
import subprocess
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import quote

import aiohttp
import httpx
import pytest
import requests

BASE = "/rest/remotelinks/1.0"


def by_requests(method, url, headers, body):
    answer = requests.request(method, url, headers=headers, data=body, timeout=30)
    return answer.status_code, answer.content


def by_requests_session(method, url, headers, body):
    with requests.Session() as session:
        answer = session.request(method, url, headers=headers, data=body, timeout=30)
        return answer.status_code, answer.content


def by_httpx(method, url, headers, body):
    answer = httpx.request(method, url, headers=headers, content=body, timeout=30)
    return answer.status_code, answer.content


def by_httpx_async(method, url, headers, body):
    async def send():
        async with httpx.AsyncClient(timeout=30) as client:
            answer = await client.request(method, url, headers=headers, content=body)
            return answer.status_code, answer.content

    return asyncio.run(send())


def by_aiohttp(method, url, headers, body):
    from yarl import URL

    async def send():
        # Without "encoded" aiohttp would undo the escaping of an id.
        async with (
            aiohttp.ClientSession() as session,
            session.request(method, URL(url, encoded=True), headers=headers, data=body) as answer,
        ):
            return answer.status, await answer.read()

    return asyncio.run(send())


def by_urllib(method, url, headers, body):
    try:
        with urllib.request.urlopen(urllib.request.Request(url, body, headers, method=method), timeout=30) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read()


def by_curl(method, url, headers, body):
    if shutil.which("curl") is None:
        pytest.skip("curl is not installed")
    words = ["curl", "-sS", "-X", method, "-w", "\n%{http_code}", url]
    for name, value in headers.items():
        words += ["-H", f"{name}: {value}"]
    if body:
        words += ["--data-binary", "@-"]
    output = subprocess.run(words, input=body, capture_output=True, check=True, timeout=30).stdout
    content, _, status = output.rpartition(b"\n")
    return int(status), content


CLIENTS = [by_requests, by_requests_session, by_httpx, by_httpx_async, by_aiohttp, by_urllib, by_curl]


@pytest.mark.parametrize("client", CLIENTS, ids=lambda client: client.__name__)
def test_life_of_a_link(fake_jira, link, client):
    """Every client can submit, read and delete a link with an odd id."""

    def send(method, path, payload=None):
        headers = {"Authorization": fake_jira.authorization(method, BASE + path)}
        body = None
        if payload is not None:
            headers["Content-Type"] = "application/json"
            body = json.dumps(payload, ensure_ascii=False).encode()
        return client(method, fake_jira.url + BASE + path, headers, body)

    odd = "a/b ü%?#"
    place = f"/remotelink/{quote(odd, safe='')}"
    sent = link(odd, displayName="Überlauf “😀”")
    status, content = send("POST", "/bulk", {"remoteLinks": [sent, link("other")], "properties": {"account": "a b&c"}})
    assert (status, json.loads(content)) == (202, {"acceptedRemoteLinks": [odd, "other"]})
    assert send("GET", place) == (404, b"")
    status, content = send("GET", place)
    assert (status, json.loads(content)) == (200, sent)
    fake_jira.assert_stored(odd, displayName="Überlauf “😀”")
    assert send("DELETE", place) == (202, b"")
    fake_jira.assert_deleted(odd)
    assert send("DELETE", f"/bulkByProperties?account={quote('a b&c')}") == (202, b"")
    fake_jira.assert_deleted_by(account="a b&c")
    fake_jira.settle()
    assert fake_jira.links == {}
    assert len(fake_jira.requests) == 5
    fake_jira.assert_no_violations()


def test_large_body_expect_continue(fake_jira, link):
    """A body of several megabytes is read after 100 Continue."""
    links = [link(str(number), description="x" * 255, attributeMap={"text": "x" * 20_000}) for number in range(100)]
    body = json.dumps({"remoteLinks": links}).encode()
    headers = {"Authorization": "JWT x", "Content-Type": "application/json", "Expect": "100-continue"}
    assert by_curl("POST", f"{fake_jira.url}{BASE}/bulk", headers, body)[0] == 202
    assert fake_jira.requests[0].request.body == body


def test_many_threads(fake_jira, link):
    """Two hundred requests from eight threads are all recorded and stored."""

    def submit(number):
        headers = {"Authorization": "JWT x"}
        answer = requests.post(f"{fake_jira.url}{BASE}/bulk", json={"remoteLinks": [link(str(number))]}, headers=headers, timeout=30)
        return answer.status_code

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(submit, range(200))) == {202}
    assert len(fake_jira.requests) == 200
    fake_jira.settle()
    assert set(fake_jira.links) == {str(number) for number in range(200)}


def test_https_on_the_http_port(fake_jira):
    """A client that uses https is refused, and RL113 says so."""
    with pytest.raises(requests.exceptions.SSLError), fake_jira.expect_violations("RL113") as found:
        requests.get(fake_jira.url.replace("http:", "https:") + BASE, timeout=30)
    assert {violation.message for violation in found} == {"https was used: a TLS handshake arrived, and this port has only http"}
    assert {violation.hint for violation in found} == {"use an http:// URL; fake_jira.url is one"}


BY_NODE = """
const http = require('http');
const { url, body } = JSON.parse(process.argv[2]);
const headers = { 'Content-Type': 'application/json', Authorization: 'JWT x', Expect: '100-continue', 'Content-Length': body.length };
const seen = [];
const request = http.request(url, { method: 'POST', headers }, (answer) => {
  answer.resume();
  answer.on('end', () => console.log(JSON.stringify([...seen, answer.statusCode])));
});
request.on('continue', () => { seen.push(100); request.end(body); });
request.flushHeaders();
"""


@pytest.mark.skipif(shutil.which("node") is None, reason="Node.js is not installed")
def test_node_waits_for_continue(fake_jira, link):
    """Node's client, which fails if 100 Continue comes twice, gets one and then the answer."""
    given = json.dumps({"url": f"{fake_jira.url}{BASE}/bulk", "body": json.dumps({"remoteLinks": [link()]})})
    done = subprocess.run(["node", "-e", BY_NODE, "script", given], capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, json.loads(done.stdout)) == (0, [100, 202]), done.stderr
    fake_jira.assert_submitted("1")


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
def test_curl_with_http_2_prior_knowledge(fake_jira):
    """A client that speaks HTTP/2 without asking is refused, and RL113 says so."""
    words = ["curl", "-sS", "--http2-prior-knowledge", fake_jira.url + BASE]
    with fake_jira.expect_violations("RL113") as found:
        done = subprocess.run(words, capture_output=True, timeout=30, check=False)
        if b"unsupported" in done.stderr.lower() or b"does not support" in done.stderr:
            pytest.skip("curl was built without HTTP/2")
    assert done.returncode != 0
    assert "HTTP/2 was used" in found[0].message
