"""Which of a listener's sites a request is for: by cloud id, by host name, or the first one."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from pytest_remotelinks.jira.backend import Backend
from pytest_remotelinks.jira.oauth import PATH as TOKEN_PATH
from pytest_remotelinks.jira.oauth import client_id_of
from pytest_remotelinks.wire.request import Request

_CLOUD_ID = re.compile(r"/(?:ex/jira|jira/remotelinks/1\.0/cloud)/([^/?]+)(?=/)")
#: The base of the gateway, under which a listener's sites have their URLs, but for the first one without a host name.
_GATEWAY = "/ex/jira/"


@dataclass(frozen=True)
class Place:
    """Where a site is found. ``is_named`` says that a test gave the cloud id, so that no other one will do."""

    application: Backend
    cloud_id: str
    is_named: bool = False
    host_name: str = ""
    #: What the paths of the site's URL start with; the first site of a listener without a host name needs nothing.
    base: str = ""


class Sites:
    """The sites of one listener."""

    def __init__(self) -> None:
        # Replaced as a whole, never changed: requests come in threads of their own.
        self._places: tuple[Place, ...] = ()

    def add(self, place: Place, url: str) -> str:
        """Take a site in, and return its URL, given that of the listener."""
        taken = any(not other.host_name for other in self._places)
        for other in self._places:
            if other.cloud_id == place.cloud_id or (place.host_name and other.host_name == place.host_name):
                raise ValueError(f"two sites cannot both be {place.host_name or place.cloud_id!r}; give each its own name")
        # One with a host name has a URL of its own as well, since not every machine resolves the name.
        if taken or place.host_name:
            place = replace(place, base=_GATEWAY + place.cloud_id)
        self._places = (*self._places, place)
        return url + place.base

    def remove(self, application: Backend) -> None:
        self._places = tuple(place for place in self._places if place.application is not application)

    def lead(self, request: Request) -> tuple[Backend | None, Request]:
        """Who answers a request, and the request as it reaches them."""
        places = self._places
        if not places:
            return None, request
        found = _CLOUD_ID.match(request.path)
        if found is not None:
            for place in places:
                if place.cloud_id == found[1]:
                    return place.application, _below(request, place.base)
            if len(places) > 1 or places[0].is_named:
                return places[0].application, replace(request, misrouted=f"no site here has the cloud id {found[1]!a}")
        if len(places) == 1:
            return places[0].application, request
        host = _host(request)
        for place in places:
            if place.host_name and place.host_name == host:
                return place.application, request
        first = next((place for place in places if not place.host_name), None)
        # Any other name of this machine leads to the first site, but not one that is made for sites.
        if first is None or (host.endswith(".localhost") and any(place.host_name for place in places)):
            return places[0].application, replace(request, misrouted=f"no site here has the host name {host!a}")
        return first.application, request

    def shares_tokens(self, request: Request) -> bool:
        """Whether a request for a token may be meant for any of several sites: a tool has one such URL for all of its own."""
        host = _host(request)
        return (
            request.path == TOKEN_PATH
            and not request.base
            and len(self._places) > 1
            and not any(place.host_name and place.host_name == host for place in self._places)
        )

    def issuer(self, request: Request, otherwise: Backend) -> Backend:
        """The site that knows the client id of a request for a token."""
        client_id = client_id_of(request)
        for place in self._places:
            if place.application.token_endpoint.knows(client_id):
                return place.application
        return otherwise


def _below(request: Request, base: str) -> Request:
    """The request as the site sees it, whose URL the base belongs to."""
    if not base or not request.target.startswith(base + "/"):
        return request
    return replace(request, target=request.target.removeprefix(base), base=base)


def _host(request: Request) -> str:
    name = request.headers.get("Host", "").strip().lower()
    return name if name.endswith("]") else re.sub(r":\d*$", "", name)
