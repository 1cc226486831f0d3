"""How a database ended whose state was rebuilt from history."""

from typing import Literal

from recovery.kinds.documents import DocumentsOutcome


class CompletionsOutcome(DocumentsOutcome):
    """How the completion documents of one database ended; none is ever removed."""

    kind: Literal["completions"] = "completions"
