"""The rules of the kind: which documents are rebuilt from run history, and how it is told."""

from collections.abc import Iterator, Sequence

from recovery.document import Block, Row, Rows
from recovery.kinds.completions.rules.outcomes import CompletionsOutcome
from recovery.kinds.completions.rules.rebuild import CompletionsStep, history_ends_at
from recovery.kinds.completions.rules.rows import proven_rebuilds, rebuild_outcome_row, rebuild_row
from recovery.kinds.completions.rules.seen import CompletionsSeen, SeenCompletions
from recovery.kinds.decision import Decision, Origin
from recovery.kinds.kind import Rules, of
from recovery.kinds.outcome import Outcome
from recovery.kinds.step import Step
from recovery.request import Request

_LOST = (
    "anything but completion documents: batches, checks and retries that were under way",
    "correlation ids, and which entities a run changed: the history does not tell",
)


class CompletionsRules(Rules[CompletionsSeen]):
    """Completion documents come from no backup: what the history tells is written."""

    kind = noun = "completions"
    why_not_drilled = "state that is rebuilt from history: no backup takes part in it"
    steps = (CompletionsStep,)
    outcomes = (CompletionsOutcome,)
    from_run = False

    def plan(self, origin: Origin, seen: CompletionsSeen, request: Request) -> Decision:
        """Decide what is written in each database.

        Raises:
            NoRecoveryPointError: The history tells of nothing to rebuild.
        """
        del origin
        steps = tuple(_step(item, request) for item in seen.databases)
        point = history_ends_at(steps, now=seen.observed_at)
        return Decision(steps=steps, lost=_LOST, point=point)

    def digested(self, seen: CompletionsSeen) -> object:
        """Return which documents there are to be, and how they compare with those that are."""
        return [item.model_dump(mode="json") for item in seen.databases]

    def plan_rows(self, steps: Sequence[Step], request: Request) -> Iterator[Row]:
        """Tell what happens to each database."""
        del request
        yield from map(rebuild_row, of(steps, CompletionsStep))

    def outcome_rows(
        self, outcomes: Sequence[Outcome], steps: Sequence[Step], request: Request
    ) -> Iterator[Rows]:
        """Tell how each database ended."""
        del steps, request
        rows = map(rebuild_outcome_row, of(outcomes, CompletionsOutcome))
        yield Rows(tuple(rows), "ended documents")

    def proven(
        self,
        outcomes: Sequence[Outcome],
        steps: Sequence[Step],
        point: str,
        exceptions: Sequence[str],
    ) -> Iterator[Block]:
        """Tell how many databases are proven, and what is not part of that."""
        del steps, point
        yield from proven_rebuilds(of(outcomes, CompletionsOutcome), exceptions)


def _step(seen: SeenCompletions, request: Request) -> CompletionsStep:
    into = request.target.database or seen.name
    step = CompletionsStep(
        **vars(seen),
        into=into,
        overwrite=request.may_overwrite(into),
        unthrottled=request.unthrottled,
    )
    return step.model_copy(update={"action": "rebuild" if step.writes else "leave"})
