"""Resource Manager: projects, which are there as soon as they are named, and their policies."""

from tests.standin.platform import masks, operations
from tests.standin.platform.bodies import Body
from tests.standin.platform.collection import Collection, Handler
from tests.standin.platform.service import Call, short
from tests.standin.platform.store import Resource
from tests.standin.projects import project_number

_PROJECTS = "cloudresourcemanager.projects"
_SETTABLE = frozenset({"displayName", "labels"})


def get(call: Call) -> Body:
    """Answer a project."""
    project = short(call.target)
    found = call.store.find(_PROJECTS, call.target)
    said = {} if found is None else found.body
    if call.api.version == "v1":
        number = {"projectNumber": project_number(project)}
        labels = {key: value for key, value in said.items() if key == "labels"}
        state = {"lifecycleState": "ACTIVE", "name": said.get("displayName", project)}
        return {"projectId": project, **number, **state, **labels}
    name = f"projects/{project_number(project)}"
    return {"name": name, "projectId": project, "state": "ACTIVE", "displayName": project, **said}


def patch(call: Call) -> Body:
    """Change what can be changed of a project (Resource Manager v3, projects.patch)."""
    found = call.store.find(_PROJECTS, call.target)
    before = {} if found is None else found.body
    paths = masks.parse(call.query.get("updateMask", "displayName,labels"))
    after = masks.masked(before, call.body, paths, _SETTABLE)
    call.store.put(Resource(_PROJECTS, call.target, after, {}))
    return operations.begin(call, call.target, get(call), "Project")


COLLECTIONS: tuple[Collection, ...] = ()
HANDLERS: dict[str, Handler] = {
    "cloudresourcemanager.projects.get": get,
    "cloudresourcemanager.projects.patch": patch,
}
