"""What services need that no resource has: the values of secrets, and the very image that they ran."""

from typing import Any

import pytest

from manifests.kinds.resources.images import by_digest, digest_of, image_path, image_project
from manifests.kinds.resources.lines import StoredResource
from recovery.kinds.decision import Origin
from recovery.kinds.resources.rules.kind import ResourceRules
from recovery.kinds.resources.rules.rows import resource_rows
from recovery.kinds.resources.rules.secrets import SecretValue, secret_values, supplying
from recovery.kinds.resources.rules.seen import ResourcesSeen, SeenResource
from recovery.kinds.resources.rules.steps import ConfigurationStep
from recovery.request import Request, Target
from tests.unit.platforms import whole_manifest

OWN = ("p", "75")


def test_values_of_secrets_that_are_read_are_found():
    """Of services, jobs and functions, as variables and volumes; those of others are not ours."""
    service = {
        "template": {
            "containers": [
                {"env": [{"name": "A", "valueSource": {"secretKeyRef": {"secret": "a"}}}]},
                {"env": [{"name": "PLAIN", "value": "x"}]},
            ],
            "volumes": [
                {"secret": {"secret": "projects/p/secrets/v", "items": [{"version": "3"}]}}
            ],
        }
    }
    assert secret_values(service, OWN) == (SecretValue("a"), SecretValue("v", "3"))
    job = {"template": {"template": {"volumes": [{"secret": {"secret": "whole"}}]}}}
    assert secret_values(job, OWN) == (SecretValue("whole"),)
    function = {
        "serviceConfig": {
            "secretEnvironmentVariables": [
                {"secret": "f", "version": "2", "projectId": "p"},
                {"secret": "theirs", "projectId": "q"},
            ],
            "secretVolumes": [{"secret": "g", "versions": [{"version": "latest"}]}],
        }
    }
    assert secret_values(function, OWN) == (SecretValue("f", "2"), SecretValue("g"))
    other = {"template": {"volumes": [{"secret": {"secret": "projects/q/secrets/v"}}]}}
    assert secret_values(other, OWN) == ()
    assert SecretValue("v", "3").told == "version 3 of secret v"


def test_a_project_of_a_secret_is_named_by_its_number_too():
    """As Cloud Functions does, and whoever copies the full name of a secret."""
    key = {"secret": "projects/75/secrets/a", "version": "1"}
    service = {"template": {"containers": [{"env": [{"valueSource": {"secretKeyRef": key}}]}]}}
    assert secret_values(service, OWN) == (SecretValue("a", "1"),)
    named = {"secret": "f", "version": "2", "projectId": "75"}
    function = {"serviceConfig": {"secretEnvironmentVariables": [named], "secretVolumes": [named]}}
    assert set(secret_values(function, OWN)) == {SecretValue("f", "2"), SecretValue("f")}
    assert secret_values(service, ("p", "76")) == ()


def test_an_image_is_named_by_its_digest():
    """Another image can have its tag by now."""
    digest = "sha256:" + "a" * 64
    for image in ("us-west2-docker.pkg.dev/p/r/loader:v1", "us-west2-docker.pkg.dev/p/r/loader"):
        assert by_digest(image, digest) == f"us-west2-docker.pkg.dev/p/r/loader@{digest}"
    exact = f"us-west2-docker.pkg.dev/p/r/loader@{digest}"
    assert by_digest(exact, "sha256:" + "b" * 64) == exact
    both = f"us-west2-docker.pkg.dev/p/r/loader:v1@{digest}"
    assert by_digest(both, "sha256:" + "b" * 64) == both
    assert by_digest("gcr.io/example.com/p/i:1", digest) == f"gcr.io/example.com/p/i@{digest}"
    assert image_project("gcr.io/example.com/p/i:1") == "example.com:p"
    assert digest_of({"name": "t", "version": f"p/versions/{digest}"}) == digest
    assert digest_of({"name": f"p/versions/{digest}"}) == digest
    assert digest_of({}) == ""


@pytest.mark.parametrize(
    ("image", "path"),
    [
        (
            "us-west2-docker.pkg.dev/p/repo/team/loader:v1",
            "v1/projects/p/locations/us-west2/repositories/repo/packages/team%2Floader/tags/v1",
        ),
        (
            "us-west2-docker.pkg.dev/p/repo/loader",
            "v1/projects/p/locations/us-west2/repositories/repo/packages/loader/tags/latest",
        ),
        (
            f"us-west2-docker.pkg.dev/p/repo/loader@sha256:{'a' * 64}",
            (
                "v1/projects/p/locations/us-west2/repositories/repo/packages/loader/versions/"
                f"sha256:{'a' * 64}"
            ),
        ),
        (
            "gcr.io/p/loader:v1",
            "v1/projects/p/locations/us/repositories/gcr.io/packages/loader/tags/v1",
        ),
        (
            "us.gcr.io/p/a/loader",
            "v1/projects/p/locations/us/repositories/us.gcr.io/packages/a%2Floader/tags/latest",
        ),
        (
            f"eu.gcr.io/p/loader:v1@sha256:{'a' * 64}",
            (
                "v1/projects/p/locations/europe/repositories/eu.gcr.io/packages/loader/versions/"
                f"sha256:{'a' * 64}"
            ),
        ),
        (
            "asia.gcr.io/example.com/p/loader:v1",
            "v1/projects/example.com:p/locations/asia/repositories/asia.gcr.io/packages/loader/tags/v1",
        ),
        (
            "us-docker.pkg.dev/example.com/p/repo/loader:v1",
            "v1/projects/example.com:p/locations/us/repositories/repo/packages/loader/tags/v1",
        ),
        ("us-docker.pkg.dev/example.com/p/loader:v1", ""),
        ("mirror.gcr.io/library/nginx", ""),
        ("docker.io/library/nginx", ""),
    ],
)
def test_an_image_is_looked_for_where_artifact_registry_tells_of_it(image: str, path: str):
    """Other registries are not asked."""
    assert image_path(image) == path


def test_what_nobody_looked_at_and_who_lacks_what_is_told():
    """An image of another registry may be gone; what is lacking of permissions is no other decision."""
    images = (
        "us-docker.pkg.dev/other/r/i:1",
        "gcr.io/other/i:1",
        "us-docker.pkg.dev/platform/r/i:1",
        "gcr.io/platform/i:1",
    )
    service = {"template": {"containers": [{"image": image} for image in images]}}
    stored = StoredResource(name="projects/platform/locations/l/services/s", resource=service)
    items = (SeenResource(type="run/service", stored=stored),)
    asked = Request(scenario="complete-outage", target=Target(project="platform"))
    run = whole_manifest().model_copy(update={"resources": ()})

    def step(**looked: Any) -> ConfigurationStep:  # noqa: ANN401 - fields of what is seen
        world = ResourcesSeen(items=items, own=frozenset({"platform", "75"}), **looked)
        (made,) = ResourceRules().plan(Origin(run), world, asked).steps
        assert isinstance(made, ConfigurationStep)
        return made

    needed = {"run/service": ("run.services.create",), "run/job": ("run.jobs.create",)}
    plain, lacking = step(), step(lacking=needed)
    (row,) = resource_rows([lacking])
    told = [(item.state, item.text) for item in row.below]
    assert [text.partition(":")[0] for state, text in told if state == "runs"] == [
        image.partition(":")[0] for image in images[:2]
    ]
    assert [text.split(" on ")[0] for state, text in told if state == "CANNOT"] == [
        "who asks lacks run.services.create"
    ]
    assert plain.decided == lacking.decided
    older = plain.model_copy(update={"unlooked": (), "permits": ("a.b.c",)})
    assert plain.decided == older.decided
    assert plain.lacks == ()


def test_each_secret_that_lacks_a_value_is_named_with_its_project():
    """One command a secret, however many of its values are read: what is pasted writes to no other project."""
    values = (SecretValue("id"), SecretValue("key", "3"), SecretValue("id", "2"))
    assert supplying(values, "p") == (
        "`gcloud secrets versions add id --project=p --data-file=-`, "
        "`gcloud secrets versions add key --project=p --data-file=-`"
    )
