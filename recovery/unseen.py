"""What could not be looked at: it is named and left, and everything else is planned. Pure."""

from collections.abc import Callable, Mapping

from manifests.errors import (
    AvroDamagedError,
    BackupDamagedError,
    CloudError,
    ObjectChangedError,
    ObjectMissingError,
    ReboundError,
)
from manifests.values import Value

FALL_BACK = "`--fall-back` takes what is damaged from the newest older run in which it is whole"


class Unseen(Value):
    """One thing that could not be looked at, so that nothing is planned for it.

    Attributes:
        name: `dataset.name`, or the kind and the name of a dataset, bucket or database.
        why: What Google Cloud answered, or which stored file is damaged, and how.
        hint: What to do about it.
        is_damaged: Whether a stored file of it is damaged, so that the run does not bring it back.
    """

    name: str
    why: str
    hint: str = ""
    is_damaged: bool = False

    @property
    def error(self) -> ReboundError:
        """Return the error of a command that is about nothing else."""
        return self.kind_of_error(self.why, subject=self.name, hint=self.hint)

    @property
    def kind_of_error(self) -> type[ReboundError]:
        """Return the class of that error."""
        return BackupDamagedError if self.is_damaged else CloudError

    @property
    def left_because(self) -> str:
        """Return in a few words why it is left."""
        return "its backup is damaged" if self.is_damaged else "could not be looked at"


def looked_at[Seen](
    name: str, look: Callable[[], Seen], *, if_damaged: str = FALL_BACK
) -> Seen | Unseen:
    """Look at one thing.

    A damaged file is a reason to leave the one thing. A manifest that contradicts itself or its files is an
    error: somebody wrote it so.

    Args:
        name: How it is called.
        look: Looks at it.
        if_damaged: The hint where a stored file of it is damaged.

    Returns:
        What was seen, or why nothing was, for good.

    Raises:
        BackupDamagedError: The manifest does not hold together with what is stored.
        CloudError: Nothing was, and the same look can succeed later.
    """
    try:
        return look()
    except (AvroDamagedError, ObjectChangedError, ObjectMissingError) as error:
        return Unseen(name=name, why=str(error), hint=if_damaged, is_damaged=True)
    except CloudError as error:
        if error.retryable:
            raise
        return Unseen(name=name, why=error.message, hint=error.hint)


def told_apart[Seen](
    looks: Mapping[str, Seen | Unseen],
) -> tuple[dict[str, Seen], tuple[Unseen, ...]]:
    """Return what was seen, and what was not."""
    seen = {name: item for name, item in looks.items() if not isinstance(item, Unseen)}
    return seen, tuple(item for item in looks.values() if isinstance(item, Unseen))
