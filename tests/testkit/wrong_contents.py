"""Authentic envelopes that do not open, or hold what their header does not say: R10 to R16, R9."""

from testkit.case import Case, as_twins, refused
from testkit.envelopes import Spec, build, fresh, pad
from testkit.proto import batch, field_bytes, record, varint
from testkit.world import DAY_MS, MINUTE_MS, NOW_MS, opener, signer, spec, us


def wrong_contents() -> list[Case]:
    """Return them in the order of the steps, R9 last."""
    per_suite = [case for suite in (1, 2) for case in (*_wraps(suite), *_commitments(suite))]
    return [*per_suite, *_inside(1), *as_twins(_inside(2))]


def _inside(suite: int) -> list[Case]:
    return [
        *_salamander(suite),
        *_paddings(suite),
        *_batches(suite),
        *_roots(suite),
        *_times(suite),
    ]


def _wraps(suite: int) -> list[Case]:
    name = f"suite{suite}"
    first = build(spec(f"{name}-first", suite))
    broken = bytes([first.wraps[0][0] ^ 1]) + first.wraps[0][1:]
    low_order = bytes(32) + first.wraps[0][32:]
    if suite == 2:
        low_order = first.wraps[0][:1088] + bytes(32) + first.wraps[0][1120:]
    rows: list[tuple[str, str, str, str, Spec]] = [
        (
            "key-unknown",
            "R10",
            "key_unknown",
            "sealed for a key that we do not hold",
            spec(f"{name}-unknown", suite, to=(_to(suite, "nobody"),)),
        ),
        (
            "key-expired",
            "R10",
            "key_expired",
            "sealed for a key of ours whose accept window is closed",
            spec(f"{name}-expired", suite, to=(_to(suite, "tr-old"),)),
        ),
        (
            "wrap-copied",
            "R11",
            "wrap",
            "the wrap of another envelope of the same sender",
            spec(f"{name}-copied", suite, to=(us(suite, wrap=first.wraps[0]),)),
        ),
        (
            "wrap-broken",
            "R11",
            "wrap",
            "one bit of the encapsulation differs (ML-KEM rejects implicitly)",
            spec(f"{name}-broken", suite, to=(us(suite, wrap=broken),)),
        ),
        (
            "wrap-low-order",
            "R11",
            "wrap",
            "an X25519 encapsulation of small order",
            spec(f"{name}-low", suite, to=(us(suite, wrap=low_order),)),
        ),
        (
            "wrap-other-endpoint",
            "R11",
            "wrap",
            "a wrap made for another endpoint's name",
            spec(f"{name}-named", suite, to=(us(suite, sealed_for=b"AZ.SCC"),)),
        ),
        (
            "resigned",
            "R11",
            "wrap",
            "another member signs ciphertext and wrap as its own",
            spec(
                f"{name}-resigned",
                suite,
                sender=b"AZ.SCC",
                signer=signer("az"),
                to=(us(suite, wrap=first.wraps[0]),),
                ct=first.ct,
            ),
        ),
    ]
    return [
        refused(f"{name}-{key}", title, step, expect, row, link=row.sender[:2].decode())
        for key, step, expect, title, row in rows
    ]


def _to(suite: int, name: str):  # noqa: ANN202 - a recipient
    from_us = us(suite)
    return type(from_us)(from_us.endpoint, opener(name, suite))


def _commitments(suite: int) -> list[Case]:
    name = f"suite{suite}"
    content_key = fresh(f"{name}-cek/content-key")
    blind = fresh(f"{name}-cek/blind/0")
    other_place = content_key + blind + (5).to_bytes(4, "big") + (9).to_bytes(8, "big") + bytes(32)
    rows = [
        (
            "position",
            "R12",
            "stream_position",
            "the commitment to the position is another",
            spec(f"{name}-pos", suite, to=(us(suite, stream_commit=fresh("commit")),)),
        ),
        (
            "position-inside",
            "R12",
            "stream_position",
            "the wrap holds another position than the committed one",
            spec(f"{name}-cek", suite, to=(us(suite, wrap_plain=other_place),)),
        ),
        (
            "key-commit",
            "R13",
            "key_commit",
            "the commitment to the content key is another",
            spec(f"{name}-commit", suite, key_commit=fresh("key commit")),
        ),
        (
            "tag",
            "R14",
            "payload_tag",
            "the payload was sealed for another header",
            spec(f"{name}-tag", suite, aad=b"another core"),
        ),
    ]
    return [
        refused(f"{name}-{key}", title, step, expect, row) for key, step, expect, title, row in rows
    ]


def _salamander(suite: int) -> list[Case]:
    """The wrap gives one recipient another content key than the committed one."""
    label = "two-keys"
    position = (1_764_000_000).to_bytes(4, "big") + (1).to_bytes(8, "big") + bytes(32)
    plain = fresh("a second content key") + fresh(f"{label}/blind/0") + position
    row = spec(label, suite, to=(us(suite, wrap_plain=plain),))
    title = "the wrap holds a second content key, as one ciphertext for two keys would need"
    return [refused("two-keys", title, "R13", "key_commit", row)]


def _paddings(suite: int) -> list[Case]:
    body = batch(fresh("padding/seed"), [record(1, b"body")])
    good = pad(body)
    length = len(body).to_bytes(4, "big")
    rows = [
        ("padding-fill", "a fill byte that is not zero", good[:-1] + b"\x01"),
        ("padding-first", "the first fill byte is not zero", _set(good, 4 + len(body), 1)),
        ("padding-length", "a body length beyond the end", b"\xff\xff\xff\xff" + good[4:]),
        ("padding-end", "a body length one beyond the end", (2045).to_bytes(4, "big") + good[4:]),
        ("padding-more", "padded more than PADMÉ asks", good + bytes(128)),
        ("padding-odd", "a length that PADMÉ never gives", good + bytes(1)),
    ]
    assert length == good[:4]
    return [
        refused(name, title, "R15", "padding", spec("padding", suite, padded=padded))
        for name, title, padded in rows
    ]


def _set(data: bytes, at: int, value: int) -> bytes:
    return data[:at] + bytes([value]) + data[at + 1 :]


def _batches(suite: int) -> list[Case]:
    seed, entry = fresh("batches/seed"), record(1, b"arrival at the office of destination")
    field = field_bytes(1, seed)
    wide = b"\x12" + varint(len(entry), width=3) + entry
    rows = [
        ("batch-empty", "no body at all", b""),
        ("batch-no-records", "a seed and no record", field),
        ("batch-no-seed", "a record and no seed", field_bytes(2, entry)),
        ("batch-seed-31", "a seed of 31 bytes", batch(seed[:31], [entry])),
        ("batch-seed-33", "a seed of 33 bytes", batch(seed + b"\0", [entry])),
        ("batch-513", "513 records", batch(seed, [entry] * 513)),
        ("batch-unknown", "an unknown field behind", batch(seed, [entry]) + b"\x1a\x00"),
        ("batch-twice", "the seed twice", field + batch(seed, [entry])),
        ("batch-order", "the seed behind the records", field_bytes(2, entry) + field),
        ("batch-varint", "a length longer than needed", field + wide),
        ("batch-cut", "it ends within a record", batch(seed, [entry])[:-1]),
        ("batch-group", "a group field", batch(seed, [entry]) + b"\x1b\x1c"),
        ("batch-wire-type", "the seed as a number", b"\x08\x01" + field_bytes(2, entry)),
        ("batch-junk", "no protobuf", b"\xff" * 40),
    ]
    return [
        refused(name, title, "R16", "batch", spec("batches", suite, body=body))
        for name, title, body in rows
    ]


def _roots(suite: int) -> list[Case]:
    one, two, three = (record(index, b"record %d" % index) for index in (1, 2, 3))
    rows = [
        ("root-other", "the root of other records", (one, two), (one, three)),
        ("root-order", "the root of the same records in another order", (one, two), (two, one)),
        ("root-dropped", "a record was left out", (one, two), (one, two, three)),
        ("root-added", "a record was added", (one, two, three), (one, two)),
    ]
    cases = [
        refused(
            name,
            title,
            "R16",
            "payload_root",
            spec(name, suite, records=sealed, root_records=signed),
        )
        for name, title, sealed, signed in rows
    ]
    bare = spec("root-zero", suite, payload_root=b"\x01" * 32)
    return [*cases, refused("root-any", "any 32 bytes", "R16", "payload_root", bare)]


def _times(suite: int) -> list[Case]:
    rows = [
        ("time-expired", "expired", "expired a minute ago", -DAY_MS, -MINUTE_MS),
        ("time-backwards", "lifetime", "expires before it was created", 0, -1),
        ("time-no-life", "lifetime", "expires when it was created", 0, 0),
        ("time-long", "lifetime", "lives 30 days and a millisecond", 0, 30 * DAY_MS + 1),
        ("time-future", "created_in_future", "from 11 minutes ahead", 11 * MINUTE_MS, DAY_MS),
    ]
    return [
        refused(
            name,
            title,
            "R9",
            expect,
            spec(name, suite, created_ms=NOW_MS + created, expires_ms=NOW_MS + expires),
        )
        for name, expect, title, created, expires in rows
    ]
