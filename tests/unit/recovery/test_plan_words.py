"""Which options a plan lacks: all are told at once, and what decides something is not pasted with the rest."""

import shlex

import pytest

from manifests.errors import RefusedError
from recovery.kinds.tables.rules.tables import overwriting
from recovery.plan.words import check_plan, refuse_all
from tests.unit.worlds import LOSING, plan, request


def test_all_words_that_are_missing_are_told_at_once():
    """Each costs its operator a plan, so that one refusal names them all."""
    with pytest.raises(RefusedError) as refused:
        check_plan(plan(LOSING), protected=("platform",), confirmed_projects=())
    assert refused.value.message.startswith("2 options are missing: ")
    assert "--only-missing" in refused.value.hint
    # What replaces rows is nothing to paste behind the command with the rest.
    first, _, decided = refused.value.hint.partition("; a decision each, not to be pasted unseen: ")
    assert first == "`--confirm-project platform` allows it"
    assert "`--overwrite nba.games`" in decided
    hints = ("`--access` allows all of it", "`--confirm-project a` allows it; `--x`")
    others = [RefusedError("no", hint=hint) for hint in (*hints, "`--confirm-project 'b c'`")]
    with pytest.raises(RefusedError) as refused:
        refuse_all([*others, RefusedError("no", hint="`--untrusted` takes it")])
    assert refused.value.hint == (
        "`--x`; `--confirm-project a --confirm-project 'b c'` allows it; a decision each, not to be "
        "pasted unseen: `--access` allows all of it; `--untrusted` takes it"
    )


@pytest.mark.parametrize("name", ["lake", "projects/p/topics/a; echo", "`x`"])
def test_names_in_options_are_quoted(name: str):
    """A word that is pasted behind a command says one name, whoever chose it."""
    (word,) = overwriting(name, request())
    assert shlex.quote(name) in word.hint
