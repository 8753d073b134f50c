"""Reading a file that describes something: JSON or YAML, of a bounded size, with nothing fetched or executed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, BinaryIO

from pytest_remotelinks.wire.text import printable

#: Bytes above which a file is not even looked at; the whole of Jira Software's document has a tenth of it.
FILE_LIMIT = 10 * 1024 * 1024


class Unreadable(ValueError):
    """A file cannot be used; the message says why, without the file's name."""


def read_bytes(path: Path) -> bytes:
    """The content of a file. Raises Unreadable."""
    try:
        size = path.stat().st_size
        if size > FILE_LIMIT:
            raise Unreadable(f"it has {size / 2**20:.0f} MiB; at most {FILE_LIMIT // 2**20} are read")
        with path.open("rb") as file:
            return read_stream(file)
    except OSError as error:
        raise Unreadable(f"it cannot be read: {error.strerror}") from None


def read_stream(stream: BinaryIO) -> bytes:
    """What a stream holds. Raises Unreadable where that is too much, or cannot be read."""
    try:
        content = stream.read(FILE_LIMIT + 1)
    except OSError as error:
        raise Unreadable(f"it cannot be read: {error.strerror}") from None
    if len(content) > FILE_LIMIT:
        raise Unreadable(f"it has more than {FILE_LIMIT // 2**20} MiB")
    return content


def decoded(content: bytes) -> str:
    """The text of a file, without a byte order mark. Raises Unreadable."""
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Unreadable(f"byte {error.start} is not UTF-8") from None


def parse(content: bytes, suffix: str = "") -> Any:
    """The value of a JSON or YAML file; ``suffix`` is how its name ends. Raises Unreadable.

    What starts like JSON is read as JSON, and as YAML only if the name says so.
    """
    text = decoded(content)
    if looks_like_json(text):
        try:
            return json.loads(text)
        except json.JSONDecodeError as error:
            if suffix.lower() not in (".yaml", ".yml"):
                raise Unreadable(f"it is not JSON: {error.msg} at line {error.lineno}, column {error.colno}") from None
        except (ValueError, RecursionError):
            raise Unreadable("it is not JSON that can be read: numbers are too long or nesting is too deep") from None
    # YAML takes 30 ms to import, and most documents are JSON.
    from pytest_remotelinks.contract.yaml_values import NotYAML, read_yaml

    try:
        return read_yaml(text).value
    except NotYAML as error:
        raise Unreadable(f"it is not YAML that can be used: {error}") from None


def looks_like_json(text: str) -> bool:
    """Whether a text starts as a JSON object or list does."""
    return text.lstrip()[:1] in ("{", "[")


def is_there(path: Path) -> bool:
    """Whether anything stands there; no path makes this fail."""
    try:
        return path.exists()
    except (OSError, ValueError):  # too long a name, a folder that must not be entered, a NUL
        return False


def is_file(path: Path) -> bool:
    """Whether a file stands there; no path makes this fail."""
    return is_there(path) and path.is_file()


def shortened(name: str) -> str:
    """A file's name as a message can hold it."""
    return printable(name if len(name) <= 200 else f"{name[:200]}…", keep="")
