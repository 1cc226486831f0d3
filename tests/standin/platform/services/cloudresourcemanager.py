"""Resource Manager: projects, which are there as soon as they are named, and their policies."""

from tests.standin.platform.bodies import Body
from tests.standin.platform.collection import Collection, Handler
from tests.standin.platform.service import Call, short
from tests.standin.projects import project_number


def get(call: Call) -> Body:
    """Answer a project."""
    project = short(call.target)
    if call.api.version == "v1":
        number = {"projectNumber": project_number(project)}
        return {"projectId": project, **number, "lifecycleState": "ACTIVE", "name": project}
    name = f"projects/{project_number(project)}"
    return {"name": name, "projectId": project, "state": "ACTIVE", "displayName": project}


COLLECTIONS: tuple[Collection, ...] = ()
HANDLERS: dict[str, Handler] = {"cloudresourcemanager.projects.get": get}
