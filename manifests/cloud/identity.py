"""The account under which Google Cloud knows the caller."""

from typing import Any

_NOT_YET_KNOWN = "default"


def identity_of(credentials: Any) -> str:  # noqa: ANN401 - Google's classes share no base that says it
    """Return the email of the caller's account; empty where its credentials do not tell.

    Credentials of a person, as `gcloud auth application-default login` writes them, often name no
    account (google-auth, google.oauth2.credentials.Credentials.account). The audit logs know it.

    Args:
        credentials: Those of a client of Google's.
    """
    for name in ("service_account_email", "signer_email", "account"):
        email = getattr(credentials, name, None)
        if isinstance(email, str) and email not in ("", _NOT_YET_KNOWN):
            return email
    return ""
