"""Which credentials were given out by which site of this process, so that one used at the wrong site is recognised.

Also a site of an earlier test gave some out, and a provider may have kept them.
Of secrets only digests and prepared signatures are kept, and of all only the
latest.
"""

from __future__ import annotations

import hashlib
import hmac
from collections import deque
from dataclasses import dataclass, field

from pytest_remotelinks.auth.jwt import Token

#: How many installations, and how many tokens, are remembered.
_LIMIT = 500


@dataclass(eq=False)
class Place:
    """What is known of a site for as long as its credentials are remembered."""

    url: str = ""
    is_running: bool = False

    def seen_from(self, here: Place | None) -> str:
        """The site in words, as part of a sentence."""
        if self is here:
            return "this site in an earlier installation"
        return f"the site {self.url}" if self.is_running else "a site that no longer runs, such as that of an earlier test"


@dataclass(frozen=True)
class _Installation:
    place: Place
    app: str
    client_id: str
    #: Signs with the app's shared secret, which cannot be read from it.
    signer: hmac.HMAC = field(repr=False)


_installations: deque[_Installation] = deque(maxlen=_LIMIT)
_tokens: deque[tuple[Place, str, bytes]] = deque(maxlen=_LIMIT)


def remember_app(place: Place, app: str, shared_secret: str, client_id: str = "") -> None:
    """Remember that the site installed the app with this shared secret."""
    signer = hmac.new(shared_secret.encode("utf-8", "surrogatepass"), digestmod="sha256")
    _installations.append(_Installation(place, app, client_id, signer))


def remember_token(place: Place, app: str, token: str) -> None:
    """Remember that the site issued the bearer token to the app."""
    _tokens.append((place, app, _digest(token)))


def signer_of(token: Token, here: Place | None, app: str | None = None) -> str:
    """Whose secret a token is signed with, as a sentence; empty if that is not known, or not the given app's."""
    for known in reversed([known for known in _installations if app in (None, known.app)]):
        signer = known.signer.copy()
        signer.update(token.signed)
        if hmac.compare_digest(signer.digest(), token.signature):
            return f"it is signed by the app {known.app!a} with the secret that was installed on {known.place.seen_from(here)}"
    return ""


def issuer_of(token: str, here: Place | None) -> str:
    """Which site issued a bearer token, as a sentence; empty if that is not known."""
    digest = _digest(token)
    for place, app, known in reversed([*_tokens]):
        if known == digest:
            return f"it was issued{f' to the app {app!a}' if app else ''} by {place.seen_from(here)}"
    return ""


def owner_of(client_id: str, here: Place | None) -> str:
    """Which app has a client id, as a sentence; empty if that is not known."""
    for known in reversed([*_installations]):
        if known.client_id and known.client_id == client_id:
            return f"this client_id belongs to the app {known.app!a} of {known.place.seen_from(here)}"
    return ""


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()
