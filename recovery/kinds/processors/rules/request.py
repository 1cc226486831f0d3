"""What an operator asks of missed dates. Pure."""

import shlex
from collections.abc import Iterator
from datetime import date

from manifests.catalog_processors import Processor, Processors
from manifests.errors import UsageError
from manifests.ids import ProjectId
from manifests.values import Value


class DatesRequest(Value):
    """What the operator asked for.

    Attributes:
        project: The project whose tables are looked at.
        processors: Only these; all when empty.
        since: From this date on; from the first season on when None.
        dates: Only these dates; all when empty.
        overwrite: Tables of which dates that have rows may be run again; `*` names all.
        from_vault: Whether dates are brought back from the backup instead of being run.
        no_fence: Whether writers keep running meanwhile.
        despite: Patterns of what may run on, or be unknown, behind the fence, as it is told.
    """

    project: ProjectId
    processors: tuple[str, ...] = ()
    since: date | None = None
    dates: tuple[date, ...] = ()
    overwrite: tuple[str, ...] = ()
    from_vault: bool = False
    no_fence: bool = False
    despite: tuple[str, ...] = ()

    def wants(self, processor: Processor) -> bool:
        """Whether a processor is part of the recovery."""
        return not self.processors or processor.name in self.processors

    def may_overwrite(self, processor: Processor) -> bool:
        """Whether dates of which rows are there may be run again."""
        return "*" in self.overwrite or processor.table in self.overwrite

    def resuming(self, recovery_id: str) -> str:
        """Return the command that goes on with a recovery of these, with every option it needs."""
        return " ".join(("rebound resume", recovery_id, *self._words()))

    def recovering(self) -> str:
        """Return the command that begins a recovery of the same dates."""
        asked = [f"--processor {shlex.quote(name)}" for name in self.processors]
        asked += [f"--since {self.since}"] if self.since else []
        asked += [f"--date {day}" for day in self.dates]
        return " ".join(("rebound recover processor-failure", *asked, *self._words()))

    def _words(self) -> Iterator[str]:
        """Yield the words that are said again by whoever begins another or goes on with it."""
        yield from (f"--overwrite {shlex.quote(table)}" for table in self.overwrite)
        yield from ["--no-fence"] if self.no_fence else []
        yield from (f"--despite {shlex.quote(name)}" for name in self.despite)
        yield f"--confirm-project {self.project}"

    def first_day(self) -> date | None:
        """Return the first date that has to be looked at; None for the first of all."""
        return min(self.dates, default=self.since)

    def check(self, rules: Processors) -> None:
        """Refuse what names nothing.

        Raises:
            UsageError: There is no such processor or table.
        """
        known = [item.name for item in rules.processors]
        tables = {item.table for item in rules.processors}
        for name in self.processors:
            if name not in known:
                raise UsageError(f"no such processor; there are: {', '.join(known)}", subject=name)
        for name in self.overwrite:
            if name != "*" and name not in tables:
                raise UsageError("no processor writes this table", subject=name)
