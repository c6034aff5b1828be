import contextlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corridor.errors import Reason, Refused
from corridor.standards import xml
from corridor.standards.tree import Leaf, Node, leaves, plain_path
from corridor.standards.xml import XmlLimits, parse, render

LIMITS = XmlLimits()


def refusal(document: bytes, limits: XmlLimits = LIMITS) -> Refused:
    with pytest.raises(Refused) as caught:
        parse(document, limits)
    return caught.value


def test_a_document_becomes_a_tree_without_what_is_no_data() -> None:
    document = b"""<?xml version="1.0"?><?style x?><!-- note -->
      <n:A xmlns:n="urn:x" phase="1"> <b> two </b><!-- gone --><c/><?pi?></n:A>"""
    assert parse(document, LIMITS) == Node(
        "{urn:x}A", "", {"phase": "1"}, [Node("b", " two "), Node("c")]
    )


def test_every_leaf_is_named_by_its_place() -> None:
    root = parse(b'<A v="1"><b>x</b><c><d>y</d></c><b/></A>', LIMITS)
    assert list(leaves(root)) == [
        Leaf("A/@v", "1"),
        Leaf("A/b[1]", "x"),
        Leaf("A/c[1]/d[1]", "y"),
        Leaf("A/b[2]", ""),
    ]
    assert [plain_path(leaf.path) for leaf in leaves(root)] == ["A/@v", "A/b", "A/c/d", "A/b"]


@pytest.mark.parametrize(
    "document",
    [
        b"",
        b"no xml",
        b"<a>",
        b"<a>&undeclared;</a>",
        b"<a/><b/>",
        b"<!DOCTYPE a><a/>",
        b'<!DOCTYPE a SYSTEM "file:///etc/hostname"><a/>',
        b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/hostname">]><a>&x;</a>',
        b"<a>words<b/></a>",
        b"<a><b/>words</a>",
    ],
)
def test_what_is_no_plain_document_is_refused_as_malformed(document: bytes) -> None:
    assert refusal(document).reason is Reason.SOURCE_MALFORMED


@pytest.mark.parametrize(
    "document",
    [b"<a>\xff</a>", b'<?xml version="1.0" encoding="klingon"?><a/>', b"<a>\x01</a>"],
)
def test_bytes_that_are_no_text_are_refused_for_their_characters(document: bytes) -> None:
    assert refusal(document).reason is Reason.CHARACTER_SET


@pytest.mark.parametrize("place", ["<a>&e9;</a>", '<a b="&e9;"/>'])
def test_an_entity_that_grows_a_billionfold_costs_nothing(place: str) -> None:
    entities = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 10))
    document = f'<!DOCTYPE a [<!ENTITY e0 "lol">{entities}]>{place}'
    assert refusal(document.encode()).reason is Reason.SOURCE_MALFORMED


@pytest.mark.parametrize(
    ("limits", "document"),
    [
        (XmlLimits(max_bytes=10), b"<a>1234</a>"),
        (XmlLimits(max_depth=2), b"<a><b><c/></b></a>"),
        (XmlLimits(max_elements=2), b"<a><b/><c/></a>"),
        (LIMITS, b"<a>" * 5000 + b"</a>" * 5000),
    ],
)
def test_a_document_beyond_a_limit_is_refused(limits: XmlLimits, document: bytes) -> None:
    assert refusal(document, limits).reason is Reason.SOURCE_MALFORMED


def test_a_document_at_its_limits_is_read() -> None:
    document = b"<a><b>1</b></a>"
    limits = XmlLimits(max_bytes=len(document), max_depth=2, max_elements=2)
    assert parse(document, limits) == Node("a", children=[Node("b", "1")])


def test_a_refusal_never_quotes_the_document() -> None:
    assert "ACME" not in str(refusal(b"<a><b>ACME</c></a>"))


def test_a_name_that_xml_does_not_know_is_refused_when_written() -> None:
    with pytest.raises(Refused, match="record_invalid"):
        render(Node("a", children=[Node("b c")]), {})


def test_text_that_xml_cannot_hold_is_refused_when_written() -> None:
    with pytest.raises(Refused, match="character_set"):
        render(Node("a", "\x01"), {})


NAMES = st.from_regex(r"[A-Za-z_][A-Za-z0-9_.-]{0,8}", fullmatch=True)
TEXTS = st.text(
    st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufffe\uffff"), max_size=12
)
TREES = st.recursive(
    st.builds(Node, NAMES, TEXTS, st.dictionaries(NAMES, TEXTS, max_size=2)),
    lambda below: st.builds(
        lambda name, children: Node(name, children=children),
        NAMES,
        st.lists(below, min_size=1, max_size=4),
    ),
    max_leaves=12,
)


@settings(max_examples=50, deadline=None)
@given(TREES)
def test_what_is_written_is_read_back(tree: Node) -> None:
    tree.name = "{urn:x}" + tree.name
    assert parse(render(tree, {"x": "urn:x"}), LIMITS) == tree


@given(st.binary(max_size=200))
def test_bytes_of_any_kind_are_read_or_refused(document: bytes) -> None:
    with contextlib.suppress(Refused):
        assert list(leaves(parse(document, LIMITS)))


PLAIN = (
    b"<a/>",
    b"<a>text</a>",
    b"<a> <b/> </a>",
    b"<a>  </a>",
    b"<a x='1' y='&amp;'>&lt;&#38;amp;</a>",
    b"<a x='&#38;#38;'/>",
    b"<a><![CDATA[<b>]]> and <!-- no --> more</a>",
    b"<a><?pi x?><b>1<!-- -->2</b><!-- c --></a>",
    b"<n:a xmlns:n='urn:x' n:y='2'><n:b/><b xmlns='urn:z'>t</b></n:a>",
    "<?xml version='1.0' encoding='iso-8859-1'?><a>\u00e9</a>".encode("latin-1"),
    "<a>\u0130zmir \U0001f69a</a>".encode(),
    "<a>\u10d7\u10d1\u10d8\u10da\u10d8\u10e1\u10d8</a>".encode("utf-16"),
    b"<a>"
    + b"<b>12345678</b>" * 12_000
    + b"".join(b"<b>%d</b>" % one for one in range(12_000))
    + b"</a>",
    b"<a>" + b"x" * 100_000 + b"</a>",
    b"<a>" + b"x" * 3_000_000 + b"</a>",
    b"<a xml:id='one'><b xml:id='two'/></a>",
)
WRONG = (
    b"",
    b"<a>",
    b"<a></b>",
    b"<a>text<b/></a>",
    b"<a><b/>text</a>",
    b"<a><b/>text<b/></a>",
    b"<!DOCTYPE a><a/>",
    b"<!DOCTYPE a [<!ENTITY e 'x'>]><a>&e;</a>",
    b"<!DOCTYPE a [<!ENTITY e SYSTEM 'file:///etc/passwd'>]><a>&e;</a>",
    b"<a>&unknown;</a>",
    b"<n:a/>",
    b"<a n:x='1'/>",
    b"<a xmlns:n='urn:x' xmlns:m='urn:x' n:y='1' m:y='2'/>",
    b"<a>\xff</a>",
    b"<a>" * 40 + b"</a>" * 40,
    b"<a " + b" ".join(b"x%d='1'" % one for one in range(80)) + b"/>",
    b"<a>" + b"<b/>" * 5_001 + b"</a>",
    b"<a xml:id='1'/>",
    b"<a xml:id='one'><b xml:id='one'/></a>",
    b"<a>" + b"x" * 10_000_001 + b"</a>",
    b"<a>" + b" " * 10_000_001 + b"<b/></a>",
)  # fmt: skip


@pytest.mark.parametrize("document", PLAIN)
def test_what_is_read_while_it_is_parsed_is_what_the_whole_tree_says(document: bytes) -> None:
    assert parse(document, LIMITS) == xml._read_whole(document, LIMITS)


@pytest.mark.parametrize("document", WRONG)
def test_whatever_is_wrong_is_named_by_the_whole_tree(document: bytes) -> None:
    limits = XmlLimits(max_elements=5_000)
    with pytest.raises(Refused) as whole:
        xml._read_whole(document, limits)
    with pytest.raises(Refused) as read:
        parse(document, limits)
    assert (read.value.reason, read.value.detail) == (whole.value.reason, whole.value.detail)


@pytest.mark.parametrize("quote", [b'"', b"'"])
def test_attributes_are_counted_before_they_are_read(quote: bytes) -> None:
    many = b"<b " + b" ".join(b"a%d=%s%s" % (one, quote, quote) for one in range(64)) + b"/>"
    document = b"<a>" + many * (1_000_000 // 64 + 1) + b"</a>"
    with pytest.raises(Refused, match="at most 1000000 attributes are read") as refused:
        parse(document, LIMITS)
    assert refused.value.reason is Reason.SOURCE_MALFORMED
    assert len(parse(b"<a>" + many * 1_000 + b"</a>", LIMITS).children) == 1_000


def test_elements_that_have_nothing_share_it_and_cannot_be_given_any() -> None:
    leaf = parse(b"<a><b/></a>", LIMITS).children[0]
    for change in (
        lambda: leaf.attributes.__setitem__("x", "1"),
        lambda: leaf.children.append(leaf),
        lambda: leaf.children.insert(0, leaf),
        lambda: leaf.children.extend([leaf]),
    ):
        with pytest.raises(TypeError, match="of its own"):
            change()
    assert leaf == Node("b")
