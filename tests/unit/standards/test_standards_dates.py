"""Dates of one standard as another writes them."""

import pytest

from corridor.standards.dates import in_asycuda, in_iso, in_plain
from corridor.wire.v1 import types_pb2 as types

F = types.DateFormat


def date(form: str, lexical: str) -> types.DateTimeValue:
    return types.DateTimeValue(lexical=lexical, format=F.Value(f"DATE_FORMAT_{form}"))


@pytest.mark.parametrize(
    ("form", "lexical", "iso", "asycuda"),
    [
        ("DATE", "2026-03-02", "2026-03-02", "3/2/26"),
        ("LOCAL_DATE_TIME", "2026-03-02T08:15:30", "2026-03-02T08:15:30", "3/2/26"),
        ("102", "20260302", "2026-03-02", "3/2/26"),
        ("203", "202603020815", "2026-03-02T08:15:00", "3/2/26"),
        ("204", "20260302081530", "2026-03-02T08:15:30", "3/2/26"),
        ("304", "20260302081530+04", "2026-03-02T08:15:30+04:00", "3/2/26"),
        ("304", "20260302081530Z", "2026-03-02T08:15:30Z", "3/2/26"),
        ("304", "20260302081530+04:30", "2026-03-02T08:15:30+04:30", "3/2/26"),
        ("ASYCUDA", "12/31/2026", "2026-12-31", "12/31/2026"),
        ("ASYCUDA", "3/2/26", "2026-03-02", "3/2/26"),
        ("ASYCUDA", "soon", "soon", "soon"),
        ("UNSPECIFIED", "2 March", "2 March", "2 March"),
    ],
)
def test_a_date_keeps_its_meaning(form: str, lexical: str, iso: str, asycuda: str) -> None:
    assert in_iso(date(form, lexical)) == iso
    assert in_asycuda(date(form, lexical)) == asycuda


@pytest.mark.parametrize(
    ("form", "lexical", "wanted", "text"),
    [
        ("DATE", "2026-03-02", "102", "20260302"),
        ("DATE", "2026-03-02", "203", None),
        ("LOCAL_DATE_TIME", "2026-03-02T08:15:30", "203", "202603020815"),
        ("LOCAL_DATE_TIME", "2026-03-02T08:15:30", "204", "20260302081530"),
        ("LOCAL_DATE_TIME", "2026-03-02T08:15:30", "304", None),
        ("ZONED_DATE_TIME", "2026-03-02T08:15:30+04:00", "304", "20260302081530+04"),
        ("ZONED_DATE_TIME", "2026-03-02T08:15:30+05:30", "304", "20260302081530+05:30"),
        ("304", "20260302081530+04", "304", "20260302081530+04"),
    ],
)
def test_a_date_is_never_completed(form: str, lexical: str, wanted: str, text: str | None) -> None:
    assert in_plain(date(form, lexical), F.Value(f"DATE_FORMAT_{wanted}")) == text
