"""What is known when a request comes: the time, the installed apps, and what each app did before."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from pytest_remotelinks.auth.elsewhere import Place
from pytest_remotelinks.auth.installation import InstalledApp, IssuedToken
from pytest_remotelinks.auth.qsh import CanonicalRequest
from pytest_remotelinks.rules.retries import AppHistory


@dataclass(frozen=True)
class RequestContext:
    """What the rules may know beside the request itself; plain data, which no check changes.

    ``began`` is when the request began and ``now`` the time, both in seconds
    since the epoch on the site's clock.
    """

    began: float = 0.0
    now: float = 0.0
    #: What each app did before, by its key.
    histories: Mapping[str, AppHistory] = field(default_factory=dict)
    #: The installed apps by their keys, the latest one last.
    apps: Mapping[str, InstalledApp] = field(default_factory=dict)
    #: The bearer tokens that were issued.
    tokens: Mapping[str, IssuedToken] = field(default_factory=dict)
    #: The canonical forms of recent signed requests.
    recent: Collection[CanonicalRequest] = ()
    #: By target, the method of the last request, if it was answered with a redirect.
    redirected: Mapping[str, str] = field(default_factory=dict)
    #: Whether credentials are verified. As long as no app was installed they need only be well-formed.
    verifies: bool = False
    #: The site, as others in this process know it.
    place: Place | None = None

    @property
    def latest(self) -> InstalledApp | None:
        """The app that was installed last."""
        return list(self.apps.values())[-1] if self.apps else None
