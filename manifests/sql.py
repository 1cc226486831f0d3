"""How names are written in a GoogleSQL statement. Pure."""

from manifests.errors import SourceUnreadableError


def quoted(name: str) -> str:
    """Quote an identifier for GoogleSQL.

    Raises:
        SourceUnreadableError: The name holds a character that could end the quotation.
    """
    if "`" in name or "\\" in name or "\n" in name:
        raise SourceUnreadableError("cannot be quoted in a statement", subject=repr(name))
    return f"`{name}`"
