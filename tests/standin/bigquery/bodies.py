"""What Google's parser of JSON refuses of a request, before anybody looks at what it asks for."""

import re

from tests.standin.bigquery.engine.entries import Resource
from tests.standin.bigquery.errors import BigQueryError
from tests.standin.discovery.documents import methods
from tests.standin.discovery.schemas import UNKNOWN

_MESSAGES = {"rowAccessPolicies": "row_access_policy"}
_INNER_CAPITAL = re.compile(r"(?<=[a-z0-9])[A-Z]")


def check_names(operation: str, body: Resource) -> None:
    """Refuse a body with names that the method does not know.

    Users saw the words (r-dbi/bigrquery issue 361, ansible-collections/google.cloud issue 620).

    Args:
        operation: The method's id, as `bigquery.tables.insert`.
        body: What is sent.

    Raises:
        BigQueryError: There is such a name.
    """
    method = methods("bigquery.v2").get(operation)
    if method is None or method.request is None or not body:
        return
    message = _message(operation)
    refused = [
        _refusal(message, path) for path, problem in method.request(body) if problem == UNKNOWN
    ]
    if refused:
        raise BigQueryError("badRequest", "\n".join(refused))


def _message(operation: str) -> str:
    """Return what Google's parser calls a body: by the resource, with which most methods deal."""
    collection = operation.split(".")[1]
    return _MESSAGES.get(collection, collection.removesuffix("s"))


def _refusal(message: str, path: str) -> str:
    parent, _, name = path.rpartition(".")
    where = _INNER_CAPITAL.sub(lambda capital: f"_{capital[0].lower()}", f"{message}{parent}")
    return (
        f"Invalid JSON payload received. Unknown name \"{name}\" at '{where}': Cannot find field."
    )
