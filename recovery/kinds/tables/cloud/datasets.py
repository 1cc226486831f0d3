"""Creates datasets before their tables, and sets their properties and access after their views."""

from collections.abc import Mapping, Sequence

from manifests.errors import ReboundError, RefusedError
from manifests.kinds.tables.model import DatasetBackup
from manifests.kinds.tables.properties import settings
from manifests.model.run import Manifest
from manifests.values import Resource
from recovery.compare.findings import Finding, finding
from recovery.compare.properties import changes, is_authorized, same_entry
from recovery.compare.tables import dataset_findings
from recovery.kinds.former import FOLDER, Former, former_name
from recovery.kinds.outcome import Failure
from recovery.kinds.tables.cloud.bigquery import BigQueryTarget
from recovery.kinds.tables.rules.datasets import DatasetStep
from recovery.kinds.tables.rules.outcomes import DatasetOutcome
from recovery.kinds.work import Entries


def undelete_dataset(target: BigQueryTarget, item: DatasetBackup) -> bool:
    """Bring a deleted dataset back with all that was in it.

    Returns:
        Whether it is back; not where it can no longer be undeleted.

    Raises:
        RefusedError: A dataset of the same name came back that is in another location.
    """
    found = target.resources.undelete(item.dataset_id)
    if found is None:
        return False
    if found.get("location") != item.resource.get("location"):
        raise RefusedError(
            f"the dataset that came back is in {found.get('location')}, the one of the backup was "
            f"in {item.resource.get('location')}",
            subject=item.dataset_id,
            hint="`UNDROP SCHEMA` with the option `location` chooses one",
        )
    return True


def create_datasets(
    target: BigQueryTarget, manifest: Manifest, steps: Sequence[DatasetStep]
) -> dict[str, DatasetOutcome]:
    """Create the datasets that are gone, with everything their resources held but one thing.

    Access for views, routines and other datasets is left to `finish_datasets`: they may not be there
    yet.

    Returns:
        The outcomes of the datasets that could not be created, by their ids.
    """
    failed: dict[str, DatasetOutcome] = {}
    for item in manifest.datasets:
        step = _step(steps, item)
        if step is None or not step.create:
            continue
        body = _body(target, item)
        body["access"] = [entry for entry in body.get("access", []) if not is_authorized(entry)]
        try:
            target.resources.create("datasets", body, subject=item.dataset_id)
        except ReboundError as error:
            failed[item.dataset_id] = _outcome(step, failure=Failure.of(error))
    return failed


def finish_datasets(
    target: BigQueryTarget,
    manifest: Manifest,
    steps: Sequence[DatasetStep],
    *,
    failed: Mapping[str, DatasetOutcome],
    journal: Entries,
) -> tuple[DatasetOutcome, ...]:
    """Make the properties of datasets what they were, and look at each dataset again.

    This concerns the datasets that were created and those that the plan sets. Views, routines and
    datasets that were created anew are authorized again in the datasets that name them.

    Args:
        target: The project of the datasets.
        manifest: The plan's manifest.
        steps: What happens to each.
        failed: The outcomes of those that could not be created.
        journal: Keeps what each was before, for an undo.

    Returns:
        One outcome for each dataset; an error is part of it.
    """
    outcomes = list(failed.values())
    for item in manifest.datasets:
        step = _step(steps, item)
        if step is None or not step.is_told or item.dataset_id in failed:
            continue
        try:
            if not step.create:
                former = Former(resource=target.resources.dataset(step.into))
                journal.keep(FOLDER, former_name(step.kind, step.into), former)
            outcomes.append(_outcome(step, findings=_finished(target, item, step)))
        except ReboundError as error:
            outcomes.append(_outcome(step, failure=Failure.of(error)))
    return tuple(outcomes)


def _finished(
    target: BigQueryTarget, item: DatasetBackup, step: DatasetStep
) -> tuple[Finding, ...]:
    dataset_id = target.target.dataset_id(item.dataset_id)
    if step.create or step.sets:
        found = target.resources.dataset(dataset_id)
        now = () if found is None else dataset_findings(item.resource, found)
        if step.sets and (since := [it for it in now if it not in step.findings]):
            raise RefusedError(
                f"its {since[0].aspect} was set since the plan was made; it was left alone",
                subject=dataset_id,
                hint="make a new plan",
            )
        if found is not None and now:
            target.resources.patch(
                f"datasets/{dataset_id}",
                changes(item.resource, found),
                etag=str(found["etag"]),
                subject=dataset_id,
            )
    findings = authorize(target, step) if step.authorizes else ()
    if step.create or step.findings:
        return (*findings, *dataset_findings(item.resource, target.resources.dataset(dataset_id)))
    return findings


def _outcome(
    step: DatasetStep, *, findings: tuple[Finding, ...] = (), failure: Failure | None = None
) -> DatasetOutcome:
    return DatasetOutcome(
        name=step.name, into=step.into, action=step.action, findings=findings, failure=failure
    )


def _step(steps: Sequence[DatasetStep], item: DatasetBackup) -> DatasetStep | None:
    return next((step for step in steps if step.name == item.dataset_id), None)


def authorize(target: BigQueryTarget, step: DatasetStep) -> tuple[Finding, ...]:
    """Add the entries of access of a step anew.

    The same entries are removed first: they name what was deleted, not what was created in its place.

    Returns:
        One finding for each entry that the dataset lacks afterwards.

    Raises:
        CloudError: The dataset could not be read or set, or somebody else set it meanwhile.
    """
    found = target.resources.dataset(step.name)
    for wanted in ((), step.authorizes):
        if found is None:
            return (finding(step.name, "dataset", "there", "gone"),)
        others = [
            entry
            for entry in found.get("access", [])
            if not any(same_entry(entry, again) for again in step.authorizes)
        ]
        if len(others) + len(wanted) != len(found.get("access", [])):
            _set_access(target, found, [*others, *wanted])
            found = target.resources.dataset(step.name)
    present = [] if found is None else found.get("access", [])
    return tuple(
        finding(step.name, "access", "whole", f"it is without {entry}")
        for entry in step.authorizes
        if not any(same_entry(entry, other) for other in present)
    )


def _set_access(target: BigQueryTarget, found: Resource, access: list[Resource]) -> None:
    dataset_id = found["datasetReference"]["datasetId"]
    target.resources.patch(
        f"datasets/{dataset_id}", {"access": access}, etag=str(found["etag"]), subject=dataset_id
    )


def _body(target: BigQueryTarget, item: DatasetBackup) -> Resource:
    reference = {
        "projectId": target.target.project,
        "datasetId": target.target.dataset_id(item.dataset_id),
    }
    return {"datasetReference": reference, **settings(item.resource)}
