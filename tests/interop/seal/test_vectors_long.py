"""The node against the published vectors of long records."""

from typing import Any

import pytest

from builders_vectors import load
from corridor.errors import Refused
from corridor.wire.long_records import decode_whole, read_whole

VECTORS = load("long.json")
WHOLE = bytes.fromhex(VECTORS["whole"])


@pytest.mark.parametrize("case", VECTORS["travels"], ids=lambda case: f"{case['steps']} steps")
def test_what_travelled_is_made_whole_again(case: dict[str, Any]) -> None:
    travelled = decode_whole(bytes.fromhex(case["record"]))
    assert read_whole(WHOLE, travelled) == decode_whole(WHOLE)


@pytest.mark.parametrize("case", VECTORS["refused"], ids=lambda case: str(case["name"]))
def test_what_is_not_the_whole_of_it_is_refused(case: dict[str, Any]) -> None:
    with pytest.raises(Refused) as told:
        read_whole(WHOLE, decode_whole(bytes.fromhex(case["record"])))
    assert told.value.reason.label == case["reason"]
