"""Steps that bring buckets back with `gcloud storage`: made, filled from the inventory, compared, set. Pure."""

from collections.abc import Iterator
from itertools import batched

from functions.kit.script import (
    Argument,
    KitStep,
    ShellCommand,
    Variable,
    as_json,
    joined,
    stem,
    vault_uri,
)
from manifests.kinds.buckets.model import BucketBackup
from manifests.values import Resource

_SHARDS_OF_A_COMMAND = 500
_SET = frozenset(
    {
        "autoclass",
        "encryption",
        "hierarchicalNamespace",
        "iamConfiguration",
        "labels",
        "lifecycle",
        "location",
        "softDeletePolicy",
        "storageClass",
        "versioning",
    }
)
_TOLD = frozenset(
    {
        "etag",
        "generation",
        "id",
        "kind",
        "locationType",
        "metageneration",
        "name",
        "projectNumber",
        "rpo",
        "satisfiesPZI",
        "satisfiesPZS",
        "selfLink",
        "timeCreated",
        "updated",
    }
)


def gcloud(*arguments: Argument, stdin: str = "", stdout: str = "") -> ShellCommand:
    """Return a command of `gcloud` in the project that is restored to."""
    project: Argument = ("--project=", Variable.PROJECT)
    return ShellCommand(("gcloud", project, "--quiet", *arguments), stdin=stdin, stdout=stdout)


def bucket_steps(bucket: BucketBackup) -> Iterator[KitStep]:
    """Yield what makes a bucket, copies its objects where none are, compares them, and sets the rest.

    Lifecycle rules and access come last: no rule deletes what was just copied before it is compared.
    """
    resource, uri = bucket.resource, f"gs://{bucket.bucket}"
    left = sorted(key for key, value in resource.items() if value and key not in _SET | _TOLD)
    yield KitStep(
        "bucket",
        bucket.bucket,
        (gcloud("storage", "buckets", "create", uri, *_created(resource)),),
        left=tuple(left),
    )
    yield _objects(bucket, uri)
    yield _settings(bucket, uri)


def _created(resource: Resource) -> Iterator[str]:
    yield f"--location={resource['location']}"
    if storage_class := resource.get("storageClass"):
        yield f"--default-storage-class={storage_class}"
    access = resource.get("iamConfiguration") or {}
    if (access.get("uniformBucketLevelAccess") or {}).get("enabled"):
        yield "--uniform-bucket-level-access"
    if access.get("publicAccessPrevention") == "enforced":
        yield "--public-access-prevention"
    if (
        seconds := (resource.get("softDeletePolicy") or {}).get("retentionDurationSeconds")
    ) is not None:
        yield f"--soft-delete-duration={int(seconds)}s"
    if (resource.get("hierarchicalNamespace") or {}).get("enabled"):
        yield "--enable-hierarchical-namespace"
    if (resource.get("autoclass") or {}).get("enabled"):
        yield "--enable-autoclass"
    if key := (resource.get("encryption") or {}).get("defaultKmsKeyName"):
        yield f"--default-encryption-key={key}"


def _objects(bucket: BucketBackup, uri: str) -> KitStep:
    folder, name = f"inventory/{stem(bucket.bucket)}", stem(bucket.bucket)
    commands = [ShellCommand(("mkdir", "-p", folder))]
    shards = (vault_uri(shard.stored.name) for shard in bucket.shards)
    commands += [
        gcloud("storage", "cp", *some, f"{folder}/")
        for some in batched(shards, _SHARDS_OF_A_COMMAND, strict=False)
    ]
    script, listing = f"answers/{name}.sh", f"answers/{name}.objects.json"
    checker = ("python3", "check.py")
    shown = "--format=json(name,size,crc32c)"
    commands += [
        ShellCommand((*checker, "copies", bucket.bucket, folder), stdout=script),
        ShellCommand(("sh", "-eu", script)),
        gcloud(
            "storage",
            "objects",
            "list",
            f"{uri}/**",
            "--raw",
            "--fetch-encrypted-object-hashes",
            shown,
            stdout=listing,
        ),
        ShellCommand((*checker, "objects", bucket.bucket, folder, listing)),
    ]
    left = ("holds, contexts, retention and keys of single objects", "times of objects")
    return KitStep("objects", bucket.bucket, tuple(commands), left=left)


def _settings(bucket: BucketBackup, uri: str) -> KitStep:
    resource, files = bucket.resource, {}
    arguments = []
    if (resource.get("versioning") or {}).get("enabled"):
        arguments.append("--versioning")
    if rules := (resource.get("lifecycle") or {}).get("rule"):
        name = f"files/{stem(bucket.bucket)}.lifecycle.json"
        files[name] = as_json({"rule": rules})
        arguments.append(f"--lifecycle-file={name}")
    if labels := resource.get("labels"):
        pairs = joined(f"{key}={value}" for key, value in labels.items())
        arguments.append(f"--update-labels={pairs}")
    commands = [gcloud("storage", "buckets", "update", uri, *arguments)] if arguments else []
    if bucket.access and bucket.access.get("bindings"):
        name = f"files/{stem(bucket.bucket)}.policy.json"
        files[name] = as_json({"bindings": bucket.access["bindings"]})
        commands.append(gcloud("storage", "buckets", "set-iam-policy", uri, name))
    left = () if bucket.access else ("who may use it: the backup could not read that",)
    return KitStep("bucket-settings", bucket.bucket, tuple(commands), files, left)
