"""The class of warnings that the plugin gives."""

from __future__ import annotations


class RemoteLinksWarning(UserWarning):
    """A request or a descriptor violated a rule of severity "warning", or no request met a fault that the test planned."""
