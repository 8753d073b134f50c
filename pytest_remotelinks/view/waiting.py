"""Waiting for what a provider does in its own time."""

from __future__ import annotations

from collections.abc import Iterator

from pytest_remotelinks.jira.site import Site
from pytest_remotelinks.recording.record import Record
from pytest_remotelinks.wire.times import steady


def events(site: Site, timeout: float) -> Iterator[None]:
    """Once now, once after everything that happens, and once more when the time is over; due writes arrive meanwhile."""
    deadline = steady() + timeout
    record, pending, clock = site.record, site.pending, site.clock
    while True:
        with site.present():
            seen = record.events
        yield
        if steady() >= deadline:
            return
        with record.changed:
            while record.events == seen:
                rest = deadline - steady()
                if rest <= 0:
                    break
                due = pending.next_due()
                record.changed.wait(rest if due is None else max(0.0, min(rest, due - clock.now())))
                if pending.arrive():
                    record.wake()
            over = record.events == seen
        if over:
            yield
            return


def idle(record: Record, quiet: float, timeout: float) -> str | None:
    """Wait until no request is in progress and none has come for ``quiet`` seconds; if it takes too long, what goes on."""
    deadline = steady() + timeout
    with record.changed:
        while True:
            now = steady()
            rest = record.last_active + quiet - now
            if record.under_way == 0 and rest <= 0:
                return None
            if now >= deadline:
                break
            record.changed.wait(min(deadline - now, rest if record.under_way == 0 else deadline - now))
        if record.under_way:
            return f"{record.under_way} still in progress"
        return f"the last one ended less than {quiet:g} seconds ago"
