"""What a database is set to, as far as a backup may read it."""

from collections.abc import Generator
from contextlib import contextmanager

import structlog
from google.api_core.exceptions import NotFound

from functions.settings import FunctionSettings
from manifests.cloud.databases import Databases
from manifests.cloud.rest import Rest
from manifests.errors import CloudError, SourceUnreadableError
from manifests.kinds.databases.model import IndexSettings
from manifests.values import Resource

log = structlog.get_logger()


def administration(settings: FunctionSettings, database_id: str) -> Databases:
    """Return the administration of one database of the platform."""
    return Databases(Rest(settings.api_endpoint), settings.project, database_id)


def configuration(databases: Databases, name: str) -> Resource:
    """Return a database's configuration; an empty one where it may not be read.

    Reading documents needs no right to see how the database is set up.

    Raises:
        SourceUnreadableError: The database does not exist.
        CloudError: It cannot be read now.
    """
    try:
        resource = databases.resource()
    except CloudError as error:
        if error.may_pass:
            raise
        log.warning("the database's configuration cannot be read", reason=error.message)
        return {}
    if resource is None:
        raise SourceUnreadableError("the database does not exist", subject=name)
    return resource


@contextmanager
def looked_again(databases: Databases, name: str) -> Generator[None]:
    """Look a second time at a database of which one call says that it does not exist.

    Raises:
        SourceUnreadableError: It does not exist.
        CloudError: It does, or nobody may look: the same call can succeed later.
    """
    try:
        yield
    except SourceUnreadableError as error:
        if not isinstance(error.__cause__, NotFound):
            raise
        configuration(databases, name)
        message = "Google Cloud contradicts itself: the database is answered not to exist"
        raise CloudError(message, subject=name, retryable=True) from error


def index_settings(databases: Databases) -> IndexSettings | None:
    """Return a database's indexes and field settings; None where they may not be read.

    Raises:
        CloudError: They cannot be read now.
    """
    try:
        return databases.index_settings()
    except CloudError as error:
        if error.may_pass:
            raise
        log.warning("the database's indexes cannot be read", reason=error.message)
        return None
