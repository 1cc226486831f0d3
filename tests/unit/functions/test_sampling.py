"""Which contents a night looks for although an earlier run says that they are there."""

from functions.exports.buckets.sampling import sampled


def test_of_few_objects_all_are_looked_at():
    """Up to two hundred."""
    for objects in (0, 1, 200):
        assert all(map(sampled(objects, "salt"), ("a", "", "ü/\n")))


def test_of_many_about_two_hundred_are_which_nobody_can_foresee():
    """Another process looks at others."""
    names = [f"folder/{number}" for number in range(100_000)]
    chosen = [
        {name for name in names if is_chosen(name)}
        for is_chosen in (sampled(len(names), "one"), sampled(len(names), "other"))
    ]
    assert all(150 < len(found) < 250 for found in chosen)
    assert len(chosen[0] & chosen[1]) < 10
