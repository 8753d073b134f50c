"""The catalogue of rules: each code once. The checker, the command line and the documentation draw from it."""

from __future__ import annotations

from pytest_remotelinks.rules.app_entries import APP_RULES
from pytest_remotelinks.rules.authorization_entries import AUTHORIZATION_RULES
from pytest_remotelinks.rules.future_entries import FUTURE_RULES
from pytest_remotelinks.rules.links_entries import LINK_RULES
from pytest_remotelinks.rules.properties_entries import PROPERTY_RULES
from pytest_remotelinks.rules.request import REQUEST_RULES
from pytest_remotelinks.rules.retries_entries import MANNERS_RULES
from pytest_remotelinks.rules.rule import REJECTS_LINK, Example, Rule, Sent
from pytest_remotelinks.rules.sequence_entries import ORDER_RULES

__all__ = ["REJECTS_LINK", "RULES", "Example", "Rule", "Sent"]

RULES: dict[str, Rule] = {
    rule.code: rule
    for rule in (
        *REQUEST_RULES,
        *LINK_RULES,
        *PROPERTY_RULES,
        *ORDER_RULES,
        *AUTHORIZATION_RULES,
        *APP_RULES,
        *MANNERS_RULES,
        *FUTURE_RULES,
    )
}
