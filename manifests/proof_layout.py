"""Where records keep what was shown to restore: built and parsed here only.

proofs/<recovery>.json     which parts a recovery, drill or sample brought back from the vault, proven
"""

from manifests.layout import RUN_ID, between

PROOFS_PREFIX = "proofs/"


def proof_name(recovery_id: str) -> str:
    """Return the name of the record of what a recovery proved."""
    return f"{PROOFS_PREFIX}{recovery_id}.json"


def proving_recovery(name: str) -> str | None:
    """Return the recovery that a record is about, or None for any other object."""
    return between(PROOFS_PREFIX, name, ".json", RUN_ID)
