"""Which modules of the package a request touches, how many there are, and which import each other in a circle.

    python benchmarks/modules.py

Touched are the modules of which a function runs between the first byte of a
request and its answer, in any thread; what is only imported does not count.
"""

from __future__ import annotations

import ast
import http.client
import json
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

import pytest_remotelinks
from pytest_remotelinks import FakeJira

PACKAGE = Path(pytest_remotelinks.__file__).parent
BASE = "/rest/remotelinks/1.0"
APP = {"key": "scanner", "name": {"value": "Scanner"}, "homeUrl": "https://scanner.example"}
BROKEN = {
    "id": "1",
    "updateSequenceNumber": 1,
    "displayName": "x",
    "url": "<string>",
    "type": "security",
    "lastUpdated": "2026-01-31T12:00:00Z",
}


def send(jira: FakeJira, method: str, path: str, authorization: str, body: bytes | None = None) -> int:
    host, _, port = jira.url.removeprefix("http://").partition(":")
    connection = http.client.HTTPConnection(host, int(port))
    connection.request(method, path, body, {"Authorization": authorization, "Content-Type": "application/json"})
    status = connection.getresponse().status
    connection.close()
    return status


def during(app: Any, request: Callable[[FakeJira], int]) -> list[str]:
    """The modules that the second of two such requests touches; threads are profiled from their start."""
    jira = FakeJira(app=app)
    found: dict[str, None] = {}
    recording = threading.Event()

    def profile(frame: FrameType, event: str, argument: Any) -> None:
        if recording.is_set() and event == "call" and frame.f_code.co_filename.startswith(str(PACKAGE)):
            found.setdefault(str(Path(frame.f_code.co_filename).relative_to(PACKAGE)))

    threading.setprofile(profile)
    try:
        with jira:
            request(jira)
            recording.set()
            request(jira)
            recording.clear()
    finally:
        threading.setprofile(None)  # type: ignore[arg-type]
    return list(found)


def bad_post(jira: FakeJira) -> int:
    return send(jira, "POST", f"{BASE}/bulk", "JWT x", json.dumps({"remoteLinks": [BROKEN]}).encode())


def wrong_hash(jira: FakeJira) -> int:
    # Signed without the base of the API, the most usual mistake.
    return send(jira, "GET", f"{BASE}/remotelink/1", jira.authorization("GET", "/remotelink/1"))


def imports() -> dict[str, set[str]]:
    """By module, the modules of the package that it imports, wherever in it."""
    names = {
        ".".join(("pytest_remotelinks", *path.relative_to(PACKAGE).with_suffix("").parts)).removesuffix(".__init__"): path
        for path in PACKAGE.rglob("*.py")
    }
    graph: dict[str, set[str]] = {}
    for name, path in names.items():
        graph[name] = set()
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and node.module in names:
                graph[name] |= {f"{node.module}.{one.name}" if f"{node.module}.{one.name}" in names else node.module for one in node.names}
    return graph


def circles(graph: dict[str, set[str]]) -> list[list[str]]:
    """The groups of modules each of which leads to every other of its group."""

    def reached(start: str) -> set[str]:
        seen: set[str] = set()
        todo = [start]
        while todo:
            for other in graph[todo.pop()] - seen:
                seen.add(other)
                todo.append(other)
        return seen

    reach = {name: reached(name) for name in graph}
    groups = {frozenset(other for other in reach[name] if name in reach[other]) for name in graph if name in reach[name]}
    return sorted(sorted(group) for group in groups)


def main() -> None:
    files = list(PACKAGE.rglob("*.py"))
    print(f"{len(files)} modules, {sum(len(path.read_text(encoding='utf-8').splitlines()) for path in files)} lines")
    for what, found in (("a POST with a broken link", during(None, bad_post)), ("a GET with a wrong qsh", during(APP, wrong_hash))):
        print(f"{what} touches {len(found)} modules:\n    {' '.join(found)}")
    found_circles = circles(imports())
    print(f"{len(found_circles)} circles of imports")
    for group in found_circles:
        print("   ", " ".join(group))


if __name__ == "__main__":
    sys.exit(main())
