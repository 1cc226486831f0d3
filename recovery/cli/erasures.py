"""Commands about keys that stay erased: the ledger is added to, and shown."""

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated

import typer

from manifests.erasures import ErasedKind
from manifests.errors import BackupDamagedError, ManifestUntrustedError, UsageError
from manifests.kinds.tables.model import TableBackup
from manifests.values import Resource
from recovery.cli.consent import agree
from recovery.cli.options import Json, Run, Yes, note, open_session, print_json, say, tell
from recovery.erasing import Erased, Said, check_keys, entries_of
from recovery.kinds.tables.cloud.work import bigquery_target
from recovery.ledger_store import add_entries
from recovery.report.erasures import ledger_document, ledger_json, statements_of
from recovery.request import Target
from recovery.session import Session
from recovery.units import counted, printable

app = typer.Typer()

Keys = Annotated[
    Path | None,
    typer.Option("--keys", help="A file with one key a line; `-` reads them from standard input."),
]


@app.command()
def erase(
    reason: Annotated[str, typer.Option("--reason", help="Why; it names no key.")],
    keys: Keys = None,
    table: Annotated[str, typer.Option(help="Rows of this `dataset.table`.")] = "",
    column: Annotated[str, typer.Option(help="The column that holds the key.")] = "",
    database: Annotated[
        str, typer.Option(help="Documents, by path, with all below, of this database.")
    ] = "",
    bucket: Annotated[str, typer.Option(help="Objects, by name, of this bucket.")] = "",
    prefixes: Annotated[
        bool, typer.Option("--prefixes", help="The keys are how names of objects begin.")
    ] = False,
    revoke: Annotated[
        list[int] | None, typer.Option(help="Let this entry of the ledger count no more.")
    ] = None,
    run: Run = None,
    yes: Yes = False,
    as_json: Json = False,
) -> None:
    """Write down which keys no restore brings back.

    Nothing that is live is deleted; each later recovery leaves out what they name. Keys are kept as
    digests, and are given in a file alone: a command line is seen and kept.
    """
    session = open_session()
    found = () if keys is None else _read(keys)
    if bool(found) == bool(revoke):
        raise UsageError(
            "`--revoke` takes no keys" if found else "no key is given, in `--keys`",
            hint="`--keys FILE` has one key a line; `--revoke N` alone takes an entry back",
        )
    thing = Erased(kind="", name="") if revoke else _erased(table, column, database, bucket)
    if revoke:
        # Also what is missing or cannot be read: else nothing could be written down any more.
        session.ledger.check_revoked(revoke)
    else:
        session.ledger.require_readable()
        check_keys(thing, found, _resource(session, thing, run), prefixes=prefixes)
    if not as_json:
        say(*_told(thing, len(found), revoke or (), reason, prefixes=prefixes))
    agree(yes=yes)
    operator = session.actions.begin("erase", thing.name, reason)
    entries = entries_of(
        thing,
        found,
        prefixes=prefixes,
        revokes=tuple(revoke or ()),
        said=Said(session.clock.latest(), operator.told, reason),
    )
    added = add_entries(
        session.vault_bucket, session.landing, session.seal, session.ledger, entries
    )
    written = list(added)
    if as_json:
        print_json([item.model_dump(mode="json") for item in written])
    else:
        for item in written:
            keys_told = f", {counted(len(item.digests), 'key')}" if item.digests else ""
            say(f"erasure {item.number}: {item.told}{keys_told}")
    if not session.seal.is_signing:
        note("NOT SIGNED: a recovery heeds it with `--unsigned-erasures` alone")


@app.command()
def erasures(
    statements: Annotated[
        bool, typer.Option("--statements", help="Print what removes the rows, as GoogleSQL.")
    ] = False,
    unsigned_erasures: Annotated[
        bool,
        typer.Option("--unsigned-erasures", help="Of what nobody signed, too, with --statements."),
    ] = False,
    as_json: Json = False,
) -> None:
    """List which keys no restore brings back.

    It ends with 4 where not all of the ledger is believed.
    """
    session = open_session()
    ledger = session.ledger
    if statements:
        erased = ledger.applied(with_unsigned=unsigned_erasures)
        target = bigquery_target(session.tools, Target(project=session.settings.project))
        for table in erased.tables:
            found = target.resources.table(table)
            resource = None if found is None else found.resource
            say(*statements_of(table, resource, erased.rows(table), target.full_id(table)))
        if ledger.unsigned and not unsigned_erasures:
            count = counted(len(ledger.unsigned), "erasure")
            note(f"nobody signed {count}, left out: `--unsigned-erasures` prints theirs, too")
        note(
            "rows that were streamed in the last 30 minutes are refused: run the statements again then"
        )
    elif as_json:
        print_json(ledger_json(ledger))
    else:
        tell(ledger_document(ledger))
    if session.seal.is_checking and ledger.unsigned:
        raise ManifestUntrustedError("entries of the ledger are signed by no trusted key")
    if ledger.unreadable:
        raise BackupDamagedError(f"the ledger cannot be read: {ledger.unreadable[0]}")


def _told(
    thing: Erased, keys: int, revoked: Sequence[int], reason: str, *, prefixes: bool
) -> Iterator[str]:
    """Yield what is written down, before it is."""
    if revoked:
        yield f"erasures that count no more: {', '.join(map(str, revoked))}"
        yield "each later recovery brings back what they name, where no other entry does"
    else:
        column = f", column {thing.column}" if thing.column else ""
        how = ", and all whose names begin so" if prefixes else ""
        yield printable(f"{counted(keys, 'key')} of {thing.kind} {thing.name}{column}{how}")
        yield "each later recovery leaves out what they name"
    yield printable(f"because: {reason}")


def _erased(table: str, column: str, database: str, bucket: str) -> Erased:
    """Return what the keys are in.

    Raises:
        UsageError: Not one thing is named, or no column of a table.
    """
    named: list[tuple[ErasedKind, str]] = [
        ("table", table),
        ("database", database),
        ("bucket", bucket),
    ]
    found = [(kind, name) for kind, name in named if name]
    if len(found) != 1 or bool(table) != bool(column):
        raise UsageError(
            "name one `--table` with its `--column`, one `--database` or one `--bucket`"
        )
    ((kind, name),) = found
    return Erased(kind=kind, name=name, column=column)


def _resource(session: Session, thing: Erased, run: str | None) -> Resource:
    """Return the resource of what keys are in, as a run has it: a misspelt name would erase nothing.

    Raises:
        UsageError: The run does not hold it.
    """
    selection, manifest = session.choose(run=run, at=None)
    for kind, part in manifest.every_part:
        if (kind.name, part.name) == (f"{thing.kind}s", thing.name):
            return part.resource if isinstance(part, TableBackup) else {}
    raise UsageError(
        f"not in the run: {thing.kind} {thing.name}",
        subject=selection.run_id,
        hint="`rebound show` lists what a run holds, `--run` names another",
    )


def _read(file: Path) -> tuple[str, ...]:
    """Return the keys of a file, one a line.

    Raises:
        UsageError: It cannot be read.
    """
    try:
        text = sys.stdin.read() if str(file) == "-" else file.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise UsageError("it is no text in UTF-8", subject=str(file)) from error
    except OSError as error:
        raise UsageError(f"cannot be read: {error.strerror}", subject=str(file)) from error
    # A mark of the encoding is no part of a key, and a key may hold what Unicode ends lines with.
    return tuple(dict.fromkeys(text.removeprefix("\ufeff").removesuffix("\n").split("\n")))
