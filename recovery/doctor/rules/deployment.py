"""Whether what Terraform makes is there and works: APIs, identities, functions, schedules. Pure."""

from collections.abc import Collection, Iterator, Mapping
from datetime import datetime, timedelta

from manifests.values import Resource
from recovery.doctor.rules.problem import APPLY, Problem, section, warning

SERVICES = frozenset(
    f"{name}.googleapis.com"
    for name in (
        "artifactregistry",
        "bigquery",
        "cloudasset",
        "cloudbuild",
        "cloudfunctions",
        "cloudresourcemanager",
        "cloudscheduler",
        "firestore",
        "iam",
        "iamcredentials",
        "logging",
        "monitoring",
        "run",
        "storage",
    )
)
"""The APIs that a deployment needs, as terraform/services.tf enables them."""
SILENT_HOURS: Mapping[str, float] = {"backup": 27, "verify": 27, "expire": 27, "tick": 3}
"""Each function that is deployed everywhere, and for how long its schedule may be silent."""
SILENT_DRILL_HOURS = 51
_DEADLINE_SECONDS = 1800
SETTINGS = ("project", "vault_bucket", "landing_bucket", "second_bucket")
"""What a function and the operator have to be told alike."""


def deployed(*, has_sandbox: bool) -> dict[str, float]:
    """Return each function of a deployment, and for how many hours its schedule may be silent."""
    return {**SILENT_HOURS, **({"drill": SILENT_DRILL_HOURS} if has_sandbox else {})}


def identities(functions: Collection[str]) -> tuple[str, ...]:
    """Return the service accounts of a deployment, by their own ids."""
    return (*(f"rebound-{name}" for name in functions), "rebound-schedule", "rebound-restore")


def service_problems(enabled: Collection[str], *, project: str) -> Iterator[Problem]:
    """Tell which APIs are not enabled.

    Args:
        enabled: Those that are, by host.
        project: The project.
    """
    for name in sorted(SERVICES.difference(enabled)):
        yield Problem(
            f"{name} is not enabled", f"gcloud services enable {name} --project={project}"
        )


def identity_problems(account: Resource | None, email: str) -> Iterator[Problem]:
    """Tell whether a service account cannot be used."""
    if account is None:
        yield Problem("there is no such service account", APPLY)
    elif account.get("disabled"):
        yield Problem("it is disabled", f"gcloud iam service-accounts enable {email}")


def function_problems(
    function: Resource | None,
    name: str,
    *,
    region: str,
    email: str,
    environment: Mapping[str, str],
) -> Iterator[Problem]:
    """Tell whether a function does not work, or works for another project.

    Args:
        function: The function; None where there is none.
        name: Its own name.
        region: Where it is.
        email: The identity that it has to have.
        environment: The operator's own settings, by their variables.
    """
    if function is None:
        yield Problem("there is no such function", APPLY)
        return
    look = f"gcloud functions describe {name} --region={region} --v2"
    if (state := function.get("state")) != "ACTIVE":
        yield Problem(f"its state is {state}", look)
    service = section(function, "serviceConfig")
    if (runs_as := service.get("serviceAccountEmail")) != email:
        yield Problem(f"it runs as {runs_as}, not as {email}", APPLY)
    told = section(service, "environmentVariables")
    for key, value in environment.items():
        if (told.get(key) or "") != value:
            what = f"its {key} is {told.get(key)}, and yours is {value}"
            yield Problem(what, "terraform -chdir=terraform output -json environment")


def schedule_problems(
    job: Resource | None, name: str, *, region: str, silent_hours: float, now: datetime
) -> Iterator[Problem]:
    """Tell whether a schedule does not call its function, or was refused.

    Args:
        job: The job; None where there is none.
        name: Its own name.
        region: Where it is.
        silent_hours: For how long it may be silent.
        now: The present instant.
    """
    if job is None:
        yield Problem("there is no such schedule", APPLY)
        return
    if (state := job.get("state")) != "ENABLED":
        mend = f"gcloud scheduler jobs resume {name} --location={region}"
        yield Problem(f"it is {str(state).lower()}, and calls nothing", mend)
    if not section(section(job, "httpTarget"), "oidcToken").get("serviceAccountEmail"):
        yield Problem("it calls without an identity, and is refused", APPLY)
    if _seconds(job.get("attemptDeadline", "180s")) < _DEADLINE_SECONDS:
        what = f"it waits {job.get('attemptDeadline')} for an answer, and could wait 1800s"
        yield warning(what, APPLY)
    yield from _attempt_problems(job, name, region=region, silent_hours=silent_hours, now=now)


def _attempt_problems(
    job: Resource, name: str, *, region: str, silent_hours: float, now: datetime
) -> Iterator[Problem]:
    """Tell of the last attempt (Cloud Scheduler REST, Job: lastAttemptTime, status)."""
    look = (
        'gcloud logging read \'resource.type="cloud_scheduler_job" AND '
        f'resource.labels.job_id="{name}"\' --limit=5'
    )
    if "lastAttemptTime" not in job:
        describe = f"gcloud scheduler jobs describe {name} --location={region}"
        yield warning("it has not called yet", describe)
        return
    last = datetime.fromisoformat(job["lastAttemptTime"])
    if now - last > timedelta(hours=silent_hours):
        yield Problem(f"it has not called since {last:%Y-%m-%d %H:%M} UTC", look)
    status = section(job, "status")
    if status.get("code"):
        what = f"its last call at {last:%Y-%m-%d %H:%M} UTC failed, with code {status['code']}"
        yield Problem(what, look)


def _seconds(duration: str) -> float:
    return float(duration.removesuffix("s"))
