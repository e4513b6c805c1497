"""Random numbers of the page: normal, and the same for the same keys."""

import numpy as np


def test_numbers_are_normal_and_depend_on_every_key(javascript):
    found = javascript(
        "const answer = [[7, 0], [7, 0], [7, 1], [8, 0], [7], [0, 7]]"
        ".map((keys) => normals(9999, ...keys));"
    )
    first, again, *others = np.array(found)
    assert np.array_equal(first, again)
    for other in others:
        assert abs(np.corrcoef(first, other)[0, 1]) < 0.05
        assert abs(other.mean()) < 0.05 and abs(other.std() - 1) < 0.03
        assert abs((other**4).mean() - 3) < 0.4  # a normal's kurtosis


def test_numbers_of_a_seed_never_change(javascript):
    """A link shows the same digits tomorrow."""
    assert np.allclose(javascript("const answer = normals(3, 7, 0);"), PINNED, atol=1e-12)


def test_a_walk_goes_from_one_to_the_other_and_stays_normal(javascript):
    found = javascript(
        "const [first, second] = [normals(4000, 1), normals(4000, 2)];"
        "const answer = [0, 0.5, 1].map((part) => between(first, second, part));"
    )
    start, middle, end = np.array(found)
    assert np.allclose(
        [start, end], javascript("const answer = [normals(4000, 1), normals(4000, 2)];")
    )
    assert abs(middle.std() - 1) < 0.03


PINNED = [-0.5927417561538945, -1.0166663151216688, 0.7051908084440781]
