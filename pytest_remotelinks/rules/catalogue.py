"""The catalogue: every rule by its code. The command line and the documentation draw from it."""

from __future__ import annotations

from pytest_remotelinks.rules.actions import RL603, RL604
from pytest_remotelinks.rules.authorization import RL501, RL502, RL514, RL515, RL516
from pytest_remotelinks.rules.descriptor import RL601, RL602, RL605, RL606, RL607
from pytest_remotelinks.rules.future import RL901
from pytest_remotelinks.rules.links import RL201, RL202, RL203, RL204, RL205, RL206
from pytest_remotelinks.rules.parameters import RL107
from pytest_remotelinks.rules.properties import RL301, RL302, RL303, RL304, RL305, RL306, RL307
from pytest_remotelinks.rules.request import RL101, RL102, RL103, RL108, RL109, RL112, RL113
from pytest_remotelinks.rules.retries import RL701, RL702, RL703, RL704
from pytest_remotelinks.rules.rule import Rule
from pytest_remotelinks.rules.scopes import RL513
from pytest_remotelinks.rules.sequence import RL401, RL402
from pytest_remotelinks.rules.target import RL104, RL105, RL106, RL110, RL111
from pytest_remotelinks.rules.token import RL503, RL504, RL505, RL506, RL507, RL508, RL509, RL510, RL511, RL512

#: By code, in order.
RULES: dict[str, Rule] = {
    rule.code: rule
    for rule in (
        RL101,
        RL102,
        RL103,
        RL104,
        RL105,
        RL106,
        RL107,
        RL108,
        RL109,
        RL110,
        RL111,
        RL112,
        RL113,
        RL201,
        RL202,
        RL203,
        RL204,
        RL205,
        RL206,
        RL301,
        RL302,
        RL303,
        RL304,
        RL305,
        RL306,
        RL307,
        RL401,
        RL402,
        RL501,
        RL502,
        RL503,
        RL504,
        RL505,
        RL506,
        RL507,
        RL508,
        RL509,
        RL510,
        RL511,
        RL512,
        RL513,
        RL514,
        RL515,
        RL516,
        RL601,
        RL602,
        RL603,
        RL604,
        RL605,
        RL606,
        RL607,
        RL701,
        RL702,
        RL703,
        RL704,
        RL901,
    )
}
