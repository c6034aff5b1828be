"""Which element a field came from, and that a large declaration stays small in memory."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from corridor.standards.accounting import Fate, Fated, Fates
from corridor.standards.fields import OWN_TEXT, FieldPlaces

DECLARATION = Path(__file__).parents[2] / "fixtures" / "ncts" / "cc015c.xml"
ITEM = re.compile(rb"<ConsignmentItem>.*?</ConsignmentItem>", re.DOTALL)
LARGE_BYTES = 4_700_000
MEASURED = """
import sys
from pathlib import Path
from corridor.standards.ncts.mapper import Options, decode


def kib(name):
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(one.split()[1]) for one in lines if one.startswith(name))


small, large = map(Path, sys.argv[1:])
decode(small.read_bytes(), Options())
document = large.read_bytes()
Path("/proc/self/clear_refs").write_text("5")
before = kib("VmRSS")
mapped = decode(document, Options())
assert len(mapped.account.leaves) > 60_000
print((kib("VmHWM") - before) * 1024 / len(document))
"""


@pytest.mark.unmeasured
def test_a_large_declaration_is_mapped_within_ten_times_its_size(tmp_path: Path) -> None:
    small = DECLARATION.read_bytes()
    found = ITEM.search(small)
    assert found is not None
    items, size = [], len(small)
    while size < LARGE_BYTES:
        number = b"%d" % (len(items) + 1)
        items.append(re.sub(rb"(oodsItemNumber>)\d+", rb"\g<1>" + number, found[0]))
        size += len(items[-1])
    large = tmp_path / "large.xml"
    large.write_bytes(small[: found.start()] + b"".join(items) + small[found.end() :])
    said = subprocess.run(
        [sys.executable, "-c", MEASURED, DECLARATION, large],
        capture_output=True, text=True, timeout=120, check=True,
    )  # fmt: skip
    assert float(said.stdout) < 10


def test_a_field_leads_to_its_element_through_whatever_was_read() -> None:
    places = FieldPlaces()
    root = places.begin("", "M")
    places.leaf(root, "lrn", "LRN")
    spread = places.begin("", "M/Operation", spread=True)
    places.leaf(spread, "kind.value", "type")
    item = places.begin("goods.items[0].", "M/Item[1]")
    places.leaf(item, "mass.lexical", "grossMass")
    again = places.begin("goods.items[0].", "M/Again")
    places.leaf(again, "mass.lexical", OWN_TEXT)
    assert dict(places) == {
        "lrn": "M/LRN",
        "kind.value": "M/Operation/type",
        "goods.items[0]": "M/Again",
        "goods.items[0].mass.lexical": "M/Again",
    }
    assert len(places) == 4
    for absent in ("", "goods", "goods.items[0].mass", "goods.items[1]", "kind"):
        assert places.get(absent) is None
    with pytest.raises(KeyError):
        places["lrn.value"]


def test_fates_are_a_sequence_like_any_other() -> None:
    fates = Fates([Fated("A/x[1]", Fate.MAPPED)])
    fates.add("A", "/@y", Fate.DROPPED)
    assert fates == (Fated("A/x[1]", Fate.MAPPED), Fated("A/@y", Fate.DROPPED))
    assert fates[1] == Fated("A/@y", Fate.DROPPED)
    assert fates[:1] == (Fated("A/x[1]", Fate.MAPPED),)
    assert len(fates) == 2
    assert fates != Fates()
    assert fates != 2
    assert hash(fates) == hash(Fates(tuple(fates)))
