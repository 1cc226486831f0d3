"""What has to be set on the buckets that backups and journals are kept in. Pure."""

from collections.abc import Iterator

from manifests import layout
from manifests.values import Resource
from recovery.doctor.rules.problem import APPLY, Problem, section, warning

_OF_OLD_VERSIONS = {"daysSinceNoncurrentTime", "noncurrentTimeBefore", "numNewerVersions"}
_MULTI_REGIONS = ("us", "eu")
_SHARED = {"projectNumber": "project", "location": "location"}
_VAULT = "-var vault_project=...; or a second_vault"
_SECOND = "-var 'second_place={...}'"


def vault_problems(vault: Resource | None, name: str, *, project_number: str) -> Iterator[Problem]:
    """Tell what lets backups be lost or read by others.

    Args:
        vault: The bucket; None where there is none.
        name: Its name.
        project_number: That of the protected project.
    """
    if vault is None:
        yield _missing(name)
        return
    yield from _kept_problems(vault, name, project_number, variable=_VAULT)
    if section(vault, "retentionPolicy") and not vault.get("defaultEventBasedHold"):
        what = (
            "what is written to it is not held: contents that many runs share lose their "
            "protection by age"
        )
        yield warning(what, f"{_update(name)} --default-event-based-hold")


def second_problems(
    second: Resource | None, name: str, *, vault: Resource | None, project_number: str
) -> Iterator[Problem]:
    """Tell what lets the second place of the configuration be lost, alone or with the vault.

    Args:
        second: Its bucket; None where there is none.
        name: The bucket's name.
        vault: The vault, which it is there to outlive; None where that is gone.
        project_number: That of the protected project.
    """
    if second is None:
        yield _missing(name)
        return
    yield from _kept_problems(second, name, project_number, variable=_SECOND)
    for field, noun in _SHARED.items():
        if vault and str(second.get(field)).lower() == str(vault.get(field)).lower():
            yield warning(f"it is in the vault's {noun}, and is lost with it", f"{APPLY} {_SECOND}")


def no_second_problems() -> Iterator[Problem]:
    """Tell what a configuration without a second place lacks."""
    what = (
        "it has no second place: it is lost with the vault, and kept there no longer than the data"
    )
    yield warning(what, f"{APPLY} {_SECOND}")


def _kept_problems(
    bucket: Resource, name: str, project_number: str, *, variable: str
) -> Iterator[Problem]:
    """Tell what lets runs in a bucket be lost or read by others."""
    yield from _own_problems(bucket, name)
    update = _update(name)
    is_versioned = section(bucket, "versioning").get("enabled")
    if not section(bucket, "retentionPolicy") and not is_versioned:
        what = "it has neither a retention policy nor versions: one deletion ends every backup"
        yield Problem(what, f"{update} --retention-period=30d --default-event-based-hold")
    if not _soft_delete_seconds(bucket):
        what = "what is deleted from it is gone at once: it has no soft delete"
        yield warning(what, f"{update} --soft-delete-duration=30d")
    if any(map(_deletes_what_is_live, _rules(bucket))):
        what = "a lifecycle rule deletes what is live, which younger runs may need"
        yield Problem(
            what, f"gcloud storage buckets describe gs://{name} --format='json(lifecycle)'"
        )
    if str(bucket.get("projectNumber")) == project_number:
        what = "it is in the protected project, and is lost with it"
        yield warning(what, f"{APPLY} {variable}")


def landing_problems(
    landing: Resource | None, name: str, *, location: str, project_number: str
) -> Iterator[Problem]:
    """Tell what lets extracts fail, or journals vanish.

    Args:
        landing: The bucket; None where there is none.
        name: Its name.
        location: Where the platform's datasets are.
        project_number: That of the protected project.
    """
    if landing is None:
        yield _missing(name)
        return
    yield from _own_problems(landing, name)
    if section(landing, "retentionPolicy") or landing.get("defaultEventBasedHold"):
        what = "it keeps what is written to it, and BigQuery's extracts need to delete there"
        yield Problem(
            what, f"{_update(name)} --clear-retention-period --no-default-event-based-hold"
        )
    if _soft_delete_seconds(landing):
        what = "what is deleted from it is kept, and billed, for a while: it has soft delete"
        yield warning(what, f"{_update(name)} --clear-soft-delete")
    if any(_deletes_what_is_live(rule) and not _is_of_extracts(rule) for rule in _rules(landing)):
        what = "a lifecycle rule deletes more than extracts: leases, journals and undo points"
        yield Problem(
            what, f"gcloud storage buckets describe gs://{name} --format='json(lifecycle)'"
        )
    yield from _place_problems(landing, name, location)
    if str(landing.get("projectNumber")) != project_number:
        what = "it belongs to another project than REBOUND_PROJECT"
        yield Problem(what, "echo $REBOUND_PROJECT $REBOUND_LANDING_BUCKET")


def bucket_problems(bucket: Resource | None, name: str) -> Iterator[Problem]:
    """Tell what makes a protected bucket worse to bring back."""
    if bucket is None:
        yield Problem("there is no such bucket", "rebound plan gcs-bucket-corruption")
        return
    if not section(bucket, "versioning").get("enabled") and not _soft_delete_seconds(bucket):
        what = "it keeps nothing of what is overwritten or deleted between two nights"
        yield warning(what, f"{_update(name)} --soft-delete-duration=7d")


def _own_problems(bucket: Resource, name: str) -> Iterator[Problem]:
    access = section(bucket, "iamConfiguration")
    if access.get("publicAccessPrevention") != "enforced":
        what = "nothing prevents that it is made public"
        yield Problem(what, f"{_update(name)} --public-access-prevention")
    if not section(access, "uniformBucketLevelAccess").get("enabled"):
        what = "single objects in it can be granted to anybody: access is not uniform"
        danger = "SHUTS OUT whoever was granted single objects"
        yield warning(what, f"{_update(name)} --uniform-bucket-level-access", danger)
    keys = section(bucket, "encryption")
    supplied = section(keys, "customerSuppliedEncryptionEnforcementConfig")
    if supplied.get("restrictionMode") != "FullyRestricted":
        what = "objects under a key that only their writer knows can be put into it"
        yield warning(what, APPLY)
    managed = section(keys, "customerManagedEncryptionEnforcementConfig")
    if managed.get("restrictionMode") != "FullyRestricted":
        what = "objects under a key of Cloud KMS that somebody else disables can be put into it"
        mend = APPLY
        if keys.get("defaultKmsKeyName"):
            mend = (
                "gcloud org-policies describe gcp.restrictCmekCryptoKeyProjects --organization=..."
            )
        yield warning(what, mend)


def _place_problems(bucket: Resource, name: str, location: str) -> Iterator[Problem]:
    """BigQuery, Export table data: a bucket for extracts is where the dataset is.

    What a multi-region takes beside itself is not judged.
    """
    place, wanted = str(bucket.get("location", "")).lower(), location.lower()
    if place == wanted:
        return
    what = f"it is in {place}, and the datasets in {wanted}"
    mend = f"gcloud storage buckets create gs://... --location={location}  # in place of {name}"
    yield warning(what, mend) if wanted in _MULTI_REGIONS else Problem(what, mend)


def _missing(name: str) -> Problem:
    return Problem("there is no such bucket", f"{APPLY}  # makes gs://{name}")


def _update(name: str) -> str:
    return f"gcloud storage buckets update gs://{name}"


def _soft_delete_seconds(bucket: Resource) -> int:
    return int(section(bucket, "softDeletePolicy").get("retentionDurationSeconds", 0))


def _rules(bucket: Resource) -> tuple[Resource, ...]:
    return tuple(section(bucket, "lifecycle").get("rule", ()))


def _deletes_what_is_live(rule: Resource) -> bool:
    condition = section(rule, "condition")
    is_of_old = bool(_OF_OLD_VERSIONS & condition.keys()) or condition.get("isLive") is False
    return section(rule, "action").get("type") == "Delete" and not is_of_old


def _is_of_extracts(rule: Resource) -> bool:
    prefixes = section(rule, "condition").get("matchesPrefix", ())
    return bool(prefixes) and all(name.startswith(layout.EXTRACTS_PREFIX) for name in prefixes)
