"""The clients that Google generates, and its discovery client, against the control plane."""

import pytest
from google.api_core.exceptions import BadRequest, Conflict, NotFound
from google.auth.credentials import AnonymousCredentials
from google.cloud import pubsub_v1, run_v2, scheduler_v1, secretmanager_v1, workflows_v1
from google.protobuf import field_mask_pb2
from googleapiclient import discovery
from googleapiclient.errors import HttpError

from tests.contract.platform.server import REGION, Server


def test_scheduler(server: Server, project: str):
    """A job is created enabled, is paused and resumed by calls, and keeps its body verbatim."""
    parent = f"projects/{project}/locations/{REGION}"
    with server.client(scheduler_v1.CloudSchedulerClient, "cloudscheduler") as client:
        target = scheduler_v1.HttpTarget(uri="https://a.example/x", http_method="PUT", body=b"\0{}")
        job = scheduler_v1.Job(name=f"{parent}/jobs/j", schedule="0 6 * * *", http_target=target)
        made = client.create_job(parent=parent, job=job)
        assert made.state == scheduler_v1.Job.State.ENABLED
        assert made.http_target.body == b"\0{}"
        assert dict(made.http_target.headers) == {
            "User-Agent": "Google-Cloud-Scheduler",
            "Content-Type": "application/octet-stream",
        }
        assert made.http_target.http_method == scheduler_v1.HttpMethod.PUT
        assert client.pause_job(name=job.name).state == scheduler_v1.Job.State.PAUSED
        with pytest.raises(BadRequest):
            client.pause_job(name=job.name)
        made.schedule = "0 7 * * *"
        mask = field_mask_pb2.FieldMask(paths=["schedule"])
        changed = client.update_job(job=made, update_mask=mask)
        assert (changed.schedule, changed.state) == ("0 7 * * *", scheduler_v1.Job.State.PAUSED)
        assert client.resume_job(name=job.name).state == scheduler_v1.Job.State.ENABLED
        assert [it.name for it in client.list_jobs(parent=parent)] == [job.name]
        client.delete_job(name=job.name)
        with pytest.raises(NotFound):
            client.get_job(name=job.name)


def test_pubsub(server: Server, project: str):
    """A subscription outlives its topic, and is switched between push and pull."""
    topic, name = f"projects/{project}/topics/topic", f"projects/{project}/subscriptions/sub"
    push = pubsub_v1.types.PushConfig(push_endpoint="https://a.example/process")
    publisher = server.client(pubsub_v1.publisher.client.publisher_client.PublisherClient, "pubsub")
    client = server.client(pubsub_v1.subscriber.client.subscriber_client.SubscriberClient, "pubsub")
    with publisher, client:
        publisher.create_topic(name=topic)
        with pytest.raises(Conflict):
            publisher.create_topic(name=topic)
        with pytest.raises(NotFound):
            client.create_subscription(name=name, topic=f"{topic}-of-nobody")
        client.create_subscription(request={"name": name, "topic": topic, "push_config": push})
        client.modify_push_config(subscription=name, push_config=pubsub_v1.types.PushConfig())
        assert not client.get_subscription(subscription=name).push_config.push_endpoint
        client.modify_push_config(subscription=name, push_config=push)
        publisher.delete_topic(topic=topic)
        left = client.get_subscription(subscription=name)
        assert (left.topic, left.push_config) == ("_deleted-topic_", push)


def test_run(server: Server, project: str):
    """A service is made by an operation, which the client waits for."""
    parent = f"projects/{project}/locations/{REGION}"
    with server.client(run_v2.ServicesClient, "run") as client:
        container = run_v2.Container(
            image="us-docker.pkg.dev/cloudrun/container/hello",
            env=[run_v2.EnvVar(name="A", value="1")],
        )
        service = run_v2.Service(template=run_v2.RevisionTemplate(containers=[container]))
        made = client.create_service(parent=parent, service=service, service_id="svc").result()
        assert made.uri.endswith(".a.run.app")
        assert made.template.containers[0].env[0].value == "1"
        made.labels["tier"] = "raw"
        changed = client.update_service(service=made).result()
        assert (changed.generation, dict(changed.labels)) == (2, {"tier": "raw"})
        client.delete_service(name=made.name).result()
        assert not list(client.list_services(parent=parent))


def test_secrets(server: Server, project: str):
    """The newest version is given to who asks; one that was destroyed is not."""
    with server.client(secretmanager_v1.SecretManagerServiceClient, "secretmanager") as client:
        secret = {"replication": {"automatic": {}}, "labels": {"team": "data"}}
        made = client.create_secret(parent=f"projects/{project}", secret_id="KEY", secret=secret)  # noqa: S106 - a name
        for data in (b"first", b"second"):
            client.add_secret_version(parent=made.name, payload={"data": data})
        latest = client.access_secret_version(name=f"{made.name}/versions/latest")
        assert latest.payload.data == b"second"
        client.destroy_secret_version(name=latest.name)
        with pytest.raises(BadRequest):
            client.access_secret_version(name=latest.name)
        assert len(list(client.list_secret_versions(parent=made.name))) == 2


def test_workflows(server: Server, project: str):
    """Only a change of what is run makes a new revision."""
    parent = f"projects/{project}/locations/{REGION}"
    with server.client(workflows_v1.WorkflowsClient, "workflows") as client:
        flow = {"source_contents": "main:\n  steps: []\n"}
        made = client.create_workflow(parent=parent, workflow=flow, workflow_id="flow").result()
        assert made.revision_id.startswith("000001-")
        made.description = "described"
        mask = field_mask_pb2.FieldMask(paths=["description"])
        described = client.update_workflow(workflow=made, update_mask=mask).result()
        assert (described.revision_id, described.description) == (made.revision_id, "described")


def test_discovery_client(server: Server, project: str):
    """The discovery client works on what has no generated client over REST."""
    options = {"api_endpoint": f"{server.url}/iam.googleapis.com"}
    with discovery.build(
        "iam",
        "v1",
        credentials=AnonymousCredentials(),
        client_options=options,
        static_discovery=True,
    ) as service:
        accounts = service.projects().serviceAccounts()
        body = {"accountId": "runner-one", "serviceAccount": {"displayName": "Runner"}}
        made = accounts.create(name=f"projects/{project}", body=body).execute()
        assert made["email"] == f"runner-one@{project}.iam.gserviceaccount.com"
        with pytest.raises(HttpError, match="already exists"):
            accounts.create(name=f"projects/{project}", body=body).execute()
