"""Resources that every project has by itself: Google makes them, and nobody else can. Pure."""

import re

_OWN_NAMES = {
    # Cloud Logging, Routing and storage overview: each project has these two.
    "logging/sink": re.compile(r"_Default|_Required"),
    # IAM, Types of service accounts: default accounts come with the service that acts as them.
    "iam/service-account": re.compile(r".+@(developer|appspot)\.gserviceaccount\.com"),
}


def is_given(type_name: str, name: str) -> bool:
    """Whether Google makes a resource in every project, or with a service of it.

    Args:
        type_name: Its type, as `logging/sink`.
        name: Its name, full or its own.
    """
    pattern = _OWN_NAMES.get(type_name)
    return pattern is not None and pattern.fullmatch(name.rpartition("/")[2]) is not None
