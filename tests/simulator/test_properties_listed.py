"""PROTOCOL §7.5 lists the properties that are checked, and no other."""

import re
from pathlib import Path

from simulator import sim_properties

PROTOCOL = Path(__file__).parents[2] / "proto" / "PROTOCOL.md"


def test_the_protocol_lists_exactly_the_properties_that_are_checked() -> None:
    listed = re.findall(r"^- \*\*(P-\d+)\*\*", PROTOCOL.read_text(), re.MULTILINE)
    source = Path(sim_properties.__file__).read_text()
    checked = re.findall(r'^    """(P-\d+): ', source, re.MULTILINE)
    assert listed == sorted(set(listed))
    assert sorted(checked) == listed
