from google.cloud import storage

from tests.contract.storage.server import Server
from tests.harness import await_that


def test_folders_of_a_hierarchical_bucket(server: Server, client: storage.Client):
    """Folders are made below others, deleted when empty, and refused in a flat bucket (Folders)."""
    name = server.new_bucket(
        iamConfiguration={"uniformBucketLevelAccess": {"enabled": True}},
        hierarchicalNamespace={"enabled": True},
    )
    path = f"/storage/v1/b/{name}/folders"
    assert server.call("POST", path, json={"name": "a/b/"}).status_code == 404
    made = server.call("POST", f"{path}?recursive=true", json={"name": "a/b/"}).json()
    assert made["name"] == "a/b/"
    assert server.call("POST", path, json={"name": "a/b/"}).status_code == 409
    listed = server.call("GET", path).json()["items"]
    assert [item["name"] for item in listed] == ["a/", "a/b/"]
    bucket = client.bucket(name)
    bucket.blob("a/b/object").upload_from_string(b"data")
    before = bucket.get_blob("a/b/object")
    assert server.call("DELETE", f"{path}/a%2Fb%2F").status_code == 409

    renamed = server.call("POST", f"{path}/a%2F/renameTo/folders/z%2F").json()
    operation = f"/storage/v1/b/{name}/operations/{renamed['name'].rpartition('/')[2]}"
    await_that(lambda: renamed["done"] or server.call("GET", operation).json()["done"])
    assert server.call("GET", f"{path}/a%2Fb%2F").status_code == 404
    assert server.call("GET", f"{path}/z%2Fb%2F").status_code == 200
    after = bucket.get_blob("z/b/object")
    assert bucket.get_blob("a/b/object") is None
    assert (after.generation, after.time_created) == (before.generation, before.time_created)
    after.delete()
    assert server.call("DELETE", f"{path}/z%2Fb%2F").status_code == 204
    flat = server.new_bucket()
    refused = server.call("POST", f"/storage/v1/b/{flat}/folders", json={"name": "a/"})
    assert refused.status_code == 409
