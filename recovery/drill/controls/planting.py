"""Plants one damage, between a look that has to find nothing and one that has to find it."""

from collections.abc import Callable, Sequence

from manifests.errors import ReboundError
from manifests.model.drill import Control


def control(
    name: str,
    subject: str,
    check: str,
    *,
    look: Callable[[], Sequence[str]],
    plant: Callable[[], None],
) -> Control:
    """Plant a damage in a copy and say whether the check that is meant to tell of it does.

    Args:
        name: What is planted.
        subject: In a copy of what.
        check: The check.
        look: Returns what the check finds.
        plant: Plants it.
    """
    made = Control(
        name=name, subject=subject, check=check, is_planted=False, is_caught=False, what=""
    )
    try:
        before = look()
        plant()
    except ReboundError as error:
        return made.model_copy(update={"what": f"it could not be planted: {error}"})
    made = made.model_copy(update={"is_planted": True})
    if before:
        what = f"the check told of something before anything was planted: {before[0]}"
        return made.model_copy(update={"what": what})
    try:
        after = look()
    except ReboundError as error:
        # A check that ends with an error has not detected the damage.
        return made.model_copy(update={"what": f"the check could not be made: {error}"})
    told = after[0] if after else "the check found nothing"
    return made.model_copy(update={"is_caught": bool(after), "what": told})


def not_planted(name: str, subject: str, check: str, why: str) -> Control:
    """Return the control of a damage that could not be planted."""
    return Control(
        name=name, subject=subject, check=check, is_planted=False, is_caught=False, what=why
    )
