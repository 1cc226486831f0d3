"""Where the journals of recoveries are in the landing bucket: built and parsed here only. Pure.

    recoveries/<recovery>/plan.json                written once, before anything is changed
    recoveries/<recovery>/<folder>/<name>.json     what was done to one thing
    recoveries/<recovery>/attempts/<time>.json     how an attempt ended that did not prove everything
    recoveries/<recovery>/abandoned.json           an operator closed it before it had ended
    recoveries/<recovery>/report.json              written once, when everything is proven

    recoveries/<recovery>/undo/databases/<database>/<digest>.avro             documents to be replaced
    recoveries/<recovery>/undo/databases/<database>/removed/<digest>.avro     documents to be removed
    recoveries/<recovery>/undo/resources/<digest>.zip                         what a function was built from
    recoveries/<recovery>/undone-documents/<database>/<digest>.avro           what an undo replaced
    recoveries/<recovery>/requests/<processor>/<date>/<n>.json                about to be sent
    recoveries/<recovery>/answers/<processor>/<date>/<n>.json                 it was answered
    undo/<recovery>/<bucket>/<name>                objects as they were before

What the folders of entries are, `recovery.journal` says.
"""

import hashlib
import re
from datetime import date, datetime

from manifests import layout
from manifests.errors import UsageError

RECOVERIES_PREFIX = "recoveries/"
_PLAN = "plan.json"
PLANS_GLOB = f"{RECOVERIES_PREFIX}*/{_PLAN}"
ENDS_GLOB = f"{RECOVERIES_PREFIX}*/*.json"
_REMOVED = "removed/"
_SENT = re.compile(r"[^/]+/[^/]+/[^/]+")


class JournalNames:
    """The names of what is in one journal.

    Args:
        recovery_id: The recovery.
    """

    def __init__(self, recovery_id: str) -> None:
        self.prefix = layout.recovery_prefix(recovery_id)
        self.plan = f"{self.prefix}{_PLAN}"
        self.report = f"{self.prefix}report.json"
        self.abandoned = f"{self.prefix}abandoned.json"
        self.attempts = self.folder("attempts")

    def attempt(self, ended_at: datetime) -> str:
        """Return where it is written how an attempt ended."""
        return f"{self.attempts}{ended_at:%Y%m%dT%H%M%S.%fZ}.json"

    def attempt_ended_at(self, name: str) -> datetime | None:
        """Return when an attempt ended, by where that is written; None for any other name."""
        told = name.removeprefix(self.attempts).removesuffix(".json")
        return layout.time_in(told, "%Y%m%dT%H%M%S.%fZ")

    def folder(self, name: str) -> str:
        """Return what the names of the entries of one folder begin with."""
        return f"{self.prefix}{name}/"

    def beside(self, entry: str, mark: str) -> str:
        """Return the name of an entry where the object of its own name cannot be replaced.

        Args:
            entry: Its own name.
            mark: Hexadecimal digits that nobody knows before.
        """
        return f"{self.beside_prefix(entry)}{mark}.json"

    def beside_prefix(self, entry: str) -> str:
        """Return what all such names of an entry begin with."""
        return f"{entry}~"

    def undo_documents(self, database_id: str) -> str:
        """Return the folder of the documents of a database that were replaced or removed."""
        return f"{self.folder('undo')}databases/{database_id}/"

    def removed_documents(self, database_id: str) -> str:
        """Return the folder of those of them that were removed."""
        return f"{self.undo_documents(database_id)}{_REMOVED}"

    def undo_file(self, database_id: str, content: bytes, *, are_removed: bool) -> str:
        """Return the name of a file of documents: another content is another file."""
        folder = self.removed_documents if are_removed else self.undo_documents
        return f"{folder(database_id)}{hashlib.sha256(content).hexdigest()[:32]}.avro"

    def former_archive(self, content: bytes) -> str:
        """Return the name of what a function was built from before it was changed."""
        return f"{self.folder('undo')}resources/{hashlib.sha256(content).hexdigest()}.zip"

    def undone_file(self, database_id: str, content: bytes) -> str:
        """Return the name of a file of documents that an undo replaced or removed."""
        folder = self.folder("undone-documents")
        return f"{folder}{database_id}/{hashlib.sha256(content).hexdigest()[:32]}.avro"

    def request(self, processor: str, day: date, number: int) -> str:
        """Return where it is written that a request is about to be sent."""
        return f"{self.folder('requests')}{processor}/{day}/{number:03d}.json"

    def answer(self, processor: str, day: date, number: int) -> str:
        """Return where it is written that a request was answered."""
        return f"{self.folder('answers')}{processor}/{day}/{number:03d}.json"

    def requested(self, name: str) -> tuple[str, str] | None:
        """Return the processor and the date that a request was about, or None for any other object."""
        found = layout.between(self.folder("requests"), name, ".json", _SENT)
        if found is None:
            return None
        processor, day, _ = found.split("/")
        return processor, day


def archive_digest(name: str) -> str:
    """Return the SHA-256, in hexadecimal, that the name of what a function was built from says."""
    return name.rpartition("/")[2].removesuffix(".zip")


def undo_objects(recovery_id: str, bucket: str) -> str:
    """Return the folder of the objects of a bucket that a recovery put aside."""
    return f"undo/{recovery_id}/{bucket}/"


def recovery_of(name: str) -> str | None:
    """Return the recovery in whose journal an object or folder is; None where it is in none."""
    recovery_id = name.removeprefix(RECOVERIES_PREFIX).partition("/")[0]
    try:
        layout.recovery_begun_at(recovery_id)
    except UsageError:
        return None
    return recovery_id if name.startswith(RECOVERIES_PREFIX) else None


def planned_recovery(name: str) -> str | None:
    """Return the recovery whose plan an object is; None where it is none."""
    recovery_id = recovery_of(name)
    is_plan = recovery_id is not None and name == JournalNames(recovery_id).plan
    return recovery_id if is_plan else None
