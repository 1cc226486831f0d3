from recovery.request import Target


def test_names_in_the_target():
    """A prefix goes before the dataset, in any project."""
    target = Target(project="sandbox", prefix="drill_")
    assert target.dataset_id("nba") == "drill_nba"
    assert target.table("nba.games") == "sandbox.drill_nba.games"


def test_a_custom_role_has_another_id_of_64_characters_at_most():
    """Where nothing is put behind it, it keeps its own."""
    assert Target(project="sandbox").role_id("deployer") == "deployer"
    target = Target(project="sandbox", role_suffix="_drill_1a2b")
    assert target.role_id("deployer") == "deployer_drill_1a2b"
    cut = {target.role_id("x" * 63 + last) for last in "xyz"}
    assert len(cut) == len("xyz")
    assert {(len(it), it[:44], it[-11:]) for it in cut} == {(64, "x" * 44, "_drill_1a2b")}
