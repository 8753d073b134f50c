"""What a site and an app agree on: the installation with its secrets, and the bearer tokens that were issued for it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from pytest_remotelinks.wire.redact import Secret

if TYPE_CHECKING:
    from pytest_remotelinks.contract.descriptor import Action, Descriptor, Module


@dataclass(frozen=True, eq=False, repr=False)
class InstalledApp:
    """An app that a site has installed: its descriptor and its secrets.

    A Connect app signs each request with ``shared_secret``; a Forge app sends
    bearer tokens. ``client_id`` and ``client_secret`` are for the
    client-credentials endpoint, ``/oauth/token``.
    """

    descriptor: Descriptor
    shared_secret: Secret
    client_key: str
    client_id: str
    client_secret: Secret

    def __repr__(self) -> str:
        return f"<InstalledApp {self.key} ({self.kind})>"

    @property
    def key(self) -> str:
        """The app's key: ``iss`` of a Connect app's tokens, ``app.id`` of a Forge app."""
        return self.descriptor.key

    @property
    def kind(self) -> Literal["connect", "forge"]:
        return self.descriptor.kind

    @property
    def scopes(self) -> frozenset[str] | None:
        """The scopes of the descriptor or manifest; None for a bare module or modules alone, which may do everything."""
        return self.descriptor.scopes

    @property
    def modules(self) -> tuple[Module, ...]:
        """The remote link modules: one of a Connect app, any number of a Forge app."""
        return self.descriptor.modules

    @property
    def actions(self) -> dict[str, Action]:
        """The actions of the modules, by their ids."""
        return self.descriptor.actions


@dataclass(frozen=True)
class IssuedToken:
    """What a bearer token allows: the key of its app, its scopes, and when it ends on the site's clock.

    ``scopes`` is None if the token allows all that its app may do.
    """

    app: str
    scopes: frozenset[str] | None
    ends: float
