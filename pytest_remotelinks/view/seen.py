"""What the helpers look at: all that happened at a site, or what one app did there."""

from __future__ import annotations

from dataclasses import dataclass

from pytest_remotelinks.apis.api import Id
from pytest_remotelinks.jira.pending import PendingWrites
from pytest_remotelinks.jira.write import AcceptedWrite
from pytest_remotelinks.recording.exchange import Exchange, Submission


@dataclass(frozen=True)
class Seen:
    """The exchanges so far, and the links that are stored now."""

    exchanges: tuple[Exchange, ...]
    links: tuple[AcceptedWrite, ...]
    pending: PendingWrites

    @property
    def submissions(self) -> tuple[Submission, ...]:
        return tuple(submission for exchange in self.exchanges for submission in exchange.submissions)

    def submissions_of(self, id: Id) -> list[Submission]:
        """Those of one link, in order."""
        return [submission for submission in self.submissions if submission.id == id]
