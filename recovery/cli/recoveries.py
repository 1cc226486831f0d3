"""Commands about recoveries: what one would do, doing it, going on, how it ended.

`plan` and `recover` take the same options, those of `recovery.options`; `resume` takes some of them again.
"""

from pathlib import Path
from typing import Annotated

import typer

from manifests.errors import (
    PartialError,
    RefusedError,
    UsageError,
)
from manifests.layout import parse_recovery_id
from recovery.cli import dates, repairs
from recovery.cli.agreement import (
    Words,
    agreed,
    another,
    planned,
    show_plan,
    still_planned,
)
from recovery.cli.approvals import sort_of, write_plan
from recovery.cli.begun import only_open
from recovery.cli.carrying import carry_out, require_not_over, tell_proven
from recovery.cli.consent import agree, unanswered
from recovery.cli.options import (
    Access,
    ConfirmProject,
    FallBackAgain,
    Html,
    Json,
    LockAgain,
    Name,
    NameOrPlan,
    Reason,
    Untrusted,
    Verbose,
    Yes,
    note,
    open_session,
    write_page,
)
from recovery.cli.signature import Repeated, repeats, takes_options
from recovery.console import Console
from recovery.fencing import despite_too
from recovery.kinds.processors.rules.outcome import SCENARIO, is_of_dates
from recovery.options.asked import Options
from recovery.plan.model import Plan
from recovery.plan.said import WORDS, recovering, unsaid_of
from recovery.report.planned import plan_document
from recovery.running import new_recovery, seen_again
from recovery.scenarios import scenario
from recovery.units import printable

app = typer.Typer()


@app.command()
@takes_options
def plan(
    *,
    context: typer.Context,
    scenario_name: Name,
    options: Options,
    confirm_project: ConfirmProject = None,
    access: Access = False,
    untrusted: Untrusted = False,
    out: Annotated[
        Path | None,
        typer.Option(
            dir_okay=False, help="Also write the plan here, for `rebound recover --plan`."
        ),
    ] = None,
    verbose: Verbose = False,
    html: Html = None,
    as_json: Json = False,
) -> None:
    """Show what a recovery would do. Changes nothing.

    And which options it still needs, what it takes, and what cannot be brought back.
    """
    # Before a cloud is asked anything.
    scenario(scenario_name)
    session = open_session()
    if scenario_name == SCENARIO:
        dates.plan(session, context)
        return
    made = planned(session, Console(quiet=as_json), scenario_name, options)
    show_plan(made, now=session.started_at, as_json=as_json, is_whole=verbose)
    refusal: RefusedError | None = None
    if out is not None:
        write_plan("recovery", made, out, made_at=session.started_at)
    try:
        session.refuse(
            made,
            confirmed_projects=confirm_project or (),
            access=access,
            untrusted=untrusted,
            others=another(session, made),
        )
    except RefusedError as error:
        refusal = error
        if not as_json:
            note(f"not yet: {error}")
            note(f"hint: {error.hint}")
    else:
        if not as_json:
            _tell_next(made)
    write_page(html, plan_document(made, now=session.started_at, refusal=refusal))
    # What a service holds can be looked at only once it is enabled.
    if made.unseen and not made.come_first:
        names = ", ".join(printable(item.name) for item in made.unseen)
        first = made.unseen[0]
        raise first.kind_of_error(f"{first.left_because}, and is left: {names}", hint=first.hint)


def _tell_next(made: Plan) -> None:
    """Say at the end of a plan that lacks no word what carries it out, or that nothing has to be."""
    if made.changes:
        run_id = made.run_id if made.request.point_was_named else None
        note(f"hint: `{recovering(made, run_id=run_id)}` does this")
    elif not made.unseen:
        note("nothing to recover")


@app.command()
@takes_options
def recover(
    *,
    context: typer.Context,
    scenario_name: NameOrPlan = None,
    plan_file: Annotated[
        Path | None,
        typer.Option(
            "--plan",
            exists=True,
            dir_okay=False,
            help="Exactly the plan that `rebound plan --out` wrote.",
        ),
    ] = None,
    options: Options,
    confirm_project: ConfirmProject = None,
    access: Access = False,
    untrusted: Untrusted = False,
    reason: Reason = "",
    anew: Annotated[
        bool, typer.Option("--anew", help="Begin although another recovery has not ended.")
    ] = False,
    yes: Yes = False,
    verbose: Verbose = False,
    html: Html = None,
    as_json: Json = False,
) -> None:
    """Restore what was lost, and prove it.

    It shows the plan, asks, pauses what writes, restores, proves, lets that write again, and reports.
    """
    _check_named(scenario_name, plan_file)
    session, console = open_session(), Console(quiet=as_json)
    if scenario_name == SCENARIO or (plan_file and sort_of(plan_file) == "dates"):
        dates.recover(session, console, context)
        return
    words = Words(tuple(confirm_project or ()), access, untrusted, anew, yes, as_json, verbose)

    def agreed_now() -> Plan:
        if plan_file is not None:
            made = still_planned(session, plan_file, scenario_name, options)
        else:
            made = planned(session, console, str(scenario_name), options)
        return agreed(session, console, made, words, is_read=options.fall_back)

    made, came_first = agreed_now(), list[str]()
    while made.come_first:
        done = [f"{name}: {told}" for name, told in session.come_first(made).items()]
        came_first += done
        for told in done:
            note(told)
        if plan_file is not None:
            raise PartialError(
                "what comes first is done, and what is seen only now is no part of the plan",
                subject=str(plan_file),
                hint="make a new plan",
            )
        made = agreed_now()
    made = made.model_copy(update={"came_first": tuple(came_first)})
    recovery = new_recovery(session, made, reason)
    carry_out(session, console, recovery, begins=True, html=html, as_json=as_json)


def _check_named(scenario_name: str | None, plan_file: Path | None) -> None:
    """Refuse what names no scenario, before a cloud is asked anything.

    Raises:
        UsageError: It names neither a scenario nor a plan, or a scenario that there is not.
    """
    if scenario_name is not None:
        scenario(scenario_name)
    elif plan_file is None:
        raise UsageError(
            "nothing says what happened",
            hint="name a scenario, `rebound --help` lists them; or `--plan FILE`",
        )


@app.command()
@repeats(WORDS)
def resume(
    *,
    recovery: Annotated[
        str | None,
        typer.Argument(
            metavar="RECOVERY",
            help="The recovery that was interrupted; the only open one when omitted.",
        ),
    ] = None,
    again: Repeated,
    fall_back: FallBackAgain = False,
    lock_again: LockAgain = False,
    confirm_project: ConfirmProject = None,
    access: Access = False,
    untrusted: Untrusted = False,
    reason: Reason = "",
    yes: Yes = False,
    verbose: Verbose = False,
    html: Html = None,
    as_json: Json = False,
) -> None:
    """Go on with a recovery that was interrupted or is partial.

    It shows what it would do, and asks. `--confirm-project`, `--access`,
    `--lock-again` and `--untrusted` are given again in any case. With
    `--yes` nobody is asked: then each option listed below that it was
    begun with is given again, too.
    """
    session, console = open_session(), Console(quiet=as_json)
    recovery_id = parse_recovery_id(recovery) if recovery else only_open(session)
    of_repair = Words(
        tuple(confirm_project or ()), access, untrusted, yes=yes, as_json=as_json, verbose=verbose
    )
    despite = again["despite"] or ()
    if repairs.resumed(session, recovery_id, of_repair, reason, despite, html):
        return
    if is_of_dates(recovery_id):
        said = {
            **again,
            "yes": yes,
            "confirm_project": confirm_project,
            "as_json": as_json,
            "reason": reason,
            "html": html,
            "verbose": verbose,
        }
        dates.resume(session, console, recovery_id, said)
        return
    journal = session.journal(recovery_id)
    begun = journal.planned()
    if (ended := journal.dated_report(begun)) is not None and ended[0].is_proven:
        tell_proven(
            session,
            begun,
            *ended,
            confirmed_projects=confirm_project or (),
            reason=reason,
            yes=yes,
            as_json=as_json,
        )
        return
    require_not_over(journal, begun)
    begun = seen_again(
        session,
        begun,
        lock_again=lock_again,
        confirmed_projects=confirm_project or (),
        make=again["make"] or (),
    )
    begun = begun.model_copy(update={"plan": despite_too(begun.plan, despite)})
    if not as_json:
        show_plan(begun.plan, now=session.started_at, as_json=False, is_whole=verbose)
    # Others can write to a journal: what it says was agreed to has to be agreed to again.
    is_unasked = yes and begun.plan.changes
    words = (
        unsaid_of(begun.plan, again, fall_back=fall_back, recovery_id=recovery_id)
        if is_unasked
        else []
    )
    session.refuse(
        begun.plan,
        confirmed_projects=confirm_project or (),
        access=access,
        untrusted=untrusted,
        others=(*unanswered(yes=yes, changes=begun.plan.changes), *words),
    )
    agree(yes=yes, changes=begun.plan.changes)
    session.actions.begin("resume", recovery_id, reason)
    carry_out(session, console, begun, begins=False, html=html, as_json=as_json)
