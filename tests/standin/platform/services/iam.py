"""IAM: service accounts and custom roles, both of which can be brought back for a while."""

import re
import secrets

from tests.standin.platform.bodies import Body
from tests.standin.platform.collection import Collection, Handler
from tests.standin.platform.crud import create, found, shown
from tests.standin.platform.errors import PlatformError, failed_precondition, invalid, not_found
from tests.standin.platform.policies import rename_member
from tests.standin.platform.service import Call, new_etag, short
from tests.standin.platform.store import Resource

_ANY_PROJECT = "projects/-/"
# IAM, Service accounts: the part before the @ of an email.
_ACCOUNT = re.compile(r"[a-z][a-z0-9-]{4,28}[a-z0-9]@[a-z0-9-]+\.iam\.gserviceaccount\.com")
_KEYS = "iam.projects.serviceAccounts.keys"
_DELETED = "iam.projects.serviceAccounts.deleted"


def _email(call: Call, _: Body) -> str:
    return f"{call.body.get('accountId', '')}@{call.project}.iam.gserviceaccount.com"


def _account(call: Call, name: str, body: Body) -> Body:
    unique = "1" + "".join(secrets.choice("0123456789") for _ in range(20))
    made = {"projectId": call.project, "email": short(name), "etag": new_etag()}
    return body | made | {"uniqueId": unique, "oauth2ClientId": unique}


def get_account(call: Call) -> Body:
    """Answer an account, named by its email or its number, in a project or in any."""
    return shown(call, ACCOUNTS, _found(call))


def _found(call: Call) -> Resource:
    name = call.target
    if not name.startswith(_ANY_PROJECT) and not short(name).isdigit():
        return found(call, ACCOUNTS)
    prefix = "projects/" if name.startswith(_ANY_PROJECT) else name.rpartition("/")[0]
    for account in call.store.below(ACCOUNTS.id, prefix):
        if short(name) in (account.body["email"], account.body["uniqueId"]):
            return account
    raise not_found(name)


def delete_account(call: Call) -> Body:
    """Delete an account; policies that name it say that it was."""
    account = _found(call)
    call.store.remove(ACCOUNTS.id, account.name)
    parent = account.name.rpartition("/")[0]
    deleted = Resource(
        _DELETED, f"{parent}/{account.body['uniqueId']}", account.body, {"name": account.name}
    )
    call.store.put(deleted)
    rename_member(call.store, *_members(account.body))
    return {}


def undelete_account(call: Call) -> Body:
    """Bring an account back, named by its number, with everything that it was granted."""
    deleted = call.store.find(_DELETED, call.target)
    if deleted is None:
        raise not_found(call.target)
    name = deleted.inner["name"]
    if call.store.find(ACCOUNTS.id, name) is not None:
        raise failed_precondition(f"An account with the email of '{name}' exists.")
    account = Resource(ACCOUNTS.id, name, deleted.body, {})
    call.store.put(account)
    call.store.remove(_DELETED, deleted.name)
    before, after = _members(account.body)
    rename_member(call.store, after, before)
    return {"restoredAccount": shown(call, ACCOUNTS, account)}


def _members(account: Body) -> tuple[str, str]:
    """Return how policies name an account while it is there, and after it was deleted."""
    email, unique = account["email"], account["uniqueId"]
    return f"serviceAccount:{email}", f"deleted:serviceAccount:{email}?uid={unique}"


def _turn(*, is_disabled: bool) -> Handler:
    def turned(call: Call) -> Body:
        account = _found(call)
        account.body.pop("disabled", None)
        if is_disabled:
            account.body["disabled"] = True
        call.store.put(account)
        return {}

    return turned


def create_key(call: Call) -> Body:
    """Make a key of an account, whose private part is told only now."""
    account = _found(call)
    name = f"{account.name}/keys/{secrets.token_hex(20)}"
    body = {"keyType": "USER_MANAGED", "keyOrigin": "GOOGLE_PROVIDED"}
    body["validAfterTime"] = call.service.now_text
    call.store.put(Resource(_KEYS, name, body, {}))
    return {"name": name, **body, "privateKeyData": "bm8="}


def list_keys(call: Call) -> Body:
    """Answer the keys that people made of an account; Google's own are not there."""
    account = _found(call)
    keys = [
        {"name": key.name, **key.body} for key in call.store.below(_KEYS, f"{account.name}/keys/")
    ]
    return {"keys": keys} if keys else {}


def _role(_: Call, name: str, body: Body) -> Body:
    if any(not re.fullmatch(r"\w+(\.\w+){2}", it) for it in body.get("includedPermissions", [])):
        raise invalid(f"A permission of {name} is not valid.")
    return {"stage": "ALPHA"} | body | {"etag": new_etag()}


def list_roles(call: Call) -> Body:
    """Answer the roles of a project; what each permits only when it is asked (IAM, RoleView)."""
    is_full, are_deleted_too = call.query.get("view") == "FULL", call.is_asked("showDeleted")
    roles = [
        shown(call, ROLES, role)
        for role in call.store.below(ROLES.id, f"{call.target}/roles/")
        if are_deleted_too or not role.body.get("deleted")
    ]
    if not is_full:
        for role in roles:
            role.pop("includedPermissions", None)
    return {"roles": roles} if roles else {}


def create_role(call: Call) -> Body:
    """Make a role; none has the id of one that was deleted (terraform-provider-google#1668)."""
    own_id = call.body.get("roleId")
    role = call.store.find(ROLES.id, f"{call.target}/roles/{own_id}")
    if role is not None and role.body.get("deleted"):
        raise failed_precondition(
            f"You can't create a role_id ({own_id}) which has been marked for deletion."
        )
    return dict(create(call, ROLES))


def delete_role(call: Call) -> Body:
    """Mark a role as deleted: it can be brought back for seven days."""
    return _marked(call, is_deleted=True)


def undelete_role(call: Call) -> Body:
    """Bring a role back."""
    return _marked(call, is_deleted=False)


def _marked(call: Call, *, is_deleted: bool) -> Body:
    role = found(call, ROLES)
    if bool(role.body.get("deleted")) is is_deleted:
        state = "deleted" if is_deleted else "not deleted"
        raise failed_precondition(f"Role '{role.name}' is {state} already.")
    role.body.pop("deleted", None)
    if is_deleted:
        role.body["deleted"] = True
    role.body["etag"] = new_etag()
    call.store.put(role)
    return shown(call, ROLES, role)


def _patched_role(_: Call, before: Resource, after: Body) -> Body:
    if before.body.get("deleted"):
        raise failed_precondition(f"Role '{before.name}' is deleted.")
    return after


def put_account(call: Call) -> Body:
    """Refuse the older way to change an account."""
    raise PlatformError("UNIMPLEMENTED", f"Patch the account instead: {call.target}")


ACCOUNTS = Collection(
    id="iam.projects.serviceAccounts",
    ids=_ACCOUNT,
    new_id=_email,
    mask="needed",
    default_page=20,
    most_page=100,
    asset_type="iam.googleapis.com/ServiceAccount",
    born=_account,
)
ROLES = Collection(
    id="iam.projects.roles",
    ids=re.compile(r"[a-zA-Z0-9_.]{3,64}"),
    fixed=("deleted",),
    mask="sent",
    asset_type="iam.googleapis.com/Role",
    born=_role,
    changed=_patched_role,
)
COLLECTIONS = (ACCOUNTS, ROLES)
HANDLERS: dict[str, Handler] = {
    f"{ACCOUNTS.id}.get": get_account,
    f"{ACCOUNTS.id}.delete": delete_account,
    f"{ACCOUNTS.id}.undelete": undelete_account,
    f"{ACCOUNTS.id}.enable": _turn(is_disabled=False),
    f"{ACCOUNTS.id}.disable": _turn(is_disabled=True),
    f"{ACCOUNTS.id}.update": put_account,
    f"{_KEYS}.list": list_keys,
    f"{_KEYS}.create": create_key,
    f"{ROLES.id}.list": list_roles,
    f"{ROLES.id}.create": create_role,
    f"{ROLES.id}.delete": delete_role,
    f"{ROLES.id}.undelete": undelete_role,
}
