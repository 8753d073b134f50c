"""Two recipes by which workers of a provider share its submissions, and retry as each was answered."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import requests
from requests.adapters import HTTPAdapter
from urllib3.util import Retry

from pytest_remotelinks import FakeJira

WORKERS = 20
PATH = "/rest/remotelinks/1.0/bulk"


def threads(jira: FakeJira, payloads: Sequence[Any]) -> list[int]:
    """A pool of threads, and urllib3's Retry; the statuses in which it ends."""
    adapter = HTTPAdapter(pool_maxsize=WORKERS, max_retries=Retry(20, status_forcelist=[429, 503], allowed_methods=None))
    headers = {"Authorization": jira.authorization("POST", PATH)}
    with requests.Session() as session, ThreadPoolExecutor(WORKERS) as pool:
        session.mount("http://", adapter)

        def submit(payload: Any) -> int:
            return session.post(jira.url + PATH, json=payload, headers=headers, timeout=60).status_code

        return list(pool.map(submit, payloads))


def coroutines(jira: FakeJira, payloads: Sequence[Any]) -> list[int]:
    """Coroutines that each sleep as long as they were told; the statuses in which it ends."""
    headers = {"Authorization": jira.authorization("POST", PATH)}

    async def submit(client: httpx.AsyncClient, free: asyncio.Semaphore, payload: Any) -> int:
        async with free:
            for _ in range(20):
                answer = await client.post(jira.url + PATH, json=payload, headers=headers)
                if "Retry-After" not in answer.headers:
                    break
                await asyncio.sleep(int(answer.headers["Retry-After"]))
            return answer.status_code

    async def run() -> list[int]:
        free = asyncio.Semaphore(WORKERS)
        async with httpx.AsyncClient(timeout=60, limits=httpx.Limits(max_connections=WORKERS)) as client:
            return await asyncio.gather(*(submit(client, free, payload) for payload in payloads))

    return asyncio.run(run())


RECIPES: dict[str, Callable[[FakeJira, Sequence[Any]], list[int]]] = {"threads": threads, "coroutines": coroutines}
