"""What each of the operator's shell words calls."""

PROJECT, LOCATION, REGION = "--project=a-project", "--location=us-west2", "--region=us-west2"
RUN = ["gcloud", "scheduler", "jobs", "run", "nightly", LOCATION, PROJECT]
LOGS = "gcloud logging read {} --project=a-project --freshness=1d --limit=50"
CALLS: dict[str, list[list[str]]] = {
    "nba-status": [["rebound", "ops", "quick"]],
    "nba-dash": [["rebound", "ops"]],
    "nba-dashboard --html day.html": [["rebound", "ops", "full", "--html", "day.html"]],
    "nba-pipeline": [["rebound", "ops", "pipeline"]],
    "nba-workflows": [["rebound", "ops", "workflows"]],
    "nba-backfill": [["rebound", "ops", "backfill"]],
    "nba-mon": [["rebound", "ops", "quick", "--watch", "60"]],
    "nba-monitor": [["rebound", "ops", "full", "--watch", "300"]],
    "bq-nba 'SELECT 1'": [
        ["bq", "--project_id=a-project", "query", "--nouse_legacy_sql", "SELECT 1"]
    ],
    "bq-health": [["rebound", "ops", "query", "scorecard"]],
    "bq-phase3": [["rebound", "ops", "query", "daily-statistics"]],
    "bq-phase4": [["rebound", "ops", "query", "missing-phase4"]],
    "bq-schema nba.games": [
        ["bq", "--project_id=a-project", "show", "--schema", "--format=prettyjson", "nba.games"]
    ],
    "bq-list": [["bq", "--project_id=a-project", "ls"]],
    "gs-nba": [["gcloud", "storage", "ls", "gs://raw/"]],
    "gs-count nba-com": [["gcloud", "storage", "ls", "--recursive", "gs://raw/nba-com"]],
    "gs-backups": [["gcloud", "storage", "ls", "gs://a-vault/runs/"]],
    "run-list": [["gcloud", "run", "services", "list", REGION, PROJECT]],
    "run-logs web": [["gcloud", "run", "services", "logs", "read", REGION, PROJECT, "web"]],
    "run-describe web": [["gcloud", "run", "services", "describe", REGION, PROJECT, "web"]],
    "sched-list": [["gcloud", "scheduler", "jobs", "list", LOCATION, PROJECT]],
    "sched-pause-all gcs-bucket-corruption": [["rebound", "fence", "gcs-bucket-corruption"]],
    "sched-resume-all": [["rebound", "thaw"]],
    "wf-list": [["gcloud", "workflows", "list", LOCATION, PROJECT]],
    "wf-describe daily": [["gcloud", "workflows", "describe", LOCATION, PROJECT, "daily"]],
    "logs-scrapers": [LOGS.format("resource.labels.service_name=~scrapers").split()],
    "logs-functions": [LOGS.format('labels."goog-managed-by"=cloudfunctions').split()],
    "validate-phase3": [["rebound", "ops", "query", "feature-completeness"]],
    "validate-team": [["rebound", "ops", "query", "validation-errors"]],
    "nba-errors": [["rebound", "ops", "errors"]],
    "logs-errors": [
        ["gcloud", "logging", "read", "severity>=ERROR", PROJECT, "--freshness=1d", "--limit=50"]
    ],
    "backup-list": [["rebound", "list"]],
    "nba-test": [["make", "-C", "/a root", "test"]],
    "nba-health": [
        ["rebound", "list", "--limit", "3"],
        ["rebound", "ops", "query", "freshness"],
        ["rebound", "fence", "--status"],
    ],
    "nba-check-date 2026-01-03": [
        ["rebound", "ops", "query", "daily-completeness", "--param", "day=2026-01-03"]
    ],
    "nba-tail web": [
        ["gcloud", "run", "services", "logs", "read", "web", REGION, PROJECT, "--limit=50"]
    ],
    "nba-token": [["gcloud", "auth", "print-identity-token"]],
    "backup-verify a-run": [["rebound", "verify", "a-run"]],
    "dr-plan gcs-bucket-corruption --exact": [
        ["rebound", "plan", "gcs-bucket-corruption", "--exact"]
    ],
}
DANGEROUS = {
    "backup-now": ["gcloud", "auth", "print-identity-token"],
    "sched-run nightly": RUN,
    "nba-curl https://a.example POST {}": ["gcloud", "auth", "print-identity-token"],
    "nba-deploy analytics": ["deploy", "nba-phase3-analytics-processors"],
}
"""Those that ask first."""
