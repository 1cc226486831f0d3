"""Writes the part of a plan or report about writers that are paused meanwhile. Pure."""

import shlex
from collections import Counter
from collections.abc import Collection, Iterator, Sequence

from recovery.document import Block, Command, Paragraph, Row, Rows, Section
from recovery.fence.model import FencedWriter, LeftWriter, PlannedFence, StandingFence
from recovery.fence.running import named
from recovery.fence.text import short_name, unsubscribed_text, writes_text
from recovery.units import counted, duration, listed, printable, shown, usd

_CENT = 0.01
_MOST_NAMED = 6
"""So many writers are named one by one; more are counted, unless all are asked for."""


def fence_section(fence: PlannedFence | None, *, is_whole: bool = True) -> tuple[Section, ...]:
    """Tell what is paused before anything is written; nothing where nothing is fenced.

    Args:
        fence: What is paused.
        is_whole: Whether each of many writers is named.
    """
    if fence is None:
        return ()
    rows = tuple(_rows(fence, is_whole=is_whole))
    return (Section((Rows(rows, "planned"),), "What is paused meanwhile"),)


def _rows(fence: PlannedFence, *, is_whole: bool) -> Iterator[Row]:
    things = ", ".join(map(shown, fence.things))
    if fence.is_left_out:
        yield Row(f"what writes to {things} runs meanwhile, as `--no-fence` says", "NOT FENCED")
        return
    held = [writer for writer in fence.writers if writer.name in fence.held_by]
    running = [writer for writer in fence.writers if writer.name not in fence.held_by]
    yield from _writers(fence, running, "pause", is_whole=is_whole)
    by = listed(sorted({fence.held_by[writer.name] for writer in held}))
    yield from _writers(fence, held, "paused", f"already, by {by}: ", is_whole=is_whole)
    yield from (Row(shown(unsubscribed_text(name)), "leave") for name in fence.unsubscribed)
    if idle := len(fence.idle):
        verb = "does" if idle == 1 else "do"
        yield Row(f"{counted(idle, 'writer')} that {verb} not run", "leave")
    quiet = duration(fence.quiet_seconds)
    yield Row(f"until nothing in {things} has changed for {quiet}", "wait")
    yield from _look(fence)
    for name, size in fence.too_large.items():
        if not named({name: size}, fence.despite):
            continue
        what = f"whether anything writes to {shown(name)} will not be known: it held {size}"
        word = f"`--despite {shlex.quote(name)}`"
        yield Row(f"{what}; without {word} it ends there", "TOO LARGE")
    for name in fence.despite:
        yield Row(f"{shown(name)} may run on or be unknown, as `--despite` says", "NOT WAITED FOR")


def _look(fence: PlannedFence) -> Iterator[Row]:
    """Tell what looks take that are billed, before any is taken."""
    look = fence.look
    if look is None or not (look.documents or look.calls):
        return
    reads = [f"reads {counted(look.documents, 'document')}"] if look.documents else []
    lists = [f"lists objects by {counted(look.calls, 'call')}"] if look.calls else []
    costs = f", about {usd(look.usd)}" if look.usd >= _CENT else ", less than a cent"
    told = f"each of at least two looks {' and '.join([*reads, *lists])} at most, of what the run held{costs}"
    least = max(fence.quiet_seconds, 1)
    more = fence.quiet_within_seconds // least
    while_written = f"; while something writes, up to {more} more" if more else ""
    yield Row(f"{told} at list prices as of {look.priced_on}{while_written}", "look")


def _writers(
    fence: PlannedFence,
    writers: Sequence[FencedWriter],
    state: str,
    how: str = "",
    *,
    is_whole: bool,
) -> Iterator[Row]:
    """Name some writers, or count them where they are many."""
    if is_whole or len(writers) <= _MOST_NAMED:
        yield from (Row(f"{how}{_writer(it, fence.things)}", state) for it in writers)
    else:
        yield Row(f"{how}{_counted(writers)}", state)


def _counted(writers: Sequence[FencedWriter]) -> str:
    """Say how many writers of each type are paused, in place of naming each."""
    types = Counter(writer.type for writer in writers)
    told = ", ".join(f"{number} of {kind}" for kind, number in sorted(types.items()))
    refilling = sum(writer.refills for writer in writers)
    refills = f"; {refilling} of them fill by themselves what is missing" if refilling else ""
    return f"{counted(len(writers), 'writer')}: {told}{refills} (`--verbose` names each)"


def _writer(writer: FencedWriter, things: Collection[str]) -> str:
    refills = "; fills by itself what is missing" if writer.refills else ""
    return f"{shown(short_name(writer))}  {writes_text(writer, things)}{refills}"


def paused_section(
    fence: PlannedFence | None, fences: Sequence[StandingFence], *, is_whole: bool = False
) -> tuple[Section, ...]:
    """Tell what became of what a recovery paused, under a heading; nothing where it paused nothing.

    Args:
        fence: What was planned.
        fences: The fences of the recovery.
        is_whole: Whether each of many writers that were left is named.
    """
    told = tuple(fences_told(fence, fences, is_whole=is_whole))
    return (Section(told, "What was paused meanwhile"),) if told else ()


def fences_told(
    fence: PlannedFence | None, fences: Sequence[StandingFence], *, is_whole: bool = False
) -> Iterator[Block]:
    """Tell what became of the writers that a recovery paused or made stopped.

    Args:
        fence: What was planned.
        fences: The fences of the recovery.
        is_whole: Whether each of many writers that were left is named.
    """
    if fence is not None and fence.is_left_out:
        things = ", ".join(map(shown, fence.things))
        yield Paragraph(f"NOT FENCED: what writes to {things} ran meanwhile (`--no-fence`)")
    for item in fences:
        if item.thawed_at is not None:
            yield Paragraph(
                f"{item.fence_id}: thawed {item.thawed_at:%Y-%m-%d %H:%M} UTC, "
                f"{counted(item.resumed, 'writer')} resumed"
            )
            yield from map(Paragraph, _left(item.left, is_whole=is_whole))
        elif not item.is_made:
            yield Command(
                "STILL FENCED",
                f"rebound thaw {item.fence_id}",
                f"{counted(item.writers, 'writer')} paused until then",
            )


def _left(left: Sequence[LeftWriter], *, is_whole: bool) -> Iterator[str]:
    """Say what was left as it is; many of one reason are counted, unless all are asked for."""
    if is_whole or len(left) <= _MOST_NAMED:
        yield from (f"  left as it is: {printable(f'{item.name}: {item.why}')}" for item in left)
        return
    names = "(`rebound report RECOVERY --verbose` names each)"
    for why, number in Counter(item.why for item in left).items():
        yield f"  left as it is: {counted(number, 'writer')}: {printable(why)} {names}"
