"""The settings of a fake Jira: which exist, what they may be, and which source wins."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, Literal, cast, get_args

from pytest_remotelinks.contract.document import NEWEST, VERSIONS
from pytest_remotelinks.contract.loading import is_file, shortened
from pytest_remotelinks.jira.consistency import DEFAULT, Policy, parse_consistency
from pytest_remotelinks.rules.selectors import parse_selectors
from pytest_remotelinks.wire.redact import Secret

#: What becomes of a planned fault that no request met by the end of its test.
UnmetFaults = Literal["error", "warn", "ignore"]


class SettingsError(ValueError):
    """A setting has a wrong value, or does not exist; the message names the setting and what to change."""


@dataclass(frozen=True)
class Settings:
    """The settings of one fake Jira, checked."""

    contract: str = NEWEST
    consistency: Policy | str | Mapping[str, Policy | str] = DEFAULT
    strict: bool = True
    ignore: tuple[str, ...] = ()
    #: The newer contract that requests are checked against too; None means the bundled one that follows.
    next_contract: str | None = None
    #: The descriptor of the app to install: a path, or the descriptor itself.
    app: str | Mapping[str, Any] | None = None
    shared_secret: str | None = field(default=None, repr=False)
    unmet_faults: UnmetFaults = "warn"

    def __post_init__(self) -> None:
        object.__setattr__(self, "contract", _contract("contract", self.contract))
        if self.next_contract is not None:
            object.__setattr__(self, "next_contract", _contract("next_contract", self.next_contract))
        object.__setattr__(self, "ignore", _ignore(self.ignore))
        try:
            object.__setattr__(self, "consistency", parse_consistency(self.consistency))
        except ValueError as error:
            raise SettingsError(str(error)) from None
        if self.app is not None:
            object.__setattr__(self, "app", _app(self.app))
        if self.shared_secret is not None:
            if not isinstance(self.shared_secret, str) or not self.shared_secret:
                raise SettingsError("shared_secret must be a string that is not empty")
            object.__setattr__(self, "shared_secret", Secret(self.shared_secret))
        if not isinstance(self.strict, bool):
            raise SettingsError(f"strict must be True or False, not {self.strict!r}")
        if self.unmet_faults not in get_args(UnmetFaults):
            raise SettingsError(f"unmet_faults must be one of {', '.join(get_args(UnmetFaults))}, not {self.unmet_faults!r}")

    @property
    def policy(self) -> Policy:
        """The consistency, parsed."""
        return cast(Policy, self.consistency)

    @classmethod
    def merged(cls, *layers: Mapping[str, Any]) -> Settings:
        """Checked settings from several sources, of which a later one wins; raises SettingsError."""
        return cls(**merge(*layers))


def merge(*layers: Mapping[str, Any]) -> dict[str, Any]:
    """The settings of several sources, of which a later one wins; their values are not checked.

    Raises SettingsError for a setting that does not exist.
    """
    known = [setting.name for setting in fields(Settings)]
    merged: dict[str, Any] = {}
    for layer in layers:
        if not isinstance(layer, Mapping):
            raise SettingsError(f"remotelinks_settings must return a dictionary of {', '.join(known)}, not {type(layer).__name__}")
        for name, value in layer.items():
            if name not in known:
                raise SettingsError(f"there is no setting {name!r}; the settings are {', '.join(known)}")
            merged[name] = value
    return merged


def _contract(name: str, given: str | Path) -> str:
    if not isinstance(given, (str, Path)) or not str(given):
        raise SettingsError(f"{name} must be one of {', '.join(VERSIONS)} or the path of an OpenAPI document, not {given!r}")
    if str(given) not in VERSIONS and not is_file(Path(given)):
        raise SettingsError(f"{name} {shortened(str(given))!r} is neither one of {', '.join(VERSIONS)} nor a file")
    return str(given)


def _app(given: Any) -> str | Mapping[str, Any]:
    if isinstance(given, Mapping):
        return given
    if not isinstance(given, (str, Path)) or not str(given):
        raise SettingsError(f"app must be the path of atlassian-connect.json or manifest.yml, or a dictionary, not {given!r}")
    if not is_file(Path(given)):
        raise SettingsError(f"app {shortened(str(given))!r} is not a file; give the path of atlassian-connect.json or manifest.yml")
    return str(given)


def _ignore(given: str | Iterable[str]) -> tuple[str, ...]:
    try:
        if not isinstance(given, Iterable):
            raise ValueError(f"give codes such as 'RL206' or 'RL2', not {given!r}")
        return parse_selectors(given)
    except ValueError as error:
        raise SettingsError(f"ignore: {error}") from None
