"""Datasets: made before their tables, and who may see what through them, after their views."""

from manifests.errors import ReboundError
from manifests.model import DatasetBackup, Manifest, Resource
from recovery.compare import dataset_findings, is_authorized, same_entry, settings
from recovery.plan import DatasetStep, Plan
from recovery.targets.tables.bigquery import BigQueryTarget


def create_datasets(target: BigQueryTarget, manifest: Manifest, plan: Plan) -> None:
    """Create the datasets that are gone, with everything their resources held.

    Except access for views, routines and datasets that may not be there yet: `finish_datasets`.
    """
    for item in _created(manifest, plan):
        body = _body(target, item)
        body["access"] = [entry for entry in body.get("access", []) if not is_authorized(entry)]
        target.resources.create("datasets", body, subject=item.dataset_id)


def finish_datasets(target: BigQueryTarget, manifest: Manifest, plan: Plan) -> tuple[str, ...]:
    """Complete the access of created datasets, and authorize again what was made in others.

    Returns:
        What is not as it should be afterwards.
    """
    problems: list[str] = []
    for item in _created(manifest, plan):
        dataset_id = target.target.dataset_id(item.dataset_id)
        try:
            found = target.resources.dataset(dataset_id)
            if found is not None and dataset_findings(item.resource, found):
                _set_access(target, found, item.resource.get("access", []))
                found = target.resources.dataset(dataset_id)
        except ReboundError as error:
            problems.append(f"dataset {dataset_id}: {error.message}")
            continue
        problems += [
            f"dataset {dataset_id}: {differing.text}"
            for differing in dataset_findings(item.resource, found)
        ]
    for step in plan.datasets:
        if step.authorizes:
            problems += _authorize(target, step)
    return tuple(problems)


def _authorize(target: BigQueryTarget, step: DatasetStep) -> list[str]:
    """Give entries again, after taking those away that name what is not there any more."""
    try:
        found = target.resources.dataset(step.dataset_id)
        for wanted in ((), step.authorizes):
            if found is None:
                return [f"dataset {step.dataset_id}: it is gone"]
            others = [
                entry
                for entry in found.get("access", [])
                if not any(same_entry(entry, again) for again in step.authorizes)
            ]
            if len(others) + len(wanted) != len(found.get("access", [])):
                _set_access(target, found, [*others, *wanted])
                found = target.resources.dataset(step.dataset_id)
    except ReboundError as error:
        return [f"dataset {step.dataset_id}: {error.message}"]
    present = [] if found is None else found.get("access", [])
    return [
        f"dataset {step.dataset_id}: access is without {entry}"
        for entry in step.authorizes
        if not any(same_entry(entry, other) for other in present)
    ]


def _set_access(target: BigQueryTarget, found: Resource, access: list[Resource]) -> None:
    dataset_id = found["datasetReference"]["datasetId"]
    target.resources.patch(
        f"datasets/{dataset_id}", {"access": access}, etag=str(found["etag"]), subject=dataset_id
    )


def _created(manifest: Manifest, plan: Plan) -> list[DatasetBackup]:
    wanted = {step.dataset_id for step in plan.datasets if step.create}
    return [item for item in manifest.datasets if item.dataset_id in wanted]


def _body(target: BigQueryTarget, item: DatasetBackup) -> Resource:
    reference = {
        "projectId": target.target.project,
        "datasetId": target.target.dataset_id(item.dataset_id),
    }
    return {"datasetReference": reference, **settings(item.resource)}
