"""The error that a violation of the contract is."""

from __future__ import annotations


class ContractViolation(AssertionError):
    """The provider violated the contract: why a test fails at its end, and what ``assert_no_violations()`` raises.

    For tests that are to fail because of it: ``@pytest.mark.xfail(raises=ContractViolation)``.
    """
