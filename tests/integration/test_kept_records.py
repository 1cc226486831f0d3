"""Records of what was done lie where nobody takes them back; what older versions wrote is read as well."""

import json
from typing import Any

import pytest
from google.api_core.exceptions import Forbidden

from manifests.records_layout import records_folder
from tests.harness import Rebound
from tests.served import Function


def verbs(rebound: Rebound) -> list[str]:
    """Return what operators did, oldest first."""
    told: list[dict[str, Any]] = rebound.json("actions")
    return [json.dumps(item) for item in told]


def test_an_action_outlives_the_landing_bucket(rebound: Rebound, function: Function):
    """It is in the vault, where a hold keeps it; one of an older version, in landing, is told beside it."""
    vault = rebound.vault
    vault.default_event_based_hold = True
    vault.patch()
    function.complete("night")
    rebound.run("hold", "night", "--reason", "an audit")
    folder = records_folder(rebound.project)
    (kept,) = rebound.vault.list_blobs(prefix=f"{folder}actions/")
    with pytest.raises(Forbidden):
        kept.delete()
    with pytest.raises(Forbidden):
        rebound.vault.blob(kept.name).upload_from_string("{}")
    rebound.landing.delete_blobs(list(rebound.landing.list_blobs()))
    (told,) = verbs(rebound)
    assert "an audit" in told

    older = kept.name.removeprefix(folder).replace("actions/2", "actions/1", 1)
    rebound.vault.copy_blob(kept, rebound.landing, older)
    assert len(verbs(rebound)) == 2
    # What somebody writes in landing in the place of a record takes the place of none.
    rebound.landing.blob(kept.name.removeprefix(folder)).upload_from_string("{}")
    assert len(verbs(rebound)) == 2
    other = kept.name.replace(rebound.project, "another-project")
    rebound.vault.copy_blob(kept, rebound.vault, other)
    assert len(verbs(rebound)) == 2, "another platform may share the vault"
