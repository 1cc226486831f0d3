"""IAM Service Account Credentials: identity tokens of accounts that are there."""

from tests.standin.platform.bodies import Body
from tests.standin.platform.collection import Collection, Handler
from tests.standin.platform.errors import invalid, not_found
from tests.standin.platform.invocation import identity_token
from tests.standin.platform.service import Call, short

_OF_GOOGLE = ("@developer.gserviceaccount.com", "@appspot.gserviceaccount.com")


def generate_identity_token(call: Call) -> Body:
    """Answer a token of an account for an audience; nobody signed it."""
    email = short(call.target)
    audience = call.body.get("audience", "")
    if not audience:
        raise invalid("The audience is missing.")
    known = (
        it.body["email"] for it in call.store.below("iam.projects.serviceAccounts", "projects/")
    )
    if not email.endswith(_OF_GOOGLE) and email not in known:
        raise not_found(call.target)
    return {"token": identity_token(email, audience)}


COLLECTIONS: tuple[Collection, ...] = ()
HANDLERS: dict[str, Handler] = {
    "iamcredentials.projects.serviceAccounts.generateIdToken": generate_identity_token
}
