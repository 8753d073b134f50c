"""pytest's side: options, marker, fixtures and the verdict. Imports nothing heavy until a fixture is asked for."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from _pytest.outcomes import Failed  # pytest.fail.Exception, as a class to derive from

if TYPE_CHECKING:
    from pytest_remotelinks.fake_jira import FakeJira
    from pytest_remotelinks.recording.exchange import RecordedViolation
    from pytest_remotelinks.server.listener import Listener

_MARKER = "remotelinks"
_NAMES = ("contract", "consistency", "strict", "ignore", "next_contract", "app", "shared_secret")
#: Settings that may be the path of a file.
_PATHS = ("contract", "next_contract", "app")
#: What is wrong with a marker, as a worker of pytest-xdist says it and as its controller keeps it.
_WRONG_MARKER = "remotelinks_wrong_marker"
_WRONG = pytest.StashKey[str]()
#: The fake Jiras of a test, as long as it runs.
_SITES = pytest.StashKey["list[FakeJira]"]()
#: By site, where its consistency was set, if that is where no option reaches.
_PLACES = pytest.StashKey["dict[FakeJira, str]"]()
#: The violations that the call phase ended with.
_JUDGED = pytest.StashKey["list[tuple[FakeJira, RecordedViolation]]"]()


class RemoteLinksWarning(UserWarning):
    """A request broke a rule of severity "warning": Jira takes it, but not as its sender thinks."""


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
    group.addoption("--remotelinks-strict", action="store_true", default=None, help="a broken contract fails the test (the default)")
    group.addoption("--no-remotelinks-strict", dest="remotelinks_strict", action="store_false", help="a broken contract is only reported")
    group.addoption("--remotelinks-ignore", metavar="CODES", help="rules that do not apply, by code or beginning, with commas: RL206,RL3")
    group.addoption("--remotelinks-next-contract", metavar="VERSION|FILE", help="newer contract: what it will refuse is warned of (RL901)")
    parser.addini("remotelinks_contract", "contract to test against")
    parser.addini("remotelinks_consistency", "when writes become visible")
    parser.addini("remotelinks_strict", "whether a broken contract fails the test", type="bool", default=None)
    parser.addini("remotelinks_ignore", "rules that do not apply", type="args", default=None)
    parser.addini("remotelinks_next_contract", "newer contract, what it will refuse is warned of")
    parser.addini("remotelinks_app", "descriptor or manifest of the app that is installed")
    parser.addini("remotelinks_shared_secret", "secret that the installed app signs with")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line(
        "markers",
        "remotelinks(contract=..., consistency=..., strict=..., ignore=..., next_contract=..., app=..., shared_secret=...): "
        "settings of this test's fake Jira",
    )
    _check(_config_settings(config), "")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    try:
        for item in items:
            _check(_marker_settings(item), f"{item.nodeid}: ")
    except pytest.UsageError as error:
        output = getattr(config, "workeroutput", None)
        if output is None:
            raise
        # A worker of pytest-xdist can stop nothing by itself: it runs no test, and tells whoever started it.
        output[_WRONG_MARKER] = str(error)
        items.clear()


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """A worker of pytest-xdist has ended."""
    wrong = getattr(node, "workeroutput", {}).get(_WRONG_MARKER)
    if wrong is not None:
        node.config.stash[_WRONG] = wrong


@pytest.hookimpl(tryfirst=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    if _WRONG in session.config.stash:
        session.exitstatus = pytest.ExitCode.USAGE_ERROR


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    wrong = terminalreporter.config.stash.get(_WRONG, None)
    if wrong is not None:
        terminalreporter.write_line(f"ERROR: {wrong}", red=True)


def _config_settings(config: pytest.Config) -> dict[str, Any]:
    """What options and ini values say; an option wins over the ini value."""
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
    except (ValueError, pytest.UsageError) as error:  # pytest does not say whose value it cannot read
        raise pytest.UsageError(f"remotelinks_{name}: {error}") from None
    return _rooted(config, {name: value})[name]


def _rooted(config: pytest.Config, layer: Any) -> Any:
    """The settings, in which the path of a file goes from the root of the project and not from where pytest was started."""
    if not isinstance(layer, Mapping) or not any(layer.get(name) for name in _PATHS):
        return layer
    from pytest_remotelinks.contract.loading import is_file

    def rooted(value: Any) -> Any:
        is_path = isinstance(value, (str, Path)) and bool(str(value))
        return str(config.rootpath / value) if is_path and is_file(config.rootpath / value) else value

    return {name: rooted(value) if name in _PATHS else value for name, value in layer.items()}


def _check(layer: Mapping[str, Any], place: str) -> None:
    if not layer:
        return
    from pytest_remotelinks.contract.descriptor import DescriptorError, load_descriptor
    from pytest_remotelinks.contract.document import ContractError, load_document
    from pytest_remotelinks.settings import Settings, SettingsError

    try:
        settings = Settings.merged(layer)
        for contract in (settings.contract, settings.next_contract):
            if contract is not None:
                load_document(contract)
        if settings.app is not None:
            load_descriptor(settings.app, settings.ignore)
    except (SettingsError, ContractError, DescriptorError) as error:
        raise pytest.UsageError(f"{place}{error}") from None


def _marker_settings(node: pytest.Item) -> dict[str, Any]:
    """The marker's settings; of several markers, the one nearest the test wins."""
    settings: dict[str, Any] = {}
    for marker in reversed(list(node.iter_markers(_MARKER))):
        # A setting without a name is none of the settings, and is told so.
        settings.update({repr(argument): argument for argument in marker.args}, **marker.kwargs)
    rooted: dict[str, Any] = _rooted(node.config, settings)
    return rooted


@pytest.fixture(scope="session")
def remotelinks_settings() -> dict[str, Any]:
    """Override it to set a project's defaults: a dictionary of contract, consistency, strict, ignore, next_contract, app, shared_secret."""
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
) -> Iterator[Callable[..., FakeJira]]:
    """A factory of fake Jiras, each a site of its own; it takes the arguments of ``FakeJira``."""
    # The settings are asked for here, not once a session: each folder may override them.
    with _remotelinks_listener.sites_of(request.node, remotelinks_settings) as make:
        yield make


@pytest.fixture
def fake_jira(
    request: pytest.FixtureRequest, _remotelinks_listener: _SharedListener, remotelinks_settings: dict[str, Any]
) -> Iterator[FakeJira]:
    """A fake Jira, empty and running; what the test's provider sends to its ``url`` is judged and recorded."""
    with _remotelinks_listener.sites_of(request.node, remotelinks_settings) as make:
        yield make()


class _SharedListener:
    """The one listener of a session, which all of its sites share."""

    def __init__(self) -> None:
        #: None until the first site is asked for.
        self.listener: Listener | None = None

    @contextmanager
    def sites_of(self, node: pytest.Item, project: dict[str, Any]) -> Iterator[Callable[..., FakeJira]]:
        """Make sites for a test, and stop and judge them at its end."""
        sites: list[FakeJira] = []

        def make(contract: Any = None, consistency: Any = None, strict: Any = None, ignore: Any = None, **others: Any) -> FakeJira:
            given = {"contract": contract, "consistency": consistency, "strict": strict, "ignore": ignore}
            given["next_contract"] = others.pop("next_contract", None)
            given = {name: value for name, value in given.items() if value is not None}
            # No app is a choice, too, where the project has one.
            given |= {name: others.pop(name) for name in ("app", "shared_secret") if name in others}
            site = _site((_rooted(node.config, project), _config_settings(node.config), _marker_settings(node), given), others)
            sites.append(site.start(self._running()))
            node.stash.setdefault(_SITES, []).append(site)
            in_marker = "consistency" in _marker_settings(node)
            place = "make_fake_jira()" if "consistency" in given else "the test's marker" if in_marker else ""
            node.stash.setdefault(_PLACES, {})[site] = place
            return site

        yield make
        for site in sites:
            site.stop()
            # A test that is run again starts from nothing.
            node.stash[_SITES].remove(site)
        if self.listener is not None:
            self.listener.check_handler_errors()
        # What came after the call phase can only fail the teardown.
        _judge(node, sites, node.stash.get(_JUDGED, []))

    def _running(self) -> Listener:
        if self.listener is None:
            from pytest_remotelinks.server.listener import Listener

            listener = Listener()
            listener.start()
            self.listener = listener
        return self.listener


def _site(layers: tuple[dict[str, Any], ...], others: dict[str, Any]) -> FakeJira:
    from pytest_remotelinks.contract.descriptor import DescriptorError
    from pytest_remotelinks.contract.document import ContractError
    from pytest_remotelinks.fake_jira import FakeJira
    from pytest_remotelinks.settings import Settings, SettingsError

    try:
        settings = Settings.merged(*layers)
        return FakeJira(**{field.name: getattr(settings, field.name) for field in fields(settings)}, **others)
    except (SettingsError, ContractError, DescriptorError) as error:
        problem = str(error)
    pytest.fail(f"the fake Jira cannot be set up: {problem}", pytrace=False)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, object, object]:
    try:
        result = yield
    finally:
        # Asked for only now: a test may have got its fixture, or another site, while it ran.
        sites = item.stash.get(_SITES, [])
        item.stash[_JUDGED] = _unexpected(sites)
    _judge(item, sites, [])
    return result


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    test_report = yield
    if call.excinfo is not None and isinstance(call.excinfo.value, _ContractBroken):
        # The failure's place is the test, and its summary one line: on CI pytest repeats the whole message there.
        crash = getattr(test_report.longrepr, "reprcrash", None)
        if crash is not None:
            path, line, _ = item.location
            crash.path, crash.lineno, crash.message = path, (line or 0) + 1, call.excinfo.value.verdict
    elif call.when == "call" and (found := item.stash.get(_JUDGED, [])):
        test_report.sections.append(("remote links contract", _report(found)))
    if test_report.failed:
        for site in item.stash.get(_SITES, []):
            if trouble := _trouble(site):
                test_report.sections.append(("remote links trouble", trouble))
            if weather := _weather(item, site):
                test_report.sections.append(("remote links weather", weather))
    return test_report


class _ContractBroken(Failed):
    """The failure of a test whose provider broke the contract."""

    def __init__(self, verdict: str, report: str) -> None:
        super().__init__(f"{verdict}\n\n{report}", pytrace=False)
        self.verdict = verdict


def _unexpected(sites: list[FakeJira]) -> list[tuple[FakeJira, RecordedViolation]]:
    return [(site, violation) for site in sites for violation in site.unexpected_violations]


def _report(found: list[tuple[FakeJira, RecordedViolation]]) -> str:
    from pytest_remotelinks.reports.terminal import report

    sites = dict.fromkeys(site for site, _ in found)
    return "\n\n".join(report([violation for owner, violation in found if owner is site], site.url) for site in sites)


def _trouble(site: FakeJira) -> str:
    from pytest_remotelinks.reports.terminal import trouble_report

    return trouble_report(site.requests)


def _weather(item: pytest.Item, site: FakeJira) -> str:
    from pytest_remotelinks.reports.terminal import weather_report

    return weather_report(site.arrived_under, site.arrivals, item.stash[_PLACES].get(site, ""))


def _judge(node: pytest.Item, sites: list[FakeJira], judged: list[tuple[FakeJira, RecordedViolation]]) -> None:
    """Fail for violations of severity error where that is strict, warn of the others; those judged before are left out."""
    seen = {id(violation) for _, violation in judged}
    found = [(site, violation) for site, violation in _unexpected(sites) if id(violation) not in seen]
    errors = [violation for site, violation in found if violation.severity == "error" and site.settings.strict]
    if errors:
        raise _ContractBroken(f"{_counted(errors)}: the provider broke the remote links contract", _report(found))
    tolerated: set[str] = set()
    by_code: dict[str, list[RecordedViolation]] = {}
    for _, violation in found:
        by_code.setdefault(violation.code, []).append(violation)
        if violation.severity == "error":
            tolerated.add(violation.code)
    for code, same in by_code.items():
        more = f" (and {len(same) - 1} more)" if len(same) > 1 else ""
        try:
            node.warn(RemoteLinksWarning(f"{_line(same[0])}{more}"))
        except RemoteLinksWarning as warning:  # warnings are errors in this run
            if code in tolerated:  # and yet these are only to be reported
                continue
            raise _ContractBroken(str(warning), _report(found)) from None


def _counted(violations: list[RecordedViolation]) -> str:
    from pytest_remotelinks.reports.terminal import count_by_code

    return count_by_code(violations)


def _line(violation: RecordedViolation) -> str:
    from pytest_remotelinks.wire.text import printable

    return printable(f"{violation}; {violation.hint}")
