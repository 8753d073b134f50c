"""A project of a provider, in which an inner pytest runs."""

from __future__ import annotations

import pytest
from support.project import PROVIDER, ini


@pytest.fixture
def project(pytester: pytest.Pytester) -> pytest.Pytester:
    """A folder with a provider; ``project.runpytest()`` runs there in this process."""
    pytester.makepyfile(provider=PROVIDER)
    pytester.makeini(ini())
    return pytester
