"""A pytest plugin with a contract-testing fake of Jira's remote links API."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pytest_remotelinks.checking.values import check_link, check_submission
    from pytest_remotelinks.contract.documents.document import ContractError
    from pytest_remotelinks.contract.installable import DescriptorError
    from pytest_remotelinks.contract.violation import Violation
    from pytest_remotelinks.exploration import Exploration
    from pytest_remotelinks.fake_jira import FakeJira
    from pytest_remotelinks.plugin import RemoteLinksWarning
    from pytest_remotelinks.recording.exchange import Exchange, Submission
    from pytest_remotelinks.settings import SettingsError
    from pytest_remotelinks.site.app import App
    from pytest_remotelinks.site.consistency import AfterReads, AfterSeconds, Immediate, Manual, Shuffled
    from pytest_remotelinks.site.panel import Lozenge, ShownAction, ShownLink
    from pytest_remotelinks.site.write import Write

__all__ = [
    "AfterReads",
    "AfterSeconds",
    "App",
    "ContractError",
    "DescriptorError",
    "Exchange",
    "Exploration",
    "FakeJira",
    "Immediate",
    "Lozenge",
    "Manual",
    "RemoteLinksWarning",
    "SettingsError",
    "ShownAction",
    "ShownLink",
    "Shuffled",
    "Submission",
    "Violation",
    "Write",
    "check_link",
    "check_submission",
]

# pytest loads this package at every start, also where no test uses it: names are imported when asked for.
_HOMES = {
    "AfterReads": "site.consistency",
    "AfterSeconds": "site.consistency",
    "App": "site.app",
    "ContractError": "contract.documents.document",
    "DescriptorError": "contract.installable",
    "Exchange": "recording.exchange",
    "Exploration": "exploration",
    "FakeJira": "fake_jira",
    "Immediate": "site.consistency",
    "Lozenge": "site.panel",
    "Manual": "site.consistency",
    "RemoteLinksWarning": "plugin",
    "SettingsError": "settings",
    "ShownAction": "site.panel",
    "ShownLink": "site.panel",
    "Shuffled": "site.consistency",
    "Submission": "recording.exchange",
    "Violation": "contract.violation",
    "Write": "site.write",
    "check_link": "checking.values",
    "check_submission": "checking.values",
}


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
