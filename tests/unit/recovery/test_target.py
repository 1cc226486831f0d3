from recovery.request import Target


def test_names_in_the_target():
    """A prefix goes before the dataset, in any project."""
    target = Target(project="sandbox", prefix="drill_")
    assert target.dataset_id("nba") == "drill_nba"
    assert target.table("nba.games") == "sandbox.drill_nba.games"
