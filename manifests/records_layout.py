"""Where the vault keeps records that nobody can take back: built here only.

records/<project>/...     proofs, drills and actions, by the names that they have among themselves
"""

from manifests.ids import ProjectId

RECORDS_PREFIX = "records/"


def records_folder(project: ProjectId) -> str:
    """Return the folder of the records of a protected project: others may share the vault."""
    return f"{RECORDS_PREFIX}{project}/"
