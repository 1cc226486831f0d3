"""A throw-away service account whose tokens come from the local cloud.

Google's clients insist on credentials. These are real ones, with a key made on the spot, and a token
endpoint on the loopback interface.
"""

import json
import os
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
)

_KEY_BITS = 2048


def write_credentials(path: Path, platform_url: str, project: str) -> Path:
    """Write a service account file that only the local cloud honours, readable by its owner."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=_KEY_BITS)
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    account = {
        "type": "service_account",
        "project_id": project,
        "private_key_id": "local",
        "private_key": pem.decode(),
        "client_email": f"local@{project}.iam.gserviceaccount.com",
        "client_id": "1",
        "token_uri": f"{platform_url}/token",
    }
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        json.dump(account, file)
    return path
