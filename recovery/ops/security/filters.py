"""The filters of the log entries that are read (Cloud Audit Logs; IAM, Secret Manager: Audit logging). Pure.

Comparisons of text ignore case, which matters: Resource Manager logs `SetIamPolicy`, IAM
`google.iam.admin.v1.SetIAMPolicy`. Alternatives stand in parentheses (Logging query language).
"""

from collections.abc import Mapping

_AGENTS = "service-agent-manager@system.gserviceaccount.com"
"""It grants Google's own agents their roles (IAM, Example logs for service accounts)."""

_METHOD = "protoPayload.methodName"
_ACTIVITY = 'logName="projects/{project}/logs/cloudaudit.googleapis.com%2Factivity"'
_DATA_ACCESS = 'logName="projects/{project}/logs/cloudaudit.googleapis.com%2Fdata_access"'

NEW_ACCOUNTS = "new accounts"
IAM_CHANGES = "IAM changes"
SECRETS = "secret access"
DENIED = "denied calls"
REFUSED = "refused requests"
RESTORED = "restore identity"
OF_VAULT: Mapping[str, str] = {
    name: f"{name}, vault's project" for name in (NEW_ACCOUNTS, IAM_CHANGES, DENIED)
}
"""What is asked of the project that the vault is in, too: who gets hold of it can delete backups."""

_FILTERS: Mapping[str, str] = {
    NEW_ACCOUNTS: (
        f'{_ACTIVITY} AND ({_METHOD}="google.iam.admin.v1.CreateServiceAccount" '
        f'OR {_METHOD}="google.iam.admin.v1.CreateServiceAccountKey" '
        f'OR {_METHOD}="google.iam.admin.v1.UploadServiceAccountKey")'
    ),
    IAM_CHANGES: (
        f'{_ACTIVITY} AND ({_METHOD}:"SetIamPolicy" OR {_METHOD}:"setIamPermissions") '
        f'AND NOT protoPayload.authenticationInfo.principalEmail="{_AGENTS}"'
    ),
    SECRETS: (
        f'{_DATA_ACCESS} AND protoPayload.serviceName="secretmanager.googleapis.com" '
        f'AND {_METHOD}:"AccessSecretVersion"'
    ),
    DENIED: (
        f"({_ACTIVITY} OR {_DATA_ACCESS}) "
        "AND (protoPayload.status.code=7 OR protoPayload.status.code=16)"
    ),
    REFUSED: (
        'resource.type="cloud_run_revision" AND (httpRequest.status=401 OR httpRequest.status=403)'
    ),
    RESTORED: (
        f"({_ACTIVITY} OR {_DATA_ACCESS}) "
        'AND protoPayload.authenticationInfo.principalEmail="{restore}"'
    ),
}


def log_filters(project: str, restore: str) -> dict[str, str]:
    """Return the filter of each source.

    Args:
        project: The project.
        restore: The email of the identity that recovers.
    """
    return {name: text.format(project=project, restore=restore) for name, text in _FILTERS.items()}
