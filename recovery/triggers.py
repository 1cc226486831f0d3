"""Asks Eventarc for the triggers of a project."""

from google.api_core.exceptions import GoogleAPICallError

from manifests.cloud.configuration import Configuration, is_disabled
from manifests.cloud.rest import Rest
from manifests.errors import CloudError
from manifests.kinds.resources.table import resource_type
from recovery.listening import Triggers

_EVERYWHERE = ("-",)


def live_triggers(rest: Rest, project: str) -> Triggers:
    """Return the triggers that are there now, or why Eventarc cannot be asked.

    A recovery does not need Eventarc, so that its silence stops none: it needs a word instead.
    """
    try:
        found = Configuration(rest, project).listed(resource_type("eventarc/trigger"), _EVERYWHERE)
    except CloudError as error:
        cause = error.__cause__
        if isinstance(cause, GoogleAPICallError) and is_disabled(cause):
            return Triggers(is_enabled=False)
        return Triggers(unasked=error.message)
    return Triggers(found=tuple(found))
