"""Credentials that satisfy Google's clients and are of no use anywhere else.

The clients insist on credentials. These are a user's, with an access token that the local cloud
honours like any other and that does not expire, so that nothing asks Google for one.
"""

import json
import os
from pathlib import Path


def write_credentials(path: Path) -> Path:
    """Write a file for GOOGLE_APPLICATION_CREDENTIALS, readable by its owner."""
    user = {
        "type": "authorized_user",
        "client_id": "local",
        "client_secret": "local",
        "refresh_token": "local",
        "token": "local",
        "expiry": "9999-12-31T23:59:59Z",
    }
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        json.dump(user, file)
    return path
