"""Finding the site that a request is for: by cloud id, by host name, or the first one."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from pytest_remotelinks.jira.backend import Backend
from pytest_remotelinks.jira.oauth import TOKEN_PATH, client_id_of
from pytest_remotelinks.wire.request import Request

_CLOUD_ID = re.compile(r"/(?:ex/jira|jira/[^/?]+/[^/?]+/cloud)/([^/?]+)(?=/)")
#: The gateway's base. All sites of a listener have URLs below it, but for the first one without a host name.
_GATEWAY = "/ex/jira/"


@dataclass(frozen=True)
class Mount:
    """Where a site is found. ``is_named`` says that a test gave the cloud id, so that requests must name it."""

    backend: Backend
    cloud_id: str
    is_named: bool = False
    host_name: str = ""
    #: What the paths of the site's URL start with; empty for the first site without a host name.
    base: str = ""


class Sites:
    """The sites of one listener."""

    def __init__(self) -> None:
        # Replaced as a whole, never changed: each request has a thread of its own.
        self._mounts: tuple[Mount, ...] = ()

    def add(self, mount: Mount, url: str) -> str:
        """Add a site, and return its URL, given that of the listener."""
        taken = any(not other.host_name for other in self._mounts)
        for other in self._mounts:
            if other.cloud_id == mount.cloud_id or (mount.host_name and other.host_name == mount.host_name):
                raise ValueError(f"two sites cannot both be {mount.host_name or mount.cloud_id!r}; give each its own name")
        # A site with a host name has a URL below the gateway, too, since not every machine resolves the name.
        if taken or mount.host_name:
            mount = replace(mount, base=_GATEWAY + mount.cloud_id)
        self._mounts = (*self._mounts, mount)
        return url + mount.base

    def remove(self, backend: Backend) -> None:
        self._mounts = tuple(mount for mount in self._mounts if mount.backend is not backend)

    def others(self, backend: Backend) -> tuple[Backend, ...]:
        """The backends of the other sites."""
        return tuple(mount.backend for mount in self._mounts if mount.backend is not backend)

    def route(self, request: Request) -> tuple[Backend | None, Request]:
        """The backend that answers a request, and the request as it gets it."""
        mounts = self._mounts
        if not mounts:
            return None, request
        found = _CLOUD_ID.match(request.path)
        if found is not None:
            for mount in mounts:
                if mount.cloud_id == found[1]:
                    return mount.backend, _below(request, mount.base)
            if len(mounts) > 1 or mounts[0].is_named:
                return mounts[0].backend, replace(request, misrouted=f"no site here has the cloud id {found[1]!a}")
        if len(mounts) == 1:
            return mounts[0].backend, request
        host = _host(request)
        for mount in mounts:
            if mount.host_name and mount.host_name == host:
                return mount.backend, request
        first = next((mount for mount in mounts if not mount.host_name), None)
        # Any other name of this machine leads to the first site, but for names below localhost, which are made for sites.
        if first is None or (host.endswith(".localhost") and any(mount.host_name for mount in mounts)):
            return mounts[0].backend, replace(request, misrouted=f"no site here has the host name {host!a}")
        return first.backend, request

    def shares_tokens(self, request: Request) -> bool:
        """Whether a request for a token may be for any of several sites: a tool has one such URL for all of its sites."""
        host = _host(request)
        return (
            request.path == TOKEN_PATH
            and not request.base
            and len(self._mounts) > 1
            and not any(mount.host_name and mount.host_name == host for mount in self._mounts)
        )

    def issuer(self, request: Request, otherwise: Backend) -> Backend:
        """The backend of the site that knows the client id of a request for a token."""
        client_id = client_id_of(request)
        for mount in self._mounts:
            if mount.backend.token_endpoint.knows(client_id):
                return mount.backend
        return otherwise


def _below(request: Request, base: str) -> Request:
    """The request as the site gets it, to whose URL the base belongs."""
    if not base or not request.target.startswith(base + "/"):
        return request
    return replace(request, target=request.target.removeprefix(base), base=base)


def _host(request: Request) -> str:
    name = request.headers.get("Host", "").strip().lower()
    return name if name.endswith("]") else re.sub(r":\d*$", "", name)
