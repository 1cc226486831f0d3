"""Resources that another one makes and keeps, as their labels say. Pure."""

from manifests.shapes import inner
from manifests.values import Resource

_LABEL = "goog-managed-by"
"""Another service made it and keeps it, as Cloud Functions its services and triggers."""
_FUNCTIONS = "cloudfunctions"


def is_managed(resource: Resource) -> bool:
    """Whether another service made a resource and keeps it."""
    return _LABEL in inner(resource, "labels")


def is_of_function(resource: Resource) -> bool:
    """Whether a function made a resource.

    The image of its service is built from the function's source whenever it is deployed, and what is deployed
    does not need the one that is stored: it may be deleted after a day (Firebase, Manage functions, Clean up
    deployment artifacts).
    """
    return inner(resource, "labels").get(_LABEL) == _FUNCTIONS
