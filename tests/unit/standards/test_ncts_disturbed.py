"""Messages to which releases, nations and bad software did something come back or are refused."""

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from builders_ncts import LIMITS, NAMES, document, fates
from corridor.errors import Reason, Refused
from corridor.standards.accounting import Fate
from corridor.standards.ncts.mapper import Options, decode, encode
from corridor.standards.ncts.messages import NAMESPACE
from corridor.standards.tree import Node
from corridor.standards.xml import parse, render

TEXTS = st.text(
    st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufffe\uffff"), max_size=30
)


def everything_below(node: Node) -> list[Node]:
    return [node, *(inner for child in node.children for inner in everything_below(child))]


def disturb(data: st.DataObject, root: Node) -> None:
    """Do to a message what releases, nations and bad software do to it."""
    node = data.draw(st.sampled_from(everything_below(root)))
    change = data.draw(st.sampled_from(("text", "new", "attribute", "twice", "gone", "renamed")))
    if change == "text" and not node.children:
        node.text = data.draw(TEXTS)
    elif change == "attribute":
        node.attributes = {**node.attributes, "newer": data.draw(TEXTS)}
    elif change == "renamed" and node is not root:
        node.name = "newer"
    elif change == "new" and (node.children or not node.text):
        place = data.draw(st.integers(0, len(node.children)))
        node.children = [*node.children]
        node.children.insert(place, Node("newer", data.draw(TEXTS)))
    elif node.children:
        place = data.draw(st.integers(0, len(node.children) - 1))
        if change == "gone":
            del node.children[place]
        else:
            node.children.insert(place, node.children[place])


@settings(max_examples=100, deadline=None)
@given(st.data())
def test_a_disturbed_message_is_refused_by_rule_or_comes_back_word_for_word(
    data: st.DataObject,
) -> None:
    root = parse(document(data.draw(st.sampled_from(NAMES))), LIMITS)
    for _ in range(data.draw(st.integers(1, 4))):
        disturb(data, root)
    raw = render(root, {"ncts": NAMESPACE})
    try:
        mapped = decode(raw, Options())
    except Refused as refused:
        assume(refused.reason is not Reason.RECORD_INVALID)
        raise
    assert Fate.DROPPED not in fates(mapped)
    assume(not mapped.account.invented)
    assert parse(encode(mapped.record).document, LIMITS) == parse(raw, LIMITS)
