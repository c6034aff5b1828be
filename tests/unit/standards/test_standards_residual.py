import pytest
from hypothesis import given
from hypothesis import strategies as st

from corridor.errors import Reason, Refused
from corridor.standards.accounting import Fate, Fated, account
from corridor.standards.residual import restore
from corridor.standards.tree import Leaf, Node


def tree() -> Node:
    return Node("A", children=[Node("b", "1"), Node("c", children=[Node("d", "2")])])


def test_a_known_place_gets_its_text_back() -> None:
    root = tree()
    restore(root, [Leaf("A/c[1]/d[1]", "0002"), Leaf("A/c[1]/@note", "x")])
    assert root.children[1] == Node("c", "", {"note": "x"}, [Node("d", "0002")])


def test_new_elements_take_the_place_they_had() -> None:
    root = tree()
    restore(
        root,
        [
            Leaf("A/*[1][self::b]", "first"),
            Leaf("A/*[3][self::{urn:x/y}new]/*[1][self::e]", "in"),
            Leaf("A/*[3][self::{urn:x/y}new]/*[2][self::e]", "the new one"),
            Leaf("A/*[3][self::{urn:x/y}new]/@{urn:x/y}v", "1"),
        ],
    )
    assert root.children == [
        Node("b", "first"),
        Node("b", "1"),
        Node("{urn:x/y}new", "", {"{urn:x/y}v": "1"}, [Node("e", "in"), Node("e", "the new one")]),
        tree().children[1],
    ]


def test_a_position_beyond_the_end_is_the_end() -> None:
    root = tree()
    restore(root, [Leaf("A/*[99][self::z]", "last")])
    assert root.children[-1] == Node("z", "last")


def test_text_is_never_put_beside_elements() -> None:
    root = tree()
    restore(root, [Leaf("A/c[1]", "words")])
    assert root == tree()


@pytest.mark.parametrize(
    "path",
    [
        "",
        "B/b[1]",
        "AB",
        "A/b",
        "A/b[0]",
        "A/b[2]",
        "A/c[1]/*",
        "A/c[1]/d[1]/",
        "A/@v/b[1]",
        "A/@",
        "A//b[1]",
        "A/*[1]",
        "A/*[1][self::<x>]",
        "A/x y[1]",
    ],
)
def test_a_path_that_names_no_place_is_refused(path: str) -> None:
    root = tree()
    with pytest.raises(Refused) as caught:
        restore(root, [Leaf(path, "x")])
    assert caught.value.reason is Reason.RECORD_INVALID
    assert root == tree()


@given(st.text(max_size=40))
def test_any_path_is_followed_or_refused(path: str) -> None:
    try:
        restore(tree(), [Leaf("A" + path, "x")])
    except Refused as refused:
        if refused.reason is not Reason.RECORD_INVALID:
            raise


def test_the_account_tells_what_writing_changed_lost_and_added() -> None:
    source = Node(
        "A",
        "",
        {"kept": "1", "lost": "2", "other": "3"},
        [Node("same", "x"), Node("changed", "01"), Node("gone", "y"), Node("bare", "words")],
    )
    written = Node(
        "A",
        "",
        {"kept": "1", "other": "4"},
        [Node("same", "x"), Node("changed", "1"), Node("bare", "", {}, [Node("more")])],
    )
    found = account(source, written)
    assert found.leaves == (
        Fated("A/@kept", Fate.MAPPED),
        Fated("A/@lost", Fate.RESIDUAL),
        Fated("A/@other", Fate.NARROWED),
        Fated("A/same[1]", Fate.MAPPED),
        Fated("A/changed[1]", Fate.NARROWED),
        Fated("A/*[3][self::gone]", Fate.RESIDUAL),
        Fated("A/bare[1]", Fate.NARROWED),
    )
    assert [leaf.value for leaf in found.residual] == ["2", "3", "01", "y", "words"]
    assert found.invented == ("A/bare[1]/more[1]",)
    assert found.absent == ("A/bare/more",)  # there is no other
