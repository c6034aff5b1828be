"""What a list says of a code on a day, before and after its own publication."""

import pytest

from corridor.standards.codelist import CodeList, Entry, Period, Standing

PUBLISHED = "2025-03-01"
CODES = CodeList(
    "CL017",
    "KindOfPackages",
    PUBLISHED,
    entries={
        "CT": Entry(),
        "4G": Entry((Period("2025-06-01", "2025-12-31"), Period("2027-01-01", ""))),
    },
)


@pytest.mark.parametrize(
    ("code", "day", "standing"),
    [
        ("ZZ", PUBLISHED, Standing.UNKNOWN),
        ("CT", "1999-01-01", Standing.VALID),
        ("4G", "", Standing.VALID),
        ("4G", "2025-02-28", Standing.VALID),  # before its publication the list is silent
        ("4G", PUBLISHED, Standing.NOT_YET),
        ("4G", "2025-05-31", Standing.NOT_YET),
        ("4G", "2025-06-01", Standing.VALID),
        ("4G", "2025-12-31", Standing.VALID),
        ("4G", "2026-01-01", Standing.NO_MORE),
        ("4G", "2027-01-01", Standing.VALID),
    ],
)
def test_a_code_stands_as_its_periods_say(code: str, day: str, standing: Standing) -> None:
    assert CODES.standing(code, day) is standing
