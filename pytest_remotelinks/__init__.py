"""A pytest plugin with a contract-testing fake of Jira's remote links API."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pytest_remotelinks.auth.clients import RequestAuth
    from pytest_remotelinks.check.payloads import check_link, check_submission
    from pytest_remotelinks.contract.descriptor import Action, Descriptor, DescriptorError, Module
    from pytest_remotelinks.contract.document import ContractError
    from pytest_remotelinks.fake_jira import FakeJira
    from pytest_remotelinks.jira.consistency import AfterReads, AfterSeconds, Immediate, Manual, Policy, Shuffled
    from pytest_remotelinks.jira.fault import Fault, FaultBlock
    from pytest_remotelinks.jira.panel import Lozenge, ShownAction, ShownLink
    from pytest_remotelinks.jira.write import Write
    from pytest_remotelinks.plugin import MakeFakeJira, RemoteLinksWarning
    from pytest_remotelinks.recording.exchange import Exchange, RecordedViolation, Submission
    from pytest_remotelinks.rules.violation import Violation
    from pytest_remotelinks.settings import SettingsError
    from pytest_remotelinks.view.app import App
    from pytest_remotelinks.view.explore import Exploration
    from pytest_remotelinks.wire.headers import Headers
    from pytest_remotelinks.wire.request import Request
    from pytest_remotelinks.wire.response import Response

__all__ = [
    "Action",
    "AfterReads",
    "AfterSeconds",
    "App",
    "ContractError",
    "Descriptor",
    "DescriptorError",
    "Exchange",
    "Exploration",
    "FakeJira",
    "Fault",
    "FaultBlock",
    "Headers",
    "Immediate",
    "Lozenge",
    "MakeFakeJira",
    "Manual",
    "Module",
    "Policy",
    "RecordedViolation",
    "RemoteLinksWarning",
    "Request",
    "RequestAuth",
    "Response",
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
    "Action": "contract.descriptor",
    "AfterReads": "jira.consistency",
    "AfterSeconds": "jira.consistency",
    "App": "view.app",
    "ContractError": "contract.document",
    "Descriptor": "contract.descriptor",
    "DescriptorError": "contract.descriptor",
    "Exchange": "recording.exchange",
    "Exploration": "view.explore",
    "FakeJira": "fake_jira",
    "Fault": "jira.fault",
    "FaultBlock": "jira.fault",
    "Headers": "wire.headers",
    "Immediate": "jira.consistency",
    "Lozenge": "jira.panel",
    "MakeFakeJira": "plugin",
    "Manual": "jira.consistency",
    "Module": "contract.descriptor",
    "Policy": "jira.consistency",
    "RecordedViolation": "recording.exchange",
    "RemoteLinksWarning": "plugin",
    "Request": "wire.request",
    "RequestAuth": "auth.clients",
    "Response": "wire.response",
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
