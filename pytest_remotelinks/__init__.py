"""A pytest plugin with a contract-testing fake of Jira's remote links API."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pytest_remotelinks.check.payloads import check_link, check_submission
    from pytest_remotelinks.contract.descriptor import DescriptorError
    from pytest_remotelinks.contract.document import ContractError
    from pytest_remotelinks.fake_jira import FakeJira
    from pytest_remotelinks.jira.consistency import AfterReads, AfterSeconds, Immediate, Manual, Shuffled
    from pytest_remotelinks.jira.faults import Fault
    from pytest_remotelinks.jira.panel import Lozenge, ShownAction, ShownLink
    from pytest_remotelinks.jira.write import Write
    from pytest_remotelinks.plugin import MakeFakeJira, RemoteLinksWarning
    from pytest_remotelinks.recording.exchange import Exchange, RecordedViolation, Submission
    from pytest_remotelinks.rules.violation import Violation
    from pytest_remotelinks.settings import SettingsError
    from pytest_remotelinks.view.app import App
    from pytest_remotelinks.view.explore import Exploration

__all__ = [
    "AfterReads",
    "AfterSeconds",
    "App",
    "ContractError",
    "DescriptorError",
    "Exchange",
    "Exploration",
    "FakeJira",
    "Fault",
    "Immediate",
    "Lozenge",
    "MakeFakeJira",
    "Manual",
    "RecordedViolation",
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
    "AfterReads": "jira.consistency",
    "AfterSeconds": "jira.consistency",
    "App": "view.app",
    "ContractError": "contract.document",
    "DescriptorError": "contract.descriptor",
    "Exchange": "recording.exchange",
    "Exploration": "view.explore",
    "FakeJira": "fake_jira",
    "Fault": "jira.faults",
    "Immediate": "jira.consistency",
    "Lozenge": "jira.panel",
    "MakeFakeJira": "plugin",
    "Manual": "jira.consistency",
    "RecordedViolation": "recording.exchange",
    "RemoteLinksWarning": "plugin",
    "SettingsError": "settings",
    "ShownAction": "jira.panel",
    "ShownLink": "jira.panel",
    "Shuffled": "jira.consistency",
    "Submission": "recording.exchange",
    "Violation": "rules.violation",
    "Write": "jira.write",
    "check_link": "check.payloads",
    "check_submission": "check.payloads",
}


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
