"""A manifest, a configuration or a fence that somebody changed and every check accepts does nothing that is not told.

Journals and erasures: `test_accepted_journals`.
"""

from collections.abc import Iterator
from random import Random
from typing import Any

from manifests.errors import ReboundError
from manifests.kinds.resources.table import resource_type
from manifests.store.envelope import decode
from manifests.values import Resource
from recovery.fence.look import checked
from recovery.fence.model import FenceRecord
from recovery.fence.rules import planned_thaw
from recovery.fence.text import short_name, thaw_lines
from recovery.units import as_text, printable
from tests.fuzz.accepted import (
    BEFORE,
    CASES,
    GENUINE,
    KNOWN,
    VAULT,
    accepted,
    check,
    given_by,
    joined,
    noted,
    planned,
)
from tests.fuzz.targets import TARGETS, json_text
from tests.fuzz.values import edited
from tests.fuzz.worlds import FENCE, WORLDS, configured


def test_an_accepted_change_is_refused_told_or_none():
    """It writes only what the catalog names, and what else it does or gives an operator reads."""
    tried, gives = 0, 0
    for seed in range(CASES):
        try:
            vault, found = accepted(TARGETS["manifest"].make(Random(seed)))
        except ReboundError:
            continue
        tried += found != GENUINE
        for where, before in BEFORE.items():
            scenario, seen = WORLDS[where]
            try:
                made = planned(vault, found, scenario, seen)
            except ReboundError:
                continue
            new = given_by(found, made, seen(found)) - KNOWN
            gives += bool(new)
            with noted(f"{where}, seed {seed}"):
                check(made, before, new)
    assert tried > CASES // 50
    assert gives


def test_accepted_configuration_is_refused_told_or_none():
    """So is what somebody changed of a role, an account, a topic or the policy of the project itself."""
    genuine, world = configured(GENUINE)
    before = planned(VAULT, genuine, "complete-outage", lambda _: world)
    known = given_by(genuine, before, world)
    tried, gives = 0, 0
    for seed in range(CASES):
        with noted(f"seed {seed}"):
            try:
                found, seen = configured(GENUINE, Random(seed))
                made = planned(VAULT, found, "complete-outage", lambda _, seen=seen: seen)
            except ReboundError:
                continue
            tried += found != genuine
            new = given_by(found, made, seen) - known
            gives += bool(new)
            check(made, before, new)
    assert tried > CASES // 50
    assert gives


def test_an_accepted_fence_is_told():
    """A thaw names each writer that it resumes, and where that will send what it sends, as whom."""
    tried, sends = 0, 0
    for seed in range(CASES):
        with noted(f"seed {seed}"):
            random = Random(seed)
            content = json_text(random, edited(random, FENCE.model_dump(mode="json")))
            try:
                record = decode(content, FenceRecord, subject="fence")
                checked(record, FENCE.fence_id, "fence")
                stopped: dict[str, Resource | None] = {
                    item.name: {"name": item.name, resource_type(item.type).pause_by("").field: {}}
                    for item in record.writers
                }
                steps = planned_thaw(record, stopped, changed_too=True)
            except ReboundError:
                continue
            tried += record != FENCE
            text = joined(as_text(thaw_lines(record, steps)))
            writers = {item.name: item for item in record.writers}
            for step in steps:
                if step.action == "resume":
                    assert joined(printable(short_name(step))) in text
                    for address in sent(writers[step.name].before):
                        sends += 1
                        assert joined(printable(address)) in text
    assert tried > CASES // 50
    assert sends


def sent(before: Any) -> Iterator[str]:  # noqa: ANN401 - JSON of any shape
    """Yield where a subscription will push to, and as whom."""
    if isinstance(before, dict) and isinstance(address := before.get("pushEndpoint"), str):
        yield address
        token = before.get("oidcToken")
        if address and isinstance(token, dict):
            yield str(token.get("serviceAccountEmail") or "")
