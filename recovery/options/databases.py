"""The options of a recovery that are about Firestore databases. Pure."""

from typing import Annotated

from manifests.values import Value
from recovery.options.option import Option


class DatabaseOptions(Value):
    """Which databases, which of their documents, where to, and how."""

    database: Annotated[tuple[str, ...], Option("Only this Firestore database.", "databases")] = ()
    collection: Annotated[
        tuple[str, ...],
        Option("Only this collection's path, with everything below it.", "collections"),
    ] = ()
    document: Annotated[
        tuple[str, ...],
        Option("Only this document's path; PATH/** with all that is below.", "documents"),
    ] = ()
    into_database: Annotated[
        str,
        Option(
            "Restore into another Firestore database; made when there is none.", "target.database"
        ),
    ] = ""
    rebuild: Annotated[
        bool, Option("Rebuild state documents from run history, without a backup.", "rebuild")
    ] = False
    keep_ttl: Annotated[
        bool,
        Option("Also write documents that a time to live of the database deletes.", "keep_ttl"),
    ] = False
    unthrottled: Annotated[
        bool, Option("Write documents without ramping the rate up.", "unthrottled")
    ] = False
