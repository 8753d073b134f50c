"""A submission's payload as hints see it: what an unknown member was meant to be, and whether a fix is all that is needed."""

from __future__ import annotations

from collections import Counter
from functools import cached_property
from typing import Any

from pytest_remotelinks.contract.document import Document
from pytest_remotelinks.contract.near import Meant, meant
from pytest_remotelinks.contract.schema import members_of, objects_of, schema_at
from pytest_remotelinks.rules.validators import fast_path_of, member_fast_path_of
from pytest_remotelinks.wire.fix import Fix
from pytest_remotelinks.wire.json_body import pointer_to, steps_of

Path = tuple[str | int, ...]

#: The member that names actions of the app. Which ones it has is not known here.
ACTIONS = "actionIds"


class Payload:
    """A submission's payload, and which changes of it are right."""

    def __init__(self, document: Document, value: Any) -> None:
        self.document = document
        self.value = value

    def at(self, place: tuple[str | int, ...]) -> Any:
        """The value at a path of the payload."""
        return _at(self.value, place)

    def schema_at(self, place: Path) -> dict[str, Any]:
        """The schema of the value at a path."""
        return schema_at(self.document.submission_schema, place)

    def rename_to(self, place: Path, missing: str) -> str | Fix | None:
        """The hint to rename the member that was meant to be the missing one; None if no member was."""
        for name in self.at(place):
            if (fix := self._rename(place, name)) and fix.value == missing:
                return self.proven(fix)
        return None

    def unknown_member(self, place: Path, name: str) -> str | Fix:
        """The hint for a member that the schema of its object, which is at ``place``, does not have."""
        if fix := self._rename(place, name):
            return self.proven(fix)
        document, api = self.document, self.document.api
        if place[:1] == (api.list_member,) and len(place) == 2 and (kind := meant(name, document.all_association_types)) and kind.certain:
            return self._association_hint(place, kind.name)
        homes = {where for where, members in objects_of(document.submission_schema) if name in members}
        if len(homes) == 1 and not self._is_taken(next(iter(homes)), place, name):
            return f"move it to {pointer_to(homes.pop()) or 'the top of the submission'}, where it belongs"
        return "leave it out, or check its spelling"

    def _is_taken(self, home: tuple[str, ...], place: Path, name: str) -> bool:
        """Whether an object at ``home`` has a member of the name already. Of a list, the entry that has ``place`` in it counts."""
        found = [self.value]
        for depth, step in enumerate(home):
            if step != "*":
                found = [value[step] for value in found if isinstance(value, dict) and step in value]
            elif _pattern_of(place[: depth + 1]) == home[: depth + 1]:
                found = [value[int(place[depth])] for value in found if isinstance(value, list)]
            else:
                found = [entry for value in found if isinstance(value, list) for entry in value]
        return any(isinstance(value, dict) and name in value for value in found)

    def _association_hint(self, place: Path, kind: str) -> str:
        """How to write what an entity has as a member of its own, named like an association type."""
        api = self.document.api
        entry = f'{{"{api.association_type_member}": "{kind}", "{api.association_values_member}": […]}}'
        entity = self.at(place)
        if api.associations_member not in entity:
            return f'write "{api.associations_member}": [{entry}] instead'
        if kind in dict(api.associations_of(entity)):
            return f"put its values into the association of the type {kind!a} instead"
        return f"add {entry} to {api.associations_member} instead"

    def proven(self, fix: Fix) -> str | Fix:
        """The fix; only its words where more may have to change."""
        return fix if self.is_enough(fix) else str(fix)

    def is_enough(self, fix: Fix) -> bool:
        """Whether what a fix changes violates no rule afterwards; False in doubt.

        Checked is the member of the submission, or the member of the entity, that
        the fix is in; the whole if the fix changes more.
        """
        document, api = self.document, self.document.api
        steps = steps_of(fix.pointer)
        if fix.action == "rename":
            steps = (*steps[:-1], fix.value)
        try:
            fixed = fix.apply(self.value)
            if not steps or steps == (api.list_member,):
                entities = api.entities(fixed) or []
                return fast_path_of(document)(fixed) and len(set(map(api.identify, entities))) == len(entities)
            if steps[0] != api.list_member:
                return member_fast_path_of(document)(False, steps[0], fixed[steps[0]])
            entity = _at(fixed, steps[:2])
            if len(steps) == 2:
                return fast_path_of(document)({api.list_member: [entity]})
            if steps[2] in api.identity and not self.has_own_id(int(steps[1]), entity):
                return False
            return steps[2] != ACTIONS and member_fast_path_of(document)(True, steps[2], entity[steps[2]])
        except (ValueError, KeyError, TypeError, IndexError):
            return False

    def has_own_id(self, index: int, entity: Any) -> bool:
        """Whether no other entity has, or may be meant to have, the id that the entity at an index is given."""
        text = self._id_text(entity)
        before = self._id_text((self.document.api.entities(self.value) or [])[index])
        return self._id_texts[text] == (1 if text == before else 0)

    @cached_property
    def _id_texts(self) -> Counter[str]:
        return Counter(map(self._id_text, self.document.api.entities(self.value) or []))

    def _id_text(self, entity: Any) -> str:
        return repr([str(entity.get(name)) for name in self.document.api.identity]) if isinstance(entity, dict) else ""

    def _rename(self, place: Path, name: str) -> Fix | None:
        """The fix that gives an unknown member the name that was meant, if only this one was meant to have it."""
        found, members = self._meant(place, name), self.at(place)
        if found is None or found.name in members:
            return None
        rivals = [near for other in members if other != name and (near := self._meant(place, other))]
        if any(near.name == found.name for near in rivals):
            return None
        return Fix("rename", found.name, pointer_to((*place, name)), safe=found.certain)

    def _meant(self, place: Path, name: str) -> Meant | None:
        """The member that an unknown one was meant to be, by its name or by its value."""
        known = members_of(self.schema_at(place))
        if name in known:
            return None
        if near := meant(name, known):
            return near
        by_value = self._by_value(place, self.at(place)[name])
        return Meant(by_value, certain=False) if by_value else None

    def _by_value(self, place: Path, value: Any) -> str | None:
        """The member that only such a value can be of: the list of the submission, or the type or values of an association."""
        document, api = self.document, self.document.api
        if not place:
            entries = value if isinstance(value, list) else []
            are_entities = all(isinstance(entry, dict) and not api.telling_members.isdisjoint(entry) for entry in entries)
            return api.list_member if entries and are_entities else None
        if _pattern_of(place) != (api.list_member, "*", api.associations_member, "*"):
            return None
        if isinstance(value, list):
            return api.association_values_member
        return api.association_type_member if isinstance(value, str) and value in document.all_association_types else None


def _pattern_of(place: Path) -> tuple[str, ...]:
    return tuple("*" if isinstance(step, int) else step for step in place)


def _at(value: Any, place: tuple[str | int, ...]) -> Any:
    for step in place:
        value = value[int(step) if isinstance(value, list) else step]
    return value
