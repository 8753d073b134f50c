"""The catalogue of rules: each code once. The checker, the command line and the documentation draw from it."""

from __future__ import annotations

from pytest_remotelinks.contract.catalogue.app import APP_RULES
from pytest_remotelinks.contract.catalogue.authorization import AUTHORIZATION_RULES
from pytest_remotelinks.contract.catalogue.future import FUTURE_RULES
from pytest_remotelinks.contract.catalogue.links import LINK_RULES
from pytest_remotelinks.contract.catalogue.manners import MANNERS_RULES
from pytest_remotelinks.contract.catalogue.order import ORDER_RULES
from pytest_remotelinks.contract.catalogue.properties import PROPERTY_RULES
from pytest_remotelinks.contract.catalogue.requests import REQUEST_RULES
from pytest_remotelinks.contract.catalogue.rule import REJECTS_LINK, Example, Rule, Sent

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
