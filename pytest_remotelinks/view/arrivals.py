"""What an arrival order does to the links, and why: for the report of a search."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pytest_remotelinks.jira.store import Store
from pytest_remotelinks.jira.write import AcceptedWrite
from pytest_remotelinks.view.causes import fate
from pytest_remotelinks.view.compare import differences
from pytest_remotelinks.view.messages import stored_members

#: Writes that a report lists, of those that changed places.
_SHOWN = 20
#: Of the writes that one passed, and of the links that a deletion deleted, those that are named if there are many more.
_NAMED = 5

_READ_BACK = "read the link back before deleting it: Jira does not remember a deletion, so a submission that arrives after it stays"
_ANY_ORDER = "let it hold in whichever order the writes arrive: what a read shows may be older than what was sent last"
_WAIT = "wait until the deletion can be read back before submitting again: one that arrives late deletes newer links too"


@dataclass(frozen=True)
class Change:
    """An entity that an arrival order left in another state than the order of sending: what is stored after either."""

    sent: AcceptedWrite | None
    stored: AcceptedWrite | None

    def lines(self) -> list[str]:
        """A line for each place where the two differ."""
        if self.sent is None or self.stored is None:
            kept = self.sent or self.stored
            return [f"{kept.id}: {'not expected, it is stored' if self.stored else 'expected, it is not stored'}"] if kept else []
        sent, stored = stored_members(self.sent), stored_members(self.stored)
        lines = [f"{self.sent.id}.{difference}" for difference in differences(sent, stored)]
        return lines + [f"{self.sent.id}.{name}: not expected, it is {value!a}" for name, value in stored.items() if name not in sent]

    def cause(self, arrivals: Sequence[AcceptedWrite]) -> tuple[str, str]:
        """Why it is so, and what to change."""
        sent, stored = self.sent, self.stored
        if sent is None and stored is not None:
            before = arrivals[: arrivals.index(stored)]
            deletions = [one for one in before if one.kind != "submit" and one.number > stored.number and one.may_touch(stored)]
            if deletions:
                return (
                    f"{stored.id!a} stays stored if write {stored.number} arrives after its deletion, write {deletions[-1].number}",
                    _READ_BACK,
                )
        if sent is not None and (rival := sent.lost_to) is not None:
            if rival.kind != "submit":
                return f"{sent.id!a} is lost if write {rival.number}, a deletion, arrives after write {sent.number}", _WAIT
            forgotten = [
                one for one in arrivals if one.kind != "submit" and rival.number < one.number < sent.number and one.may_touch(sent)
            ]
            name = sent.api.sequence_member
            return (
                f"{sent.id!a} loses write {sent.number} if it arrives after write {rival.number}: "
                f"{name} {sent.sequence!a} is not higher than {rival.sequence!a}",
                _READ_BACK if forgotten else _higher(sent),
            )
        return "the links depend on the order in which the writes arrive", change_for(arrivals)


def changes(sent: Store, stored: Store) -> list[Change]:
    """The entities whose state is not what the order of sending leaves."""
    keys = dict.fromkeys(write.key for store in (sent, stored) for write in store)
    pairs = [Change(sent.get(key), stored.get(key)) for key in keys]
    return [pair for pair in pairs if _state(pair.sent) != _state(pair.stored)]


def change_for(arrivals: Sequence[AcceptedWrite]) -> str:
    """What makes the arrival order harmless, as far as the writes that changed places show."""
    crossed = [
        (early, late)
        for place, early in enumerate(arrivals)
        for late in arrivals[place + 1 :]
        if early.number > late.number and early.may_touch(late)
    ]
    if any(early.kind != "submit" and late.kind == "submit" for early, late in crossed):
        return _READ_BACK
    if any(early.kind == "submit" and late.kind != "submit" for early, late in crossed):
        return _WAIT
    if any(early.key == late.key and not _is_above(early, late) for early, late in crossed):
        return _higher(arrivals[0])
    return _ANY_ORDER


def arrival_lines(arrivals: Sequence[AcceptedWrite]) -> list[str]:
    """The writes as they arrived: which overtook which, and what each of them did."""
    overtaken = {
        id(write): [late for late in arrivals[place + 1 :] if late.number < write.number and late.may_touch(write)]
        for place, write in enumerate(arrivals)
    }
    concerned = {id(write) for write in arrivals if overtaken[id(write)]}
    concerned |= {id(late) for passed in overtaken.values() for late in passed}
    shown = [write for write in arrivals if id(write) in concerned or len(arrivals) <= _SHOWN][:_SHOWN]
    lines = []
    for write in shown:
        passed = _few([str(late.number) for late in overtaken[id(write)]])
        lines.append(f"  {write}{f'  (before {passed}, sent earlier)' if passed else ''}{_effect(write, arrivals)}")
    return lines + ([f"  and {len(arrivals) - len(shown)} more"] if len(shown) < len(arrivals) else [])


def _effect(write: AcceptedWrite, arrivals: Sequence[AcceptedWrite]) -> str:
    if write.kind == "submit":
        rival = write.lost_to
        is_ignored = rival is not None and rival.kind == "submit" and arrivals.index(rival) < arrivals.index(write)
        return f": {fate(write, arrivals)}" if is_ignored else ""
    deleted = [ascii(lost.id) for lost in arrivals if lost.lost_to is write]
    return f": deletes {_few(deleted) or 'nothing'}"


def _few(names: Sequence[str]) -> str:
    more = len(names) - _NAMED if len(names) > _NAMED + 3 else 0
    return ", ".join(names[:_NAMED] if more else names) + (f" and {more} more" if more else "")


def _higher(write: AcceptedWrite) -> str:
    return f"give each update a higher {write.api.sequence_member} than the one before, so that Jira can ignore one that arrives late"


def _is_above(one: AcceptedWrite, other: AcceptedWrite) -> bool:
    numbers = one.sequence, other.sequence
    return all(isinstance(number, (int, float)) for number in numbers) and numbers[0] > numbers[1]


def _state(write: AcceptedWrite | None) -> object:
    return None if write is None else (write.data, write.properties)
