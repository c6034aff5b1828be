"""Envelopes that every node must accept."""

from testkit.case import Case, accepted
from testkit.envelopes import To, fresh
from testkit.proto import record
from testkit.world import opener, spec, us

LONGEST_ENDPOINT = b"AZ.ABCDEFGHIJKLMNOP.ABCDEFGHIJKL"


def right_cases() -> list[Case]:
    """Return them, both suites."""
    return [case for suite in (1, 2) for case in _of(suite)] + _of_suite_one()


def _of(suite: int) -> list[Case]:
    name = f"suite{suite}"
    several = tuple(record(index, b"record %d" % index) for index in range(5))
    return [
        accepted(f"{name}-one-record", "one record", spec(f"{name}-one", suite)),
        accepted(
            f"{name}-five-records",
            "five records: a tree with an odd leaf at two levels",
            spec(f"{name}-five", suite, records=several, seq=7, prev=fresh("previous envelope")),
        ),
        accepted(
            f"{name}-several-recipients",
            "two recipients; we are the second",
            spec(f"{name}-several", suite, to=(To(b"AZ.SCC", opener("az", suite)), us(suite))),
        ),
    ]


def _of_suite_one() -> list[Case]:
    def sized(label: str, body_bytes: int) -> bytes:
        """Return a record that makes a batch body of exactly so many bytes."""
        overhead = len(record(1, bytes(200))) - 200
        # 34 bytes of seed field, one tag and two bytes of length before the record
        return record(1, fresh(label, body_bytes - 34 - 3 - overhead))

    cases = [
        accepted(f"suite1-body-{size}", title, spec(f"b{size}", 1, records=(sized("b", size),)))
        for size, title in (
            (2044, "the largest body under the floor"),
            (2045, "one byte more: the next padded length"),
        )
    ]
    return [
        *cases,
        *(
            accepted(f"suite1-lane-{lane}", f"lane {lane}", spec(f"lane-{lane}", 1, lane=lane))
            for lane in (0, 2)
        ),
        accepted(
            "suite1-many-records",
            "512 records, the most there may be",
            spec("many", 1, records=tuple(record(i, b"%03d" % i) for i in range(512))),
        ),
        accepted(
            "suite1-longest-endpoint",
            "a co-recipient with the longest endpoint",
            spec("long", 1, to=(To(LONGEST_ENDPOINT, opener("x", 1)), us(1))),
        ),
    ]
