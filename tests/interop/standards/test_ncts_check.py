"""`check` over every published sample of NCTS, beside the official schema."""

from pathlib import Path

import pytest

from corridor.standards.accounting import Fate
from corridor.standards.check import EQUAL, Checked, check
from corridor.standards.ncts.mapper import Options
from corridor.standards.ncts.releases import P5
from corridor.standards.schema import Schemas

SAMPLES = Path(__file__).parents[4] / "shared/samples"


def schema(name: str) -> bytes | None:
    for folder in ("xsd", "xsd_derived"):
        path = SAMPLES / "ncts_p5" / folder / name
        if path.is_file():
            return path.read_bytes()
    return None


def checked(standard: str, schemas: Schemas | None) -> dict[str, Checked]:
    files = sorted((SAMPLES / standard / "instances").rglob("*.xml"))
    return {
        str(path.relative_to(SAMPLES)): check(path.read_bytes(), Options(), schemas)
        for path in files
    }


@pytest.mark.skipif(not (SAMPLES / "ncts_p5").is_dir(), reason="no samples in ../shared/samples")
def test_what_is_valid_is_accepted_and_what_is_not_is_refused_with_a_reason() -> None:
    found = checked("ncts_p5", Schemas(schema))
    known = {path: one for path, one in found.items() if one.message in P5.messages}
    assert len(known) > 200
    by_schema = {
        path for path, one in known.items() if any(r.reason == "schema" for r in one.refusals)
    }
    assert {path for path, one in known.items() if not one.accepted} == by_schema
    assert all(one.validated for one in known.values())
    assert all(one.count(Fate.DROPPED) == 0 for one in known.values())
    assert {one.round_trip for one in known.values()} == {EQUAL, None}


@pytest.mark.skipif(not (SAMPLES / "ncts_p6").is_dir(), reason="no samples in ../shared/samples")
def test_samples_of_phase_6_are_read_or_refused_by_the_element_at_fault() -> None:
    found = checked("ncts_p6", None)
    assert len(found) > 12
    for path, one in found.items():
        assert one.round_trip in {EQUAL, None}, path
        assert one.accepted or one.refusals, path
    refused = {
        Path(path).name: [(one.path, one.reason) for one in result.refusals][:1]
        for path, result in found.items()
        if "negative" not in path and not result.accepted
    }
    # The first says in its PhaseID that it is of Phase 5, and lacks what that demands.
    assert refused == {
        "cc007c-valid.xml": [("CC007C/TransitOperation/incidentFlag", "missing")],
        "cc029c-valid.xml": [("CC029C/Consignment/countryOfDispatch", "record_invalid")],
    }
