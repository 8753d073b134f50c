"""The headers of a request: found in any letter case, shown without secrets."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from pytest_remotelinks.wire.redact import Secret, is_secret_name, redact_header


class Headers(Mapping[str, str]):
    """Header fields in the order they came; a repeated field's values are joined by ``, ``. Credentials are ``Secret``."""

    __slots__ = ("_by_name", "pairs")

    def __init__(self, pairs: Iterable[tuple[str, str]] = ()) -> None:
        #: Each field as it came: name and value.
        self.pairs = tuple((name, Secret(value) if is_secret_name(name) else value) for name, value in pairs)
        self._by_name: dict[str, tuple[str, str]] = {}
        for name, value in self.pairs:
            known = self._by_name.get(name.lower())
            self._by_name[name.lower()] = (known[0], known[1] + ", " + value) if known else (name, value)

    def __getitem__(self, name: str) -> str:
        return self._by_name[name.lower()][1]

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and name.lower() in self._by_name

    def __iter__(self) -> Iterator[str]:
        return (name for name, _ in self._by_name.values())

    def __len__(self) -> int:
        return len(self._by_name)

    def __repr__(self) -> str:
        return repr({name: redact_header(name, value) for name, value in self._by_name.values()})
