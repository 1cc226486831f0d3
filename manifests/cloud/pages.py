"""Lists come in pages: each names the token with which the next is asked for."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from manifests.values import Resource


def pages(
    ask: Callable[[dict[str, Any]], Resource | None],
    query: Mapping[str, Any],
    *,
    again: str = "pageToken",
) -> Iterator[Resource]:
    """Yield the pages of a list; one can be empty and not be the last (AIP-158, Pagination).

    Args:
        ask: Asks for one page with the parameters that it is given; None ends the list.
        query: The parameters of the first page.
        again: The parameter that takes the token of the next page.

    Raises:
        Exception: As `ask`.
    """
    asked = dict(query)
    while (page := ask(asked)) is not None:
        yield page
        # Cloud Run's executions are listed as Kubernetes lists (Kubernetes API concepts, Chunks).
        token = page.get("nextPageToken") or (page.get("metadata") or {}).get("continue")
        if not token:
            return
        asked = {**asked, again: token}
