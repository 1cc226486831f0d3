"""What has to be set on datasets and databases, so that nothing in them expires unnoticed. Pure."""

from collections.abc import Iterator

from manifests.values import Resource
from recovery.doctor.rules.problem import APPLY, Problem, warning

_TIME_TRAVEL_HOURS = 168
_DAY_MS = 24 * 3600 * 1000


def working_problems(
    dataset: Resource | None, dataset_id: str, *, project: str, location: str, days: int
) -> Iterator[Problem]:
    """Tell what makes a dataset that Rebound works in lose rows, or keep them for ever.

    Args:
        dataset: The dataset; None where there is none.
        dataset_id: Its id.
        project: Its project.
        location: Where the platform's datasets are.
        days: For how many days its tables have to live.
    """
    if dataset is None:
        yield Problem("there is no such dataset", APPLY)
        return
    update = f"bq update --dataset {project}:{dataset_id}"
    yield from _place_problems(dataset, dataset_id, project=project, location=location)
    if "defaultPartitionExpirationMs" in dataset:
        what = "it lets partitions expire, so that copies in it lose rows, and nobody is told"
        yield Problem(what, f"{update} --default_partition_expiration 0")
    lifetime_ms = int(dataset.get("defaultTableExpirationMs", 0))
    seconds = days * _DAY_MS // 1000
    mend = f"{update} --default_table_expiration {seconds}"
    if not lifetime_ms:
        yield warning("what is left over in it never expires, and is billed", mend)
    elif lifetime_ms < days * _DAY_MS:
        hours = lifetime_ms / 3_600_000
        yield Problem(f"its tables live {hours:g} h, and are needed for {days} days", mend)


def dataset_problems(
    dataset: Resource | None, dataset_id: str, *, project: str, location: str
) -> Iterator[Problem]:
    """Tell which settings of a protected dataset let tables expire, or make them harder to restore.

    Args:
        dataset: The dataset; None where there is none.
        dataset_id: Its id.
        project: Its project.
        location: Where the catalog says that the platform's datasets are.
    """
    if dataset is None:
        yield Problem("there is no such dataset", "rebound plan bigquery-dataset-loss")
        return
    update = f"bq update --dataset {project}:{dataset_id}"
    yield from _place_problems(dataset, dataset_id, project=project, location=location)
    for key, what, option in (
        ("defaultTableExpirationMs", "new tables in it expire", "default_table_expiration"),
        (
            "defaultPartitionExpirationMs",
            "partitions of new tables in it expire",
            "default_partition_expiration",
        ),
    ):
        if key in dataset:
            yield warning(f"{what} by themselves", f"{update} --{option} 0")
    hours = int(dataset.get("maxTimeTravelHours", _TIME_TRAVEL_HOURS))
    if hours < _TIME_TRAVEL_HOURS:
        what = f"its tables can be read as they were for {hours} h only, not for 7 days"
        yield warning(what, f"{update} --max_time_travel_hours {_TIME_TRAVEL_HOURS}")


def database_problems(
    database: Resource | None, database_id: str, *, project: str
) -> Iterator[Problem]:
    """Tell what of a protected database makes a night fail, or lets it be deleted.

    Args:
        database: The database; None where there is none.
        database_id: Its id.
        project: Its project.
    """
    if database is None:
        yield Problem("there is no such database", "rebound plan firestore-state-loss")
        return
    update = f"gcloud firestore databases update --database='{database_id}' --project={project}"
    if database.get("pointInTimeRecoveryEnablement") != "POINT_IN_TIME_RECOVERY_ENABLED":
        what = "it keeps one hour of its past: a night that takes longer cannot read it"
        yield warning(what, f"{update} --enable-pitr")
    if database.get("deleteProtectionState") != "DELETE_PROTECTION_ENABLED":
        yield warning("nothing protects it from being deleted", f"{update} --delete-protection")


def _place_problems(
    dataset: Resource, dataset_id: str, *, project: str, location: str
) -> Iterator[Problem]:
    place = str(dataset.get("location", ""))
    if place.lower() != location.lower():
        what = f"it is in {place}, and the catalog's location is {location}"
        yield Problem(what, f"bq show --format=prettyjson {project}:{dataset_id}")
