"""What no recovery of documents brings back."""

from datetime import datetime

from recovery.compare.databases import is_fixed
from recovery.kinds.databases.rules.documents import DatabaseStep
from recovery.units import counted

_PAST_THEIR_TIME = (
    "documents that are past their time to live: Firestore removes them again within a day or so"
)


def documents_lost(steps: tuple[DatabaseStep, ...], recovery_point: datetime) -> tuple[str, ...]:
    """Tell what no recovery of documents brings back."""
    if not steps:
        return ()
    notes = [f"documents as they were changed after {recovery_point:%Y-%m-%dT%H:%MZ}"]
    notes += [
        f"locks, heartbeats and instances of {step.name}: never restored "
        f"({', '.join(f'{name} {count:,}' for name, count in step.ephemeral.items())})"
        for step in steps
        if step.ephemeral
    ]
    notes += [
        f"indexes and field settings of {step.into}, which is created: the backup could not read them; "
        "without an exemption documents with more than 40,000 index entries are refused"
        for step in steps
        if step.create and step.sets_indexes is None
    ]
    notes += [
        f"indexes and field settings of {step.into}: nobody could look whether they are as they were"
        for step in steps
        if step.expires is None
    ]
    notes += [
        f"{counted(count, 'document')} of {step.into} that {name} deletes again, which the backup does "
        "not know"
        for step in steps
        for name, count in (step.expires or {}).items()
    ]
    notes += [
        f"{counted(count, 'document')} of {step.into} that {name} deletes again within a day or so, as "
        "it was at the recovery point"
        for step in steps
        for name, count in step.expires_as_before.items()
    ]
    notes += [
        f"tags of {step.into}, which is created: Google tells nobody which a database has"
        for step in steps
        if step.create
    ]
    notes += [
        f"settings of {step.into}, which is created: {', '.join(step.made_without)}"
        for step in steps
        if step.made_without
    ]
    notes += [
        f"settings of {step.into}, which are fixed when a database is created: {', '.join(fixed)}"
        for step in steps
        if (fixed := [item.aspect for item in step.settings if is_fixed(item)])
    ]
    notes += [
        f"references of {counted(step.state.referring, 'document')} of {step.into} that point at the "
        "original database: `--rewrite-references` lets them point at the copy"
        for step in steps
        if step.state.referring and not step.rewrites
    ]
    notes.append("security rules, create and update times")
    notes.append(_PAST_THEIR_TIME)
    return tuple(notes)
