"""The records of what operators did, in the vault."""

import getpass
import socket
import sys
from collections.abc import Callable
from datetime import datetime

from manifests.claim_layout import ACTIONS_PREFIX, acted_at, action_name
from manifests.cloud.kept import KeptRecords
from manifests.cloud.rest import Rest
from manifests.cloud.signer import KmsSigner
from manifests.store.bounded import Records, read
from manifests.store.seal import Seal
from recovery.operator import Acted, Action, Operator
from recovery.settings import Settings


def operators_seal(settings: Settings) -> Seal:
    """Return what signs what operators' commands write, and tells whose is believed."""
    key = settings.operator_key
    sign = KmsSigner(Rest(settings.api_endpoint), key, "operator") if key else None
    return Seal(settings.trusted_operators, sign, "operator")


class Actions:
    """What operators did, as one vault keeps it.

    Args:
        records: Where actions are kept.
        identity: The account that Google Cloud takes this command's operator for; empty for unknown.
        project: The project that this command is about.
        seal: Signs what is written, and tells whether it is believed.
        own_id: The command's own id.
        clock: Gives the present instant.
    """

    def __init__(
        self,
        records: KeptRecords,
        *,
        identity: str,
        project: str,
        seal: Seal,
        own_id: str,
        clock: Callable[[], datetime],
    ) -> None:
        self._kept = records
        self._identity = identity
        self._project = project
        self._seal = seal
        self._own_id = own_id
        self._clock = clock

    def begin(self, verb: str, subject: str, reason: str) -> Operator:
        """Write down what is about to be done; return who does it.

        Nothing is done that could not be written down; what could not be signed is told to be unsigned.

        Args:
            verb: The command.
            subject: The run, recovery or fence that it is about; empty where it is about all.
            reason: Why, in the operator's words.
        """
        operator = Operator(
            identity=self._identity,
            login=f"{getpass.getuser()}@{socket.gethostname()}",
            command=tuple(sys.argv[1:]),
            reason=reason,
        )
        did_at = self._clock()
        action = Action(
            did_at=did_at,
            verb=verb,
            subject=subject,
            project=self._project,
            operator=operator,
        )
        name = action_name(did_at, self._own_id)
        self._kept.put_once(name, self._seal.encode_anyway(action, subject=name))
        return operator

    def all(self, *, since: datetime | None = None) -> tuple[Acted, ...]:
        """Return the records, oldest first; what cannot be read is told of and left out.

        One that nobody we trust signed is told to be so.
        """

        def age(name: str) -> datetime | None:
            at = acted_at(name)
            return at if at is not None and (since is None or at >= since) else None

        found = Records(self._kept, seal=self._seal).below(ACTIONS_PREFIX, Action, age=age)
        return tuple(
            Acted(action, item.trust.problem if item.trust else "")
            for item in found
            if (action := read(item)) is not None
        )
