"""Datasets, views and routines: what has no rows."""

from manifests.cloud.resources import table_reference
from manifests.errors import ReboundError
from manifests.model import DatasetBackup, Manifest, Resource
from recovery.compare import DATASET_PROPERTIES, dataset_findings, definition_findings
from recovery.plan import DefinitionStep, Plan, definitions_of
from recovery.targets.tables.bigquery import BigQueryTarget

_DATASET_WRITABLE = (*DATASET_PROPERTIES, "location", "access")
_VIEW_WRITABLE = (
    "view",
    "materializedView",
    "schema",
    "description",
    "friendlyName",
    "labels",
    "expirationTime",
    "timePartitioning",
    "clustering",
)
_ROUTINE_OUTPUT_ONLY = ("etag", "creationTime", "lastModifiedTime", "routineReference")


def create_datasets(target: BigQueryTarget, manifest: Manifest, plan: Plan) -> None:
    """Create the datasets that are gone, with everything their resources held.

    Except access for views, routines and datasets that may not be there yet: `finish_datasets`.
    """
    for item in _created(manifest, plan):
        body = _dataset_body(target, item)
        body["access"] = [entry for entry in body.get("access", []) if not _is_authorized(entry)]
        target.resources.create("datasets", body, subject=item.dataset_id)


def finish_datasets(target: BigQueryTarget, manifest: Manifest, plan: Plan) -> tuple[str, ...]:
    """Complete the access of created datasets, and return what is not equal afterwards."""
    problems: list[str] = []
    for item in _created(manifest, plan):
        dataset_id = target.target.dataset_id(item.dataset_id)
        try:
            found = target.resources.dataset(dataset_id)
            if found is not None and dataset_findings(item.resource, found):
                target.resources.patch(
                    f"datasets/{dataset_id}",
                    {"access": item.resource.get("access", [])},
                    etag=str(found["etag"]),
                    subject=dataset_id,
                )
                found = target.resources.dataset(dataset_id)
        except ReboundError as error:
            problems.append(f"dataset {dataset_id}: {error.message}")
            continue
        problems += [
            f"dataset {dataset_id}: {differing.text}"
            for differing in dataset_findings(item.resource, found)
        ]
    return tuple(problems)


def _created(manifest: Manifest, plan: Plan) -> list[DatasetBackup]:
    wanted = {step.dataset_id for step in plan.datasets if step.create}
    return [item for item in manifest.datasets if item.dataset_id in wanted]


def _is_authorized(entry: Resource) -> bool:
    return any(key in entry for key in ("view", "routine", "dataset"))


def restore_definitions(target: BigQueryTarget, manifest: Manifest, plan: Plan) -> tuple[str, ...]:
    """Put views and routines back, and return what is not equal afterwards.

    A view can read another, and neither BigQuery nor the manifest gives an order, so what fails is
    tried again as long as something else succeeds.
    """
    expected = {
        name: resource for item in manifest.datasets for name, _, resource in definitions_of(item)
    }
    pending = [step for step in plan.definitions if step.action != "leave"]
    problems: dict[str, str] = {}
    while pending:
        failed = []
        for step in pending:
            problem = _restore(target, step, expected[step.name])
            if problem:
                problems[step.name] = problem
                failed.append(step)
            else:
                problems.pop(step.name, None)
        if len(failed) == len(pending):
            break
        pending = failed
    return tuple(f"{name}: {problem}" for name, problem in sorted(problems.items()))


def _restore(target: BigQueryTarget, step: DefinitionStep, resource: Resource) -> str:
    dataset_id, own_id = target.name(step.name).split(".", 1)
    is_routine = step.kind == "routine"
    body = (_routine_body if is_routine else _view_body)(target, step.name, resource)
    collection = f"datasets/{dataset_id}/{'routines' if is_routine else 'tables'}"
    try:
        is_new = target.resources.create(collection, body, subject=own_id)
        if not is_new and step.replaced is not None:
            # Only what the plan saw is replaced; of anything else the findings tell.
            seen = str(step.replaced["etag"])
            target.resources.replace(f"{collection}/{own_id}", body, etag=seen, subject=own_id)
    except ReboundError as error:
        return error.message
    findings = definition_findings(
        resource, target.definition(step.kind, step.name), subject=step.name
    )
    return "; ".join(item.text for item in findings)


def _dataset_body(target: BigQueryTarget, item: DatasetBackup) -> Resource:
    body = {key: item.resource[key] for key in _DATASET_WRITABLE if key in item.resource}
    reference = {
        "projectId": target.target.project,
        "datasetId": target.target.dataset_id(item.dataset_id),
    }
    return {"datasetReference": reference, **body}


def _view_body(target: BigQueryTarget, name: str, resource: Resource) -> Resource:
    body = {key: resource[key] for key in _VIEW_WRITABLE if key in resource}
    reference = table_reference(target.target.project, target.name(name))
    return {"tableReference": reference, **body}


def _routine_body(target: BigQueryTarget, name: str, resource: Resource) -> Resource:
    dataset_id, routine_id = target.name(name).split(".", 1)
    body = {key: value for key, value in resource.items() if key not in _ROUTINE_OUTPUT_ONLY}
    reference = {
        "projectId": target.target.project,
        "datasetId": dataset_id,
        "routineId": routine_id,
    }
    return {"routineReference": reference, **body}
