"""The public names: importable, documented, frozen."""

from __future__ import annotations

import dataclasses
import inspect
from functools import cached_property
from types import FunctionType

import pytest

import pytest_remotelinks
from pytest_remotelinks import FakeJira

CLASSES = [value for name in pytest_remotelinks.__all__ if inspect.isclass(value := getattr(pytest_remotelinks, name))]


def test_star_import():
    """A star import has all public names."""
    names: dict[str, object] = {}
    exec("from pytest_remotelinks import *", names)
    assert set(pytest_remotelinks.__all__) <= set(names)


def test_unknown_name():
    """A name that does not exist is an AttributeError that names it."""
    with pytest.raises(AttributeError, match="has no attribute 'FakeJra'"):
        pytest_remotelinks.FakeJra  # noqa: B018


@pytest.mark.parametrize("cls", [cls for cls in CLASSES if dataclasses.is_dataclass(cls)], ids=lambda cls: cls.__name__)
def test_values_are_frozen(cls):
    """Every public dataclass is frozen."""
    assert cls.__dataclass_params__.frozen


@pytest.mark.parametrize("cls", CLASSES, ids=lambda cls: cls.__name__)
def test_members_are_documented(cls):
    """Every public method and property has a docstring."""
    members = {name for name, value in inspect.getmembers(cls, _is_described) if not name.startswith("_")}
    assert [name for name in sorted(members) if not inspect.getdoc(getattr(cls, name))] == []


def _is_described(value):
    return isinstance(value, (FunctionType, property, cached_property))


def test_every_argument_is_documented():
    """The docstring of FakeJira describes each of its arguments."""
    arguments = list(inspect.signature(FakeJira).parameters)
    described = [line.strip().split(":")[0] for line in inspect.getdoc(FakeJira).split("Args:")[1].split("Raises:")[0].splitlines()]
    assert [name for name in described if name in arguments] == arguments


@pytest.mark.parametrize("name", ["settings", "url", "links", "requests", "app", "cloud_id"])
def test_fake_is_frozen(name):
    """What a fake Jira has cannot be replaced by accident."""
    with pytest.raises(AttributeError):
        setattr(FakeJira(), name, None)
