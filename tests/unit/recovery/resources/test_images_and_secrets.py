"""What services need that no resource has: the values of secrets, and the very image that they ran."""

from manifests.kinds.resources.images import by_digest, digest_of
from recovery.kinds.resources.rules.secrets import SecretValue, secret_values

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
    assert digest_of({"name": "t", "version": f"p/versions/{digest}"}) == digest
    assert digest_of({"name": f"p/versions/{digest}"}) == digest
    assert digest_of({}) == ""
