"""Requests with a secret at each place where a client may put one, most of them in violation of some rule."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

from support.links import a_link

BASE = "/rest/remotelinks/1.0"


def raw(method: str, target: str, body: bytes | str = b"", *headers: str, authorization: str = "JWT aaaa.bbbb.cccc") -> bytes:
    content = body.encode("utf-8", "surrogatepass") if isinstance(body, str) else body
    lines = [f"{method} {target} HTTP/1.1", "Host: localhost", "Connection: close", f"Content-Length: {len(content)}", *headers]
    if authorization:
        lines.append(f"Authorization: {authorization}")
    return "\r\n".join([*lines, "", ""]).encode() + content


def submission(payload: Any, *headers: str, target: str = f"{BASE}/bulk", content_type: str = "application/json") -> bytes:
    body = payload if isinstance(payload, (str, bytes)) else json.dumps(payload)
    return raw("POST", target, body, f"Content-Type: {content_type}", *headers)


def in_headers(secret: str) -> Iterator[bytes]:
    broken = json.dumps({"remoteLinks": [a_link(url="<string>")]})
    basic = base64.b64encode(f"user:{secret}".encode()).decode()
    for scheme in ("JWT {}", "Bearer {}", "Token {}", "{}", "jwt {}", "JWT token={}", "JWT  {}", 'Digest username="a", response="{}"'):
        yield raw("GET", f"{BASE}/remotelink/1", authorization=scheme.format(secret))
    yield raw("GET", f"{BASE}/remotelink/1", authorization=f"Basic {basic}")
    yield raw("GET", f"{BASE}/remotelink/1", authorization=f"Basic {secret}")
    for name in ("Cookie", "X-Api-Key", "X-Auth-Token", "Proxy-Authorization", "X-Client-Secret", "x-access-token"):
        yield submission(broken, f"{name}: {secret}")


def in_target(secret: str) -> Iterator[bytes]:
    value = quote(secret, safe="")
    for name in ("token", "jwt", "Access_Token", "access%5Ftoken", "params[token]", "params%5Bclient_secret%5D", "api_key", "clientSecret"):
        yield raw("GET", f"{BASE}/remotelink/1?{name}={value}")
        yield raw("DELETE", f"{BASE}/bulkByProperties?page=1&{name}={value}&x=2")
        yield submission({"remoteLinks": [a_link(url="<string>")]}, target=f"{BASE}/bulk?{name}={value}")
        yield raw("PUT", f"{BASE}/nothing?{name}={value}")
    nested = json.dumps({"token": secret, "account": "a"})
    yield raw("DELETE", f"{BASE}/bulkByProperties?params={quote(nested)}")
    yield raw("DELETE", f"{BASE}/bulkByProperties?params={quote(quote(nested))}")
    yield raw("DELETE", f"{BASE}/bulkByProperties?{quote(nested)}")
    yield raw("GET", f"{BASE}/remotelink/a%3Ftoken%3D{value}%26b%3D1")
    yield raw("GET", f"{BASE}/remotelink/a/b;token={value}")
    yield raw("GET", f"http://user:{value}@localhost{BASE}/remotelink/1?token={value}")


def in_json(secret: str) -> Iterator[bytes]:
    for properties in (
        {"token": secret * 30},
        {"token": secret, **{f"p{number}": "x" for number in range(6)}},
        {"client_secret": [secret]},
        {"password": {"value": secret, "more": [secret]}},
        {"_token": secret},
        {"token:a": "x", "apiKey": secret, "number": 7},
    ):
        yield submission({"remoteLinks": [a_link()], "properties": properties})
    for members in (
        {"token": secret},
        {"attributeMap": {"token": secret, "number": 7}},
        {"attributeMap": {"access_token": secret}, "actionIds": ["none"], "type": "x"},
        {"url": f"https://a.example/a b?token={quote(secret)}"},
        {"url": f"https://user:{quote(secret, safe='')}@a.example/a b"},
        {"url": {"jwt": secret}},
        {"status": {"appearance": "x", "label": "y", "secret": secret}},
        {"displayName": f"password={quote(secret)} " + "x" * 300},
        {"description": json.dumps({"token": secret}) + "x" * 300},
        {"associations": [{"associationType": "issueKeys", "values": [f"token={quote(secret)}"]}]},
        {"credentials": {"name": secret}},
    ):
        yield submission({"remoteLinks": [a_link(**members)]})
    yield submission({"remoteLinks": [a_link()], "client_secret": secret})
    yield submission({"remoteLinks": [a_link()], "providerMetadata": {"token": secret, "by": "ann@a.example"}})
    yield submission({"remoteLinks": "none", "token": secret})
    yield submission([{"token": secret}])
    yield submission(json.dumps(json.dumps({"token": secret})))


def in_other_bodies(secret: str) -> Iterator[bytes]:
    payload = {"token": secret, "remoteLinks": [a_link()]}
    text = json.dumps(payload)
    yield submission(text[:-1])
    yield submission(text[: text.index(", ") - 2])
    yield submission(text.replace(": 1", ": NaN"))
    yield submission(repr(payload))
    yield submission("\ufeff" + text)
    yield submission(text.encode("utf-16"))
    yield submission(text, content_type="text/plain")
    yield submission(f"\xff{text}".encode("latin-1", "replace"))
    form = f"client_id=a&client_secret={quote(secret)}&payload={quote(text)}"
    yield submission(form, content_type="application/x-www-form-urlencoded")
    part = f'--x\r\nContent-Disposition: form-data; name="token"\r\n\r\n{secret}\r\n--x--\r\n'
    yield submission(part, content_type="multipart/form-data; boundary=x")
    yield submission(f"POST /bulk HTTP/1.1\r\nX-Api-Key: {secret}\r\n\r\n")


def in_request_lines(secret: str) -> Iterator[bytes]:
    for line in (
        "GET /x?token={} y HTTP/1.1",
        "POST token={}",
        f"GET {BASE}/remotelink/1 ?jwt={{}} HTTP/1.1",
        "GET /x?token={} HTTP/9.9",
        "Authorization: Bearer {}",
        "Cookie: {} HTTP/1.1",
    ):
        yield line.format(quote(secret)).encode() + b"\r\nHost: localhost\r\nConnection: close\r\n\r\n"


def in_token_requests(secret: str) -> Iterator[bytes]:
    client = {"audience": "api.atlassian.com", "grant_type": "client_credentials", "client_id": "a", "client_secret": secret}
    text = json.dumps(client)
    for body in (text, text[:-5], f"grant_type=client_credentials&client_secret={quote(secret)}", text.replace("client_cred", "x")):
        yield raw("POST", "/oauth/token", body, "Content-Type: application/json", authorization="")
    yield raw("POST", "/oauth/token", json.dumps({"client_secret": {"a": secret}}), authorization=f"Bearer {secret}")
    yield raw("GET", f"/oauth/token?client_secret={quote(secret)}", authorization="")


PLACES = (in_headers, in_target, in_json, in_other_bodies, in_request_lines, in_token_requests)


def requests_with(secret: str) -> list[bytes]:
    """All of the requests, as bytes to send."""
    return [request for place in PLACES for request in place(secret)]
