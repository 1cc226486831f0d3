"""The sources of `rebound security`, and the rules that judge each. Pure."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from recovery.ops.facts import Facts, Unread
from recovery.ops.security import access_rules, filters, log_rules
from recovery.ops.security.model import Light, SecurityFinding, unknown

type Rule = Callable[[Any, Light, Facts], Iterable[SecurityFinding]]

SERVICES, VAULTED, ACCOUNT_KEYS = access_rules.SERVICES, access_rules.VAULT, "keys"


def _in_vault(check: str, rule: Rule) -> Rule:
    """Return a rule that judges the same source of the vault's project, under the name of another check.

    It sees no other facts, because those are of the platform's project.
    """

    def judged(found: Any, light: Light, _: Facts) -> Iterator[SecurityFinding]:  # noqa: ANN401 - as in Rule
        for item in rule(found, light, {}):
            yield replace(item, finding=replace(item.finding, check=check))

    return judged


RULES: Mapping[str, Sequence[Rule]] = {
    filters.NEW_ACCOUNTS: (log_rules.account_findings,),
    SERVICES: (access_rules.public_findings,),
    filters.IAM_CHANGES: (log_rules.change_findings,),
    filters.SECRETS: (log_rules.secret_findings,),
    filters.DENIED: (log_rules.denied_findings,),
    filters.REFUSED: (),
    filters.RESTORED: (),
    **{
        own: (_in_vault(own, rule),)
        for own, rule in (
            (filters.OF_VAULT[filters.NEW_ACCOUNTS], log_rules.account_findings),
            (filters.OF_VAULT[filters.IAM_CHANGES], log_rules.change_findings),
            (filters.OF_VAULT[filters.DENIED], log_rules.denied_findings),
        )
    },
    VAULTED: (access_rules.vault_findings, access_rules.deleter_findings),
    ACCOUNT_KEYS: (access_rules.key_findings,),
    log_rules.PROJECT_POLICY: (access_rules.break_glass_findings,),
}
"""The five daily checks, also of the vault's project, then those of the backups.

A source without a rule is read for the rules of others.
"""


def security_findings(facts: Facts, light: Light) -> list[SecurityFinding]:
    """Judge everything that was looked at; what could not be read is unknown.

    Where a check found anything wrong, its healthy findings are left out.
    """
    found: list[SecurityFinding] = []
    for name, fact in facts.items():
        if isinstance(fact, Unread):
            step = fact.hint or "rebound doctor"
            found.append(unknown(name, f"it could not be read: {fact.why}", step=step))
            continue
        for rule in RULES[name]:
            found.extend(rule(fact, light, facts))
    wrong = {item.finding.check for item in found if item.severity}
    return [item for item in found if item.severity or item.finding.check not in wrong]
