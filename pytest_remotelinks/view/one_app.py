"""The assertion helpers, narrowed to what one app did."""

from __future__ import annotations

from pytest_remotelinks.jira.apps import AppRegistry
from pytest_remotelinks.jira.panel import ShownLink, shown_on
from pytest_remotelinks.jira.site import Site
from pytest_remotelinks.recording.exchange import RecordedViolation
from pytest_remotelinks.recording.record import Record
from pytest_remotelinks.view.assertions import Assertions


class OneApp(Assertions):
    """What a test can assert about one app of a site: every helper of ``fake_jira``, blind to the other apps.

    A request whose sender the site could not make out is no app's.
    """

    def __init__(
        self, app: str, url: str, journal: Record, site: Site, registry: AppRegistry, expected: dict[int, RecordedViolation]
    ) -> None:
        super().__init__()
        self._only = app
        self._url = url
        self._record = journal
        self._site = site
        self._registry = registry
        # What is expected here is expected of the site.
        self._expected = expected

    @property
    def url(self) -> str:
        """Base URL of the site."""
        return self._url

    def issue(self, key: str) -> list[ShownLink]:
        """The app's links that people see on an issue, the latest ``lastUpdated`` first."""
        with self._site.present():
            return [link for link in shown_on(self._site, self._registry, "issue", key) if link.app == self._only]

    def __repr__(self) -> str:
        return f"<FakeJira {self._url} of {self._only}>"
