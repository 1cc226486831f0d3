"""The job that copies a bucket which is too large for one function. Pure, and not proven.

The definition is written into the run's folder, for Storage Transfer Service. It has only been
written to the published form (Storage Transfer API v1, TransferJob), never been run by us.
"""

import json

from manifests.model import Resource, RunStart


def transfer_job(start: RunStart, *, project: str, bucket: str, vault: str) -> Resource:
    """Return the definition of a job that copies a bucket's objects into the vault.

    It copies live objects only, never deletes at the sink, and runs once.

    Args:
        start: The run.
        project: The project that pays for the job.
        bucket: The protected bucket.
        vault: The vault's name.
    """
    day = {"year": start.started_at.year, "month": start.started_at.month}
    day["day"] = start.started_at.day
    return {
        "description": f"Rebound run {start.run_id}: contents of {bucket}",
        "projectId": project,
        "status": "ENABLED",
        "schedule": {"scheduleStartDate": day, "scheduleEndDate": day},
        "transferSpec": {
            "gcsDataSource": {"bucketName": bucket},
            "gcsDataSink": {"bucketName": vault, "path": f"transfers/{bucket}/"},
            "transferOptions": {
                "overwriteWhen": "DIFFERENT",
                "deleteObjectsUniqueInSink": False,
                "deleteObjectsFromSourceAfterTransfer": False,
                "metadataOptions": {
                    "storageClass": "STORAGE_CLASS_DESTINATION_BUCKET_DEFAULT",
                    "temporaryHold": "TEMPORARY_HOLD_SKIP",
                    "timeCreated": "TIME_CREATED_PRESERVE_AS_CUSTOM_TIME",
                },
            },
        },
    }


def transfer_job_text(job: Resource) -> bytes:
    """Return a definition as the JSON that `gcloud` and the API take."""
    return json.dumps(job, indent=2, sort_keys=True).encode()
