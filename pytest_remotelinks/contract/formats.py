"""Formats that schema validators leave unchecked unless told how."""

from __future__ import annotations

from rfc3986_validator import validate_rfc3986


def is_uri(value: object) -> bool:
    """Whether a string is an absolute URI by RFC 3986; formats say nothing of other values."""
    return not isinstance(value, str) or ("\n" not in value and bool(validate_rfc3986(value, rule="URI")))
