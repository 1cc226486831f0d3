"""One request, and what answers it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.standin.bigquery.engine.entries import Resource
from tests.standin.bigquery.engine.locks import TableKey
from tests.standin.bigquery.engine.measures import etag_of
from tests.standin.bigquery.errors import BigQueryError, invalid

DEFAULT_PAGE = 10_000


@dataclass(frozen=True, kw_only=True)
class Call:
    """One request.

    Attributes:
        path: The parameters in the path.
        query: The parameters after the question mark.
        headers: Header values by lower-case name.
        body: The JSON body; empty when there is none.
        raw: The body as it came.
    """

    path: Mapping[str, str]
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    body: Resource = field(default_factory=dict)
    raw: bytes = b""

    @property
    def project(self) -> str:
        """The project in the path."""
        return self.path["projectId"]

    @property
    def dataset_key(self) -> tuple[str, str]:
        """The dataset in the path."""
        return self.path["projectId"], self.path["datasetId"]

    @property
    def table_key(self) -> TableKey:
        """The table in the path."""
        return self.path["projectId"], self.path["datasetId"], self.path["tableId"]

    def flag(self, name: str) -> bool:
        """Whether a boolean query parameter is set."""
        return self.query.get(name, "").lower() == "true"

    def check_etag(self, resource: Resource) -> None:
        """Refuse a change of something else than what the caller read.

        Raises:
            BigQueryError: The resource has another etag than `If-Match` says.
        """
        wanted = self.headers.get("if-match")
        if wanted and wanted != "*" and wanted.strip('"') != resource.get("etag"):
            raise BigQueryError("conditionNotMet", "Precondition check failed.")


@dataclass(frozen=True, kw_only=True)
class Answer:
    """An answer that is more than a JSON body."""

    body: Resource
    headers: Mapping[str, str] = field(default_factory=dict)
    status: int = 200


def page(call: Call, items: list[Any], key: str, **more: Any) -> Resource:  # noqa: ANN401 - JSON values
    """Return one page of a list answer.

    Args:
        call: The request, with `maxResults` and `pageToken`.
        items: Everything that could be listed.
        key: What the list is called.
        more: Further parts of the answer.

    Raises:
        BigQueryError: The page token is none of ours.
    """
    size = int(call.query.get("maxResults") or DEFAULT_PAGE) or DEFAULT_PAGE
    token = call.query.get("pageToken") or "0"
    if not token.isdigit():
        raise invalid("Invalid page token.")
    start = int(token)
    answer: Resource = dict(more)
    if "kind" in more:  # the older lists have both
        answer["etag"] = etag_of(key, start, len(items))
    if items:
        answer[key] = items[start : start + size]
    if start + size < len(items):
        answer["nextPageToken"] = str(start + size)
    return answer


def merged_labels(old: Mapping[str, str] | None, new: Mapping[str, Any] | None) -> Resource | None:
    """Return labels after a patch; a label that is null is removed."""
    if new is None:
        return None
    labels = {**(old or {}), **new}
    return {name: value for name, value in labels.items() if value is not None} or None
