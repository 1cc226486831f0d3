"""Views and routines: what has no rows, and is put back after the tables it reads."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from functools import partial
from operator import attrgetter

from manifests.errors import ManifestAlteredError, PartialError, ReboundError
from manifests.model.run import Manifest
from manifests.references import definitions_of
from manifests.values import Resource
from recovery.compare.findings import Finding
from recovery.compare.properties import changes, comparable
from recovery.compare.tables import definition_findings
from recovery.kinds.former import GRANTED, FormerGrants, former_name
from recovery.kinds.outcome import Failure
from recovery.kinds.tables.cloud.bigquery import BigQueryTarget
from recovery.kinds.tables.cloud.remaking import definition_body, made_instead, not_granted_again
from recovery.kinds.tables.rules.definitions import DefinitionStep, ended_by, is_done
from recovery.kinds.tables.rules.outcomes import DefinitionOutcome
from recovery.kinds.work import Entries


def restore_definitions(
    target: BigQueryTarget,
    manifest: Manifest,
    steps: Sequence[DefinitionStep],
    *,
    made_anew: Sequence[str] = (),
    journal: Entries,
) -> tuple[DefinitionOutcome, ...]:
    """Put views and routines back, and return how each ended that was not left.

    A view can read another, and neither BigQuery nor the manifest gives an order, so what fails is
    tried again as long as something else succeeds.

    Args:
        target: Where they are.
        manifest: The plan's manifest.
        steps: What happens to each.
        made_anew: The tables that are created or replaced, `dataset.table`.
        journal: Where it is written down what was granted on what is deleted to be made again.

    Raises:
        ManifestAlteredError: The plan names one that is not in its run.
    """
    expected = {
        name: resource for item in manifest.datasets for name, _, resource in definitions_of(item)
    }
    made = [step for step in steps if step.is_told]
    pending = list(made)
    if unknown := [step.name for step in pending if step.name not in expected]:
        raise ManifestAlteredError("the plan names what is not in its run", subject=unknown[0])
    tables_of = ended_by(manifest.datasets, made_anew)
    problems: dict[str, str] = {}
    lost: defaultdict[str, list[str]] = defaultdict(list)
    while pending:
        failed = []
        for step in pending:
            problem = _restore(
                target,
                step,
                expected[step.name],
                tables=tables_of.get(step.name, ()),
                journal=journal,
                lost=lost[step.name],
            )
            if problem:
                problems[step.name] = problem
                failed.append(step)
            else:
                problems.pop(step.name, None)
        if len(failed) == len(pending):
            break
        pending = failed
    made.sort(key=attrgetter("name"))
    return tuple(_outcome(step, problems.get(step.name, ""), lost[step.name]) for step in made)


def _outcome(step: DefinitionStep, problem: str, lost: Sequence[str]) -> DefinitionOutcome:
    """Say how one ended; that it cannot be made when the plan said so is no failure."""
    outcome = DefinitionOutcome(kind=step.kind, name=step.name, into=step.into, action=step.action)
    if not (problem or lost):
        return outcome
    if step.lacks and not lost:
        return outcome.model_copy(update={"unmade": problem})
    told = [problem] if problem else []
    message = "; ".join((*told, *(item for item in lost if item not in problem)))
    failure = Failure(message=message, exit_code=PartialError.exit_code)
    return outcome.model_copy(update={"failure": failure})


def _restore(
    target: BigQueryTarget,
    step: DefinitionStep,
    resource: Resource,
    *,
    tables: Sequence[str],
    journal: Entries,
    lost: list[str],
) -> str:
    """Put one back, and return what is wrong with it then, which another try may mend.

    Args:
        target: Where it is.
        step: What happens to it.
        resource: As it is to be.
        tables: Those that it ends with and that are made anew.
        journal: Where it is written down what was granted on it.
        lost: Is given what is lost for good.
    """
    own_id, entry = step.name.split(".", 1)[1], former_name(step.kind, step.into)
    try:
        earlier = (
            journal.entry(GRANTED, entry, FormerGrants) if step.action == "make again" else None
        )
        found = target.definition(step.kind, step.name)
        made = [_table(target, name) for name in tables] if found else []
        if not is_done(step.action, resource, found, made):
            keep = partial(journal.keep, GRANTED, entry)
            _write(target, step, resource, found, keep=keep, lost=lost)
        if earlier is not None and not lost:
            lost += not_granted_again(target.resources, target.name(step.name), earlier)
        found = target.definition(step.kind, step.name)
        findings = definition_findings(resource, found, subject=step.name)
        if found is not None and findings and step.kind == "view" and _can_be_set(findings):
            # Columns are those of the query; what is said of them is set once they are there. And
            # BigQuery gives what is created the dataset's default expiration.
            target.resources.patch(
                f"{_collection(target, step)}/{own_id}",
                changes(resource, found),
                etag=str(found["etag"]),
                subject=own_id,
            )
            found = target.definition(step.kind, step.name)
            findings = definition_findings(resource, found, subject=step.name)
    except ReboundError as error:
        return error.message
    return "; ".join(item.text for item in findings)


def _write(
    target: BigQueryTarget,
    step: DefinitionStep,
    resource: Resource,
    found: Resource | None,
    *,
    keep: Callable[[FormerGrants], None],
    lost: list[str],
) -> None:
    """Create what is not there; replace what the plan saw, and nothing else."""
    own_id = step.name.split(".", 1)[1]
    collection = _collection(target, step)
    name = target.name(step.name)
    body = definition_body(step.kind, target.target.project, name, resource)
    make = partial(target.resources.create, collection, body, subject=own_id)
    if found is not None and step.replaced is not None and _is_seen(step.replaced, found):
        if step.action == "replace":
            path, etag = f"{collection}/{own_id}", str(found["etag"])
            target.resources.replace(path, body, etag=etag, subject=own_id)
        else:
            made_instead(target.resources, name, found, make, lost=lost, keep=keep)
    elif found is None:
        make()


def _table(target: BigQueryTarget, name: str) -> Resource | None:
    found = target.resources.table(target.name(name))
    return None if found is None else found.resource


def _can_be_set(findings: Sequence[Finding]) -> bool:
    return {item.aspect for item in findings} <= {"column properties", "expirationTime"}


def _is_seen(seen: Resource, found: Resource) -> bool:
    """Whether what is there is what the plan saw, also where it was made again since, as it was."""
    return comparable(seen) == comparable(found)


def _collection(target: BigQueryTarget, step: DefinitionStep) -> str:
    dataset_id = target.name(step.name).split(".", 1)[0]
    return f"datasets/{dataset_id}/{'routines' if step.kind == 'routine' else 'tables'}"
