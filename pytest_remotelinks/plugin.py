"""pytest's side: options, marker, fixtures, and whether a test fails. Imports nothing heavy until a fixture is used."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Generator, Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import urlsplit

import pytest
from _pytest.outcomes import Failed  # pytest.fail.Exception, as a class to derive from

# Sockets and clocks are kept as they are now, before another plugin replaces them.
from pytest_remotelinks.reports.failure import ContractViolation
from pytest_remotelinks.reports.warning import RemoteLinksWarning
from pytest_remotelinks.server import sockets
from pytest_remotelinks.wire import times  # noqa: F401
from pytest_remotelinks.wire.redact import secret_argument

if TYPE_CHECKING:
    from pytest_remotelinks.fake_jira import FakeJira
    from pytest_remotelinks.jira.consistency import Policy
    from pytest_remotelinks.recording.exchange import RecordedViolation
    from pytest_remotelinks.server.listener import Listener
    from pytest_remotelinks.settings import UnmetFaults

_MARKER = "remotelinks"
_NAMES = ("contract", "consistency", "strict", "ignore", "next_contract", "app", "shared_secret", "unmet_faults")
#: Settings that may be the path of a file.
_PATHS = ("contract", "next_contract", "app")
_FIXTURES = frozenset(("fake_jira", "make_fake_jira"))
#: What is wrong with markers, by the ids of a test's: the cases of one test function share theirs.
_CHECKED_MARKERS = pytest.StashKey["dict[tuple[int, ...], str]"]()
#: The fake Jiras of a test while it runs, each with the place where its consistency was set; no place where an option can set it.
_SITES = pytest.StashKey["dict[FakeJira, str]"]()
#: The violations that were found by the end of the call phase.
_FOUND = pytest.StashKey["list[tuple[FakeJira, RecordedViolation]]"]()


class MakeFakeJira(Protocol):
    """The type of the fixture ``make_fake_jira``: a factory with the arguments of ``FakeJira``.

    A setting that is not given is the project's; ``app=None`` means no app. With
    ``host`` or ``port`` the site has a listener of its own.
    """

    def __call__(
        self,
        contract: str | Path | None = None,
        consistency: Policy | str | Mapping[str, Policy | str] | None = None,
        strict: bool | None = None,
        ignore: str | tuple[str, ...] | list[str] | None = None,
        *,
        next_contract: str | Path | None = None,
        byte_limit: int = ...,
        host: str = ...,
        port: int = ...,
        app: Mapping[str, Any] | str | Path | None = ...,
        shared_secret: str | None = ...,
        host_name: str | None = None,
        cloud_id: str | None = None,
        unmet_faults: UnmetFaults | None = None,
    ) -> FakeJira:
        """Start a fake Jira that runs until the end of the test."""


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("remotelinks", "fake Jira for remote links")
    group.addoption(
        "--remotelinks-contract", metavar="VERSION|FILE", help="contract to test against: 2023-06, 2026-06, or an OpenAPI document"
    )
    group.addoption(
        "--remotelinks-consistency",
        metavar="POLICY",
        help="when writes become visible: immediate, after-reads:N, after-seconds:S, manual, shuffled:SEED, or submit=…,delete=…",
    )
    group.addoption("--remotelinks-strict", action="store_true", default=None, help="a violation fails the test (the default)")
    group.addoption("--no-remotelinks-strict", dest="remotelinks_strict", action="store_false", help="a violation is only reported")
    group.addoption("--remotelinks-ignore", metavar="CODES", help="rules to ignore: codes or beginnings of codes, as in RL206,RL3")
    group.addoption("--remotelinks-next-contract", metavar="VERSION|FILE", help="newer contract; what only it refuses is a warning (RL901)")
    group.addoption("--remotelinks-unmet-faults", metavar="error|warn|ignore", help="what a planned fault is that no request met")
    parser.addini("remotelinks_contract", "contract to test against")
    parser.addini("remotelinks_consistency", "when writes become visible")
    parser.addini("remotelinks_strict", "whether a violation fails the test", type="bool", default=None)
    parser.addini("remotelinks_ignore", "rules to ignore", type="args", default=None)
    parser.addini("remotelinks_next_contract", "newer contract; what only it refuses is a warning")
    parser.addini("remotelinks_app", "descriptor or manifest of the app to install")
    parser.addini("remotelinks_shared_secret", "secret that the installed app signs with")
    parser.addini("remotelinks_unmet_faults", "what a planned fault is that no request met: error, warn or ignore")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", f"remotelinks({', '.join(f'{name}=...' for name in _NAMES)}): settings of this test's fake Jira")
    config.stash[_CHECKED_MARKERS] = {}
    if problem := _problem(_config_settings(config)):
        raise pytest.UsageError(problem)


def pytest_runtest_setup(item: pytest.Item) -> None:
    markers = tuple(map(id, item.iter_markers(_MARKER)))
    if markers:
        checked = item.config.stash[_CHECKED_MARKERS]
        if markers not in checked:
            checked[markers] = _problem(_marker_settings(item))
        if checked[markers]:
            raise _RemoteLinksFailure(f"marker remotelinks: {checked[markers]}")
    if getattr(getattr(item, "obj", None), "is_hypothesis_test", False):
        _prepare_for_deadlines(item)


def _prepare_for_deadlines(item: pytest.Item) -> None:
    """Import what takes long before Hypothesis measures how long each example takes."""
    uses_us = "pytest_remotelinks.contract.document" in sys.modules or not _FIXTURES.isdisjoint(getattr(item, "fixturenames", ()))
    if uses_us:
        _check_broken_link()


@cache
def _check_broken_link() -> None:
    from pytest_remotelinks.check.payloads import check_link

    check_link({})


# Settings


def _config_settings(config: pytest.Config) -> dict[str, Any]:
    """The settings from options and ini values; an option wins over the ini value."""
    settings: dict[str, Any] = {}
    for name in _NAMES:
        value = config.getoption(f"remotelinks_{name}", None)
        if value is None:
            value = _ini_value(config, name)
        if value not in (None, "", []):
            settings[name] = ",".join(value) if isinstance(value, list) else value
    return settings


def _ini_value(config: pytest.Config, name: str) -> Any:
    try:
        value = config.getini(f"remotelinks_{name}")
    except (ValueError, pytest.UsageError) as error:  # pytest does not name the ini value that it cannot read
        raise pytest.UsageError(f"remotelinks_{name}: {error}") from None
    return _rooted(config, {name: value})[name]


def _marker_settings(node: pytest.Item) -> dict[str, Any]:
    """The marker's settings; of several markers, the one nearest the test wins."""
    settings: dict[str, Any] = {}
    for marker in reversed(list(node.iter_markers(_MARKER))):
        # A positional argument names no setting, and is reported as an unknown one.
        settings.update({repr(argument): argument for argument in marker.args}, **marker.kwargs)
    rooted: dict[str, Any] = _rooted(node.config, settings)
    return rooted


def _rooted(config: pytest.Config, layer: Any) -> Any:
    """The settings with paths relative to the project's root, wherever pytest was started."""
    if not isinstance(layer, Mapping) or not any(layer.get(name) for name in _PATHS):
        return layer
    from pytest_remotelinks.contract.loading import is_file

    def rooted(value: Any) -> Any:
        is_path = isinstance(value, (str, Path)) and bool(str(value))
        return str(config.rootpath / value) if is_path and is_file(config.rootpath / value) else value

    return {name: rooted(value) if name in _PATHS else value for name, value in layer.items()}


def _problem(layer: Mapping[str, Any]) -> str:
    """Why settings cannot be used; empty if they can."""
    if not layer:
        return ""
    from pytest_remotelinks.contract.descriptor import DescriptorError
    from pytest_remotelinks.contract.document import ContractError, load_document
    from pytest_remotelinks.rules.descriptor import load_descriptor
    from pytest_remotelinks.settings import Settings, SettingsError

    try:
        settings = Settings.merged(layer)
        document = load_document(settings.contract)
        if settings.next_contract is not None:
            load_document(settings.next_contract)
        if settings.app is not None:
            load_descriptor(settings.app, document, settings.ignore)
    except (SettingsError, ContractError, DescriptorError) as error:
        return str(error)
    return ""


# Fixtures


@pytest.fixture(scope="session")
def remotelinks_settings() -> dict[str, Any]:
    """Override it to set a project's defaults: a dictionary of settings, such as ``{"consistency": "manual", "ignore": ["RL206"]}``."""
    return {}


@pytest.fixture(scope="session")
def _remotelinks_listener() -> Iterator[_SharedListener]:
    shared = _SharedListener()
    yield shared
    if shared.listener is not None:
        shared.listener.stop()


@pytest.fixture
def make_fake_jira(
    request: pytest.FixtureRequest, _remotelinks_listener: _SharedListener, remotelinks_settings: dict[str, Any]
) -> Iterator[MakeFakeJira]:
    """A factory of fake Jiras, each a site of its own; it takes the arguments of ``FakeJira``."""
    # The settings are requested here, not once a session: each folder may override them.
    with _remotelinks_listener.sites_of(request.node, remotelinks_settings) as make:
        yield make


@pytest.fixture
def fake_jira(
    request: pytest.FixtureRequest, _remotelinks_listener: _SharedListener, remotelinks_settings: dict[str, Any]
) -> Iterator[FakeJira]:
    """A fake Jira, empty and running; what the test's provider sends to its ``url`` is checked and recorded."""
    with _remotelinks_listener.sites_of(request.node, remotelinks_settings) as make:
        yield make()


class _SharedListener:
    """The one listener of a session, which all of its sites share."""

    def __init__(self) -> None:
        #: None until the first site is made.
        self.listener: Listener | None = None

    @contextmanager
    def sites_of(self, node: pytest.Item, project: dict[str, Any]) -> Iterator[MakeFakeJira]:
        """Make sites for a test; at its end stop them, and report what came after the call phase."""
        sites: list[FakeJira] = []

        def make(*positional: Any, **named: Any) -> FakeJira:
            if "shared_secret" in named:
                named["shared_secret"] = secret_argument(named["shared_secret"])
            site, place = _new_site(node, project, *positional, **named)
            has_own_address = not named.keys().isdisjoint(("host", "port"))
            sites.append(site.start(None if has_own_address else self._running()))
            node.stash.setdefault(_SITES, {})[site] = place
            return site

        yield make
        failure = self._stop(node, sites)
        # A traceback that another plugin keeps holds this frame.
        sites.clear()
        if failure:
            raise failure

    def _stop(self, node: pytest.Item, sites: list[FakeJira]) -> _RemoteLinksFailure | None:
        """Stop sites, and give the failure for what came after the call phase, which can only fail the teardown."""
        for site in sites:
            site.stop()
            # A test that is run again starts from nothing.
            del node.stash[_SITES][site]
        if self.listener is not None:
            self.listener.check_handler_errors()
        reported = {id(violation) for _, violation in node.stash.get(_FOUND, [])}
        return _violations_failure(node, [late for late in _unexpected(sites) if id(late[1]) not in reported])

    def _running(self) -> Listener:
        # In a forked child, the parent's listener would get the requests.
        if self.listener is None or self.listener.is_forked:
            from pytest_remotelinks.server.listener import Listener

            listener = Listener()
            listener.start()
            self.listener = listener
        return self.listener


def _new_site(node: pytest.Item, project: dict[str, Any], *positional: Any, **named: Any) -> tuple[FakeJira, str]:
    """A site with the settings of the test and the factory's arguments, and the place where its consistency was set."""
    from pytest_remotelinks.contract.descriptor import DescriptorError
    from pytest_remotelinks.contract.document import ContractError
    from pytest_remotelinks.fake_jira import FakeJira
    from pytest_remotelinks.settings import SettingsError, merge

    given = inspect.signature(FakeJira).bind_partial(*positional, **named).arguments if positional or named else {}
    # No app is a choice, too, where the project has one.
    given = {name: value for name, value in given.items() if value is not None or name in ("app", "shared_secret")}
    settings = {name: given.pop(name) for name in _NAMES if name in given}
    marker = _marker_settings(node)
    place = "make_fake_jira()" if "consistency" in settings else "the test's marker" if "consistency" in marker else ""
    try:
        return FakeJira(**merge(_rooted(node.config, project), _config_settings(node.config), marker, settings), **given), place
    except (SettingsError, ContractError, DescriptorError) as error:
        problem = str(error)
    pytest.fail(f"the fake Jira cannot be set up: {problem}", pytrace=False)


# Results


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, object, object]:
    try:
        result = yield
    finally:
        # Only now: a test may get its fixture, or another site, while it runs.
        item.stash[_FOUND] = _unexpected([*item.stash.get(_SITES, {})])
    # A traceback that another plugin keeps holds this frame, so it has no site.
    if failure := _failure(item):
        _expect_of_unittest(item, failure)
        raise failure
    return result


def _expect_of_unittest(item: pytest.Item, failure: _RemoteLinksFailure) -> None:
    """Where ``unittest.expectedFailure`` expects a failure, let this one be it: unittest has already said that there was none."""
    test = getattr(item, "instance", None)
    marks = (test, getattr(test, item.name, None))
    results: list[pytest.ExceptionInfo[BaseException]] | None = getattr(item, "_excinfo", None)
    if results and isinstance(results[0].value, Failed) and any(getattr(mark, "__unittest_expecting_failure__", False) for mark in marks):
        results.clear()
        pytest.xfail(failure.summary)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item: pytest.Item) -> Generator[None, object, object]:
    try:
        return (yield)
    finally:
        # Items live as long as the run; what their sites recorded does not.
        item.stash[_SITES], item.stash[_FOUND] = {}, []


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    test_report = yield
    failure = call.excinfo.value if call.excinfo is not None else None
    if isinstance(failure, _RemoteLinksFailure):
        # The failure's place is the test, and its summary one line: on CI pytest repeats the whole message there.
        crash = getattr(test_report.longrepr, "reprcrash", None)
        if crash is not None:
            path, line, _ = item.location
            crash.path, crash.lineno, crash.message = path, (line or 0) + 1, failure.summary
    elif found := _found_in(item, call):
        _add_section(test_report, "remote links contract", _details(found))
        _add_cause(test_report, found)
    if test_report.failed and (sites := item.stash.get(_SITES, {})):
        _add_circumstances(test_report, sites, own=isinstance(failure, _RemoteLinksFailure))
    return test_report


def _found_in(item: pytest.Item, call: pytest.CallInfo[None]) -> list[tuple[FakeJira, RecordedViolation]]:
    """The violations that a report of this phase is to have."""
    if call.when == "setup" and call.excinfo is not None:
        # There is no call phase to report them.
        item.stash[_FOUND] = _unexpected([*item.stash.get(_SITES, {})])
    return item.stash.get(_FOUND, []) if call.when != "teardown" else []


def _add_circumstances(test_report: pytest.TestReport, sites: Mapping[FakeJira, str], own: bool) -> None:
    """Add to a failed test the faults, the pending writes and the arrival order of its sites; ``own`` is whether the failure is ours."""
    from pytest_remotelinks.reports.terminal import arrivals_report, faults_report, pending_report

    for site, place in sites.items():
        if faults := faults_report(site.requests, site.unmet_faults):
            _add_section(test_report, "remote links faults", faults)
        if not own and (pending := pending_report(site.settings.policy, site.awaited_writes)):
            _add_section(test_report, "remote links pending writes", pending)
        if arrivals := arrivals_report(site.arrived_under, site.arrivals, place):
            _add_section(test_report, "remote links arrival order", arrivals)
    if not any(site.requests for site in sites) and (host := _forbidden_host(sites)):
        _add_section(
            test_report,
            "remote links connections",
            f"no request has come, and this test may not connect to {host}, as with pytest-socket; "
            f"let it connect to the fake: --allow-hosts={host}, or @pytest.mark.allow_hosts(['{host}']) in place of disable_socket",
        )


def _forbidden_host(sites: Iterable[FakeJira]) -> str | None:
    """The first host of these sites that the test may not connect to."""
    addresses = dict.fromkeys((url.hostname or "", url.port or 0) for url in (urlsplit(site.url) for site in sites))
    return next((host for host, port in addresses if sockets.is_forbidden(host, port)), None)


def _add_section(test_report: pytest.TestReport, name: str, content: str) -> None:
    """Add a section to a test's output; to that of a failure itself, since JUnit's XML has no others."""
    add = getattr(test_report.longrepr, "addsection", None) if test_report.failed else None
    if add is not None:
        add(name, content, "-")
    else:
        test_report.sections.append((name, content))


def _add_cause(test_report: pytest.TestReport, found: list[tuple[FakeJira, RecordedViolation]]) -> None:
    """Add to the one line of a test's own failure what probably led to it: ``assert 400 == 202`` alone says nothing."""
    errors = [violation for _, violation in found if violation.severity == "error"]
    crash = getattr(test_report.longrepr, "reprcrash", None)
    if test_report.failed and errors and crash is not None:
        from pytest_remotelinks.reports.terminal import cause_line

        crash.message = cause_line(crash.message, errors)


class _RemoteLinksFailure(Failed):
    """The failure of a test at its end; its summary is one line."""

    def __init__(self, summary: str, details: str = "") -> None:
        super().__init__(f"{summary}\n\n{details}".rstrip(), pytrace=False)
        self.summary = summary


class _ContractViolation(_RemoteLinksFailure, ContractViolation):
    """The failure of a test for what its provider sent."""


def _unexpected(sites: Iterable[FakeJira]) -> list[tuple[FakeJira, RecordedViolation]]:
    return [(site, violation) for site in sites for violation in site.violations if not violation.expected]


def _details(found: list[tuple[FakeJira, RecordedViolation]]) -> str:
    """The violations, site by site."""
    from pytest_remotelinks.reports.terminal import report

    sites = dict.fromkeys(site for site, _ in found)
    return "\n\n".join(report([violation for owner, violation in found if owner is site], site.url) for site in sites)


def _failure(item: pytest.Item) -> _RemoteLinksFailure | None:
    """Why a test fails that would pass otherwise; warn of what does not fail it."""
    return _violations_failure(item, item.stash[_FOUND]) or _unmet_faults_failure(item, [*item.stash.get(_SITES, {})])


def _violations_failure(node: pytest.Item, found: list[tuple[FakeJira, RecordedViolation]]) -> _RemoteLinksFailure | None:
    """The failure for violations of severity error where that is strict; warn of the others."""
    if not found:
        return None
    from pytest_remotelinks.reports.terminal import failure_line, warning_line

    errors = [violation for site, violation in found if violation.severity == "error" and site.settings.strict]
    if errors:
        return _ContractViolation(failure_line(errors), _details(found))
    by_code: dict[str, list[RecordedViolation]] = {}
    for _, violation in found:
        by_code.setdefault(violation.code, []).append(violation)
    for same in by_code.values():
        only_reported = any(violation.severity == "error" for violation in same)
        if not _warn(node, warning_line(same)) and not only_reported:
            return _ContractViolation(warning_line(same), _details(found))
    return None


def _unmet_faults_failure(node: pytest.Item, sites: Iterable[FakeJira]) -> _RemoteLinksFailure | None:
    """The failure for planned faults that no request met, or warn of them, as the sites' settings say."""
    errors = [unmet for site in sites if site.settings.unmet_faults == "error" for unmet in site.unmet_faults]
    if errors:
        more = f" (and {len(errors) - 1} more)" if len(errors) > 1 else ""
        return _RemoteLinksFailure(f"unmet fault: {errors[0]}{more}")  # the report's section on faults has them all
    for site in sites:
        if site.settings.unmet_faults == "warn":
            for unmet in site.unmet_faults:
                if not _warn(node, f"unmet fault: {unmet}"):
                    return _RemoteLinksFailure(f"unmet fault: {unmet}")
    return None


def _warn(node: pytest.Item, message: str) -> bool:
    """Warn; return False where this run makes errors of warnings."""
    try:
        node.warn(RemoteLinksWarning(message))
    except RemoteLinksWarning:
        return False
    return True
