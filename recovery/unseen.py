"""What could not be looked at: it is named and left, and everything else is planned. Pure."""

from collections.abc import Callable, Mapping

from manifests.errors import CloudError
from manifests.values import Value


class Unseen(Value):
    """One thing that could not be looked at, so that nothing is planned for it.

    Attributes:
        name: `dataset.name`, or the kind and the name of a dataset, bucket or database.
        why: What Google Cloud answered.
        hint: What to do about it.
    """

    name: str
    why: str
    hint: str = ""

    @property
    def error(self) -> CloudError:
        """Return the error of a command that is about nothing else."""
        return CloudError(self.why, subject=self.name, hint=self.hint)


def looked_at[Seen](name: str, look: Callable[[], Seen]) -> Seen | Unseen:
    """Look at one thing.

    Args:
        name: How it is called.
        look: Looks at it.

    Returns:
        What was seen, or why nothing was, for good.

    Raises:
        CloudError: Nothing was, and the same look can succeed later.
    """
    try:
        return look()
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
