"""Where the landing bucket keeps which datasets were undeleted: built here only.

undeleted/<dataset>~<id>.json        written before a dataset is undeleted
undeleted/<dataset>~<id>~over.json   written when what authorizes it elsewhere was set again
"""

UNDELETED_PREFIX = "undeleted/"


def undeleted_name(dataset_id: str, own_id: str, *, is_over: bool) -> str:
    """Return the name of a record of an undeletion.

    Args:
        dataset_id: The dataset.
        own_id: That of the command that undeletes it.
        is_over: Whether it is the record that nothing is left to do about it.
    """
    return f"{UNDELETED_PREFIX}{dataset_id}~{own_id}{'~over' if is_over else ''}.json"
