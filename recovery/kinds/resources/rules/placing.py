"""Where things are that are made again: what moves from one region to another, and what stays. Pure.

Data stays in its region. What is of data stays beside it, and what receives the events of data.
"""

import re
from collections.abc import Collection, Mapping
from typing import Any

from manifests.shapes import inner, inner_list
from manifests.values import Resource

_WITH_DATA = ("bigquery/transfer", "bigquery/connection")
"""Types that are where the datasets are (BigQuery, Locations)."""
_IN_PLACE = ("secretmanager/secret",)
_TRIGGER = "eventarc/trigger"
_FUNCTION = "functions/function"
_DATA_EVENTS = ("google.cloud.storage.", "google.cloud.firestore.", "google.cloud.datastore.")
_DATA_ATTRIBUTES = ("bucket", "database")
_HOLDING_DATA = (
    "bigquery",
    "bigqueryconnection",
    "bigquerydatatransfer",
    "bigquerystorage",
    "bigtable",
    "bigtableadmin",
    "cloudkms",
    "datastore",
    "firestore",
    "spanner",
    "sqladmin",
    "storage",
)
"""Services whose endpoint in a region answers for the data there."""
_COLLECTIONS = ("keyRings", "transferConfigs", "connections", "reservations", "taxonomies")
"""Of keys, which no location gives up (Cloud KMS, Locations), and of what is where the datasets are."""
_VARIABLES = "environmentvariables"
_OF_DATA = frozenset(
    (
        "BIGQUERY",
        "BIGTABLE",
        "BQ",
        "BUCKET",
        "BUCKETS",
        "CLOUDSQL",
        "DATA",
        "DATABASE",
        "DATASET",
        "DATASETS",
        "DATASTORE",
        "DB",
        "FIRESTORE",
        "GCS",
        "KEY",
        "KEYRING",
        "KMS",
        "SPANNER",
        "SQL",
        "STORAGE",
        "TABLE",
    )
)
"""Words in the names of variables that say where data is, as `BIGQUERY_LOCATION`."""


def staying_paths(kind: str, resource: Resource, *, is_elsewhere: bool) -> Collection[str]:
    """Return the paths of a resource whose region stays; an empty path is all of it.

    A trigger on a bucket or a database has to be where that is (Eventarc, Understand Eventarc
    locations), and a function's trigger receives events of its own region only (Cloud Functions REST,
    EventTrigger.triggerRegion). Where a secret's values are kept cannot be changed (Secret Manager
    REST, Secret.replication): one that stays in its project stays where it is.

    Args:
        kind: Its type.
        resource: As the backup has it.
        is_elsewhere: Whether it is made in another project.
    """
    if kind in _WITH_DATA or (kind in _IN_PLACE and not is_elsewhere):
        return ("",)
    if kind == _TRIGGER and _is_of_data(resource):
        return ("name",)
    if kind == _FUNCTION and _is_of_data(inner(resource, "eventTrigger")):
        return ("eventTrigger.triggerRegion",)
    return ()


def _is_of_data(trigger: Resource) -> bool:
    told = {
        str(item.get("attribute")): str(item.get("value"))
        for item in map(inner, inner_list(trigger, "eventFilters"))
    }
    kind = str(trigger.get("eventType") or told.get("type", ""))
    return kind.startswith(_DATA_EVENTS) or any(name in told for name in _DATA_ATTRIBUTES)


def is_where_data_is(at: str, holder: Mapping[str, Any], key: str) -> bool:
    """Whether a field is a variable of a service or function that says where data is.

    Args:
        at: The path of what holds the field.
        holder: What holds it.
        key: The field's name.
    """
    if at.lower().endswith(_VARIABLES):
        name = key
    elif key == "value":
        name = str(holder.get("name", ""))
    else:
        return False
    return not _OF_DATA.isdisjoint(name.upper().replace("-", "_").split("_"))


def placed(region: str) -> str:
    """Return the pattern that finds a region's name where it says the place of something that moves.

    It finds the name where it stands by itself, and in two sorts of endpoints of Google's: locational ones,
    `us-west2-run.googleapis.com`, and regional ones, `run.us-west2.rep.googleapis.com` (discovery
    documents, `endpoints`). It does not find it in other addresses, which do not say whose they are, nor in
    a database of Cloud SQL, `project:us-west2:instance`, which stays.
    """
    name = re.escape(region)
    data = "|".join(_HOLDING_DATA)
    collections = "|".join(_COLLECTIONS)
    no_data = "".join(rf"(?<!\b{service}\.)" for service in _HOLDING_DATA)
    return (
        rf"(?<![\w.-])(?:(?<!:){name}|{name}(?!:\w))(?![\w.-])(?!/(?:{collections})/)"
        rf"|(?<![\w.-]){name}(?=-(?!(?:{data})\.)[a-z]+\.googleapis\.com)"
        rf"|(?<=\w\.){no_data}{name}(?=\.rep\.googleapis\.com)"
    )


def region_in(region: str, text: str) -> bool:
    """Whether a region is in a text, also as a part of an address: `europe-west1` is not in `europe-west12`."""
    return re.search(rf"(?<![A-Za-z0-9]){re.escape(region)}(?![0-9])", text) is not None
