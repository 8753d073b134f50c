"""The fixtures that all tests share, and Hypothesis's profiles."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from typing import Any

import hypothesis
import pytest
from support.apps import DESCRIPTOR, SECRET, published_token
from support.links import a_link
from support.provider import Provider

from pytest_remotelinks import FakeJira
from pytest_remotelinks.server.listener import Listener

pytest_plugins = ["pytester"]

VERSIONS = ("2023-06", "2026-06")

# How long one example takes says more about the machine than about the code.
hypothesis.settings.register_profile("dev", max_examples=40, deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow])
hypothesis.settings.register_profile("ci", hypothesis.settings.get_profile("dev"), max_examples=300)
hypothesis.settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "dev"))


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run a test that is marked ``both_versions`` once for each contract version; all others use the newest."""
    parametrized = any("version" in str(marker.args[0]) for marker in metafunc.definition.iter_markers("parametrize"))
    if "version" in metafunc.fixturenames and not parametrized:
        versions = VERSIONS if metafunc.definition.get_closest_marker("both_versions") else VERSIONS[-1:]
        metafunc.parametrize("version", versions, scope="session")


@pytest.fixture
def link() -> Callable[..., dict[str, Any]]:
    """Makes a well-formed link; members are replaced by name."""
    return a_link


@pytest.fixture(scope="session")
def _listener() -> Iterator[Listener]:
    listener = Listener()
    listener.start()
    yield listener
    listener.stop()


@pytest.fixture
def make_site(_listener: Listener) -> Iterator[Callable[..., FakeJira]]:
    """Starts a site whose violations don't fail the test. One at a time."""
    sites = []

    def make(**settings: Any) -> FakeJira:
        for site in sites:
            site.stop()
        sites.append(FakeJira(**settings).start(_listener))
        return sites[-1]

    yield make
    for site in sites:
        site.stop()
    _listener.check_handler_errors()


@pytest.fixture
def jira(make_site: Callable[..., FakeJira], version: str) -> FakeJira:
    """A site that shows writes at once."""
    return make_site(contract=version, consistency="immediate")


@pytest.fixture
def provider(jira: FakeJira) -> Provider:
    """The provider of ``jira``."""
    return Provider(jira)


@pytest.fixture
def provider_of() -> Callable[[FakeJira], Provider]:
    """Makes a provider for a site."""
    return Provider


@pytest.fixture
def descriptor() -> dict[str, Any]:
    """The descriptor of a Connect app with two actions."""
    return DESCRIPTOR


@pytest.fixture
def token() -> Callable[..., str]:
    """Makes an ``Authorization`` value by PyJWT."""
    return published_token


@pytest.fixture
def app_site(make_site: Callable[..., FakeJira], version: str) -> FakeJira:
    """A site with the app installed, which shows writes at once."""
    return make_site(contract=version, consistency="immediate", app=DESCRIPTOR, shared_secret=SECRET)
