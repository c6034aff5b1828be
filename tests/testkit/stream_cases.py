"""The cases of streams.json (PROTOCOL §4.2, §7.2)."""

from dataclasses import replace

from testkit.control import canary, stream_open, tombstone
from testkit.envelopes import fresh
from testkit.streams import (
    EPOCH,
    NONE,
    WINDOW,
    Arrival,
    Sent,
    StreamCase,
    Writer,
    control,
    fork,
    kept,
)
from testkit.world import DAY_MS, MINUTE_MS, NOW_MS, opener, signer, us


def stream_cases() -> list[StreamCase]:
    """Return every case, suite 1 first."""
    return [case for suite in (1, 2) for case in _of(Writer(suite))]


def _of(write: Writer) -> list[StreamCase]:
    cases = [*_orders(write), *_forks(write), *_numbers(write), *_epochs(write)]
    cases += [*_closed(write), *_times(write), *_spoilt(write)]
    return [replace(case, name=case.name + write.end) for case in cases]


def _chain(write: Writer) -> tuple[Sent, Sent, Sent]:
    one = write.data("a1", 1)
    two = write.data("a2", 2, one.id)
    return one, two, write.data("a3", 3, two.id)


def _orders(write: Writer) -> list[StreamCase]:
    one, two, three = _chain(write)
    other = {"sender": b"AZ.SCC", "signer": signer("az")}
    az = write.data("az1", 1, **other)
    later = NOW_MS + 40 * DAY_MS
    again = Arrival(one, "known", complete_to=1)
    opening = write.sent("open", 1, NONE, epoch=EPOCH, records=(stream_open(500),))
    probe = write.sent("canary", 1, NONE, epoch=EPOCH, records=(canary(501, NOW_MS),))
    rows = [
        ("in-order", "one after the other", (kept(one, "next", 1), kept(two, "next", 2))),
        (
            "disorder",
            "the third first: it is handed on, and the gap closes from its beginning",
            (
                kept(three, "ahead", 0, (1, 2)),
                kept(one, "next", 1, (2, 2)),
                kept(two, "next", 3),
            ),
        ),
        ("repeated", "the same bytes twice", (kept(one, "next", 1), again)),
        (
            "repeated-late",
            "the same bytes, long after they expired",
            (kept(one, "next", 1), replace(again, now_ms=later)),
        ),
        (
            "two-senders",
            "the streams of two senders do not touch",
            (kept(one, "next", 1), kept(az, "next", 1)),
        ),
        (
            "control",
            "control counts in the stream and owes no receipt",
            (control(opening, "next", 1),),
        ),
        ("canary", "a canary is receipted", (kept(probe, "next", 1),)),
    ]
    return [StreamCase(name, title, "7.2", steps) for name, title, steps in rows]


def _forks(write: Writer) -> list[StreamCase]:
    one, two, three = _chain(write)
    twin, third_twin = write.data("b1", 1), write.data("b3", 3, two.id)
    other = write.data("b2-prev", 2, fresh("an envelope nobody sent"))
    between = write.data("b2", 2, one.id)
    first = write.data("c1", 1, fresh("something before the first"))
    rows = [
        (
            "fork-behind",
            "another envelope at a position behind what is complete",
            (kept(one, "next", 1), fork(twin, 1, by=one.id)),
        ),
        (
            "fork-ahead",
            "another envelope at a position beyond a gap",
            (kept(three, "ahead", 0, (1, 2)), fork(third_twin, 0, (1, 2), by=three.id)),
        ),
        (
            "fork-before",
            "prev is not the one before it; the position is closed for good",
            (
                kept(one, "next", 1),
                fork(other, 2),
                kept(three, "next", 3),
                fork(two, 3, by=b"\xff" * 32),
            ),
        ),
        (
            "fork-after",
            "the one after it names another",
            (
                kept(one, "next", 1),
                kept(three, "ahead", 1, (2, 2)),
                fork(between, 3),
            ),
        ),
        ("fork-first", "the first of an epoch names one before it", (fork(first, 1),)),
    ]
    return [StreamCase(name, title, "7.2", steps) for name, title, steps in rows]


def _numbers(write: Writer) -> list[StreamCase]:
    edge = write.data("edge", WINDOW, fresh("edge"))
    beyond = write.data("beyond", WINDOW + 1, edge.id)
    last = write.data("last", 2**63 - 1, fresh("last"))
    one = write.data("a1", 1)
    gaps = ((1, 4096),)
    rows = [
        ("window-edge", "16,384 ahead", (kept(edge, "ahead", 0, *gaps),)),
        (
            "window",
            "16,385 ahead of what is complete; kept once it no longer is",
            (
                Arrival(beyond, "dropped", "window", gaps=gaps),
                kept(one, "next", 1, (2, 4097)),
                kept(beyond, "ahead", 1, (2, 4097)),
            ),
        ),
        (
            "window-last",
            "the last number there is",
            (Arrival(last, "dropped", "window", gaps=gaps),),
        ),
    ]
    for seq, name in ((0, "sequence-0"), (2**63, "sequence-2-63"), (2**64 - 1, "sequence-2-64")):
        sent = write.data(name, seq)
        rows.append((name, f"number {seq:,}", (Arrival(sent, "quarantined", "sequence"),)))
    return [StreamCase(name, title, "7.2", steps) for name, title, steps in rows]


def _epochs(write: Writer) -> list[StreamCase]:
    one, two, _ = _chain(write)
    newer = write.data("d1", 1, epoch=EPOCH + 10)
    open_ones = Writer(1)
    many = tuple(
        open_ones.data(f"e{number}", 2, fresh("before"), epoch=EPOCH + number)
        for number in range(1, 65)
    )
    full = write.data("e65", 1, epoch=EPOCH + 65)
    known = write.data("e1-first", 3, many[0].id, epoch=EPOCH + 1)
    waiting = tuple(kept(sent, "ahead", 0, (1, 1)) for sent in many)
    return [
        StreamCase(
            "epoch-lower",
            "an older epoch after a newer one",
            "7.3",
            (kept(newer, "next", 1), kept(one, "next", 1)),
        ),
        StreamCase(
            "epoch-reopened",
            "an epoch was closed and one more envelope of it comes",
            "7.3",
            (kept(one, "next", 1), kept(newer, "next", 1), kept(two, "next", 2)),
        ),
        StreamCase(
            "epoch",
            "64 epochs are open: another is not kept, one of them is",
            "7.2",
            (*waiting, Arrival(full, "dropped", "epoch"), kept(known, "ahead", 0, (1, 1))),
        ),
    ]


def _closed(write: Writer) -> list[StreamCase]:
    one = write.data("a1", 1)
    two = write.data("a2", 2, one.id)
    twin = write.data("b1", 1)
    named = write.sent(
        "closes-a1", 2, one.id, epoch=EPOCH, records=(tombstone(502, EPOCH, 1, one.id),)
    )
    blank = write.sent(
        "closes-1", 2, one.id, epoch=EPOCH, records=(tombstone(503, EPOCH, 1, NONE),)
    )
    beyond = write.sent(
        "closes-2", 3, two.id, epoch=EPOCH, records=(tombstone(504, EPOCH, 1, fresh("x")),)
    )
    rows = [
        (
            "closed",
            "a Tombstone fills its position; what it closed may come, another may not",
            (
                control(named, "next", 2),
                kept(one, "late", 2),
                fork(twin, 2, by=one.id),
            ),
        ),
        (
            "closed-other",
            "another envelope than the one that was closed",
            (control(named, "next", 2), fork(twin, 2, by=one.id)),
        ),
        (
            "closed-blank",
            "a Tombstone of zeros: whatever comes is judged",
            (control(blank, "next", 2), kept(twin, "late", 2)),
        ),
        (
            "closed-filled",
            "a Tombstone of a position that is filled changes nothing",
            (kept(one, "next", 1), control(beyond, "ahead", 1, (2, 2)), kept(two, "next", 3)),
        ),
    ]
    return [StreamCase(name, title, "6.5", steps) for name, title, steps in rows]


def _times(write: Writer) -> list[StreamCase]:
    soon = NOW_MS + 11 * MINUTE_MS
    ahead = write.data("soon", 1, created_ms=soon)
    edge = write.data("edge-of-soon", 1, created_ms=NOW_MS + 10 * MINUTE_MS)
    expired = write.data("late", 1, created_ms=NOW_MS - DAY_MS, expires_ms=NOW_MS)
    closes = (tombstone(505, EPOCH, 1, expired.id),)
    closing = write.sent("closes-late", 2, expired.id, epoch=EPOCH, records=closes)
    told = write.sent(
        "open-late",
        1,
        NONE,
        epoch=EPOCH,
        records=(stream_open(506),),
        created_ms=NOW_MS - DAY_MS,
        expires_ms=NOW_MS,
    )
    long = write.data("long", 1, expires_ms=NOW_MS - 2_000 + 30 * DAY_MS + 1)
    waits = Arrival(ahead, "deferred", "created_in_future")
    late = Arrival(expired, "deferred", "expired")
    ripe = replace(kept(ahead, "next", 1), sent=None, now_ms=soon - 10 * MINUTE_MS)
    rows = [
        (
            "deferred",
            "from eleven minutes ahead: held, and judged again when the clock allows",
            (waits, ripe),
        ),
        ("skew", "from exactly ten minutes ahead", (kept(edge, "next", 1),)),
        (
            "expired",
            "it expires in this millisecond, twice; its sender closes the position",
            (late, late, control(closing, "next", 2)),
        ),
        (
            "expired-control",
            "control may come at any time",
            (control(told, "next", 1),),
        ),
        (
            "lifetime",
            "it lives too long; its position is filled",
            (replace(kept(long, "next", 1), verdict="refused", reason="lifetime"),),
        ),
    ]
    return [StreamCase(name, title, "4.2", steps) for name, title, steps in rows]


def _spoilt(write: Writer) -> list[StreamCase]:
    """What cannot be read fills its position, where that is proved."""
    tag = write.data("tag", 1, aad=b"another core")
    two = write.data("after-tag", 2, tag.id)
    lost = write.data("lost", 1, to=(replace(us(write.suite), key=opener("nobody", write.suite)),))
    unsigned = write.data("unsigned", 1, signature=lambda _: bytes(64))
    stranger = write.data("stranger", 1, signer=signer("nobody"))
    revoked = write.data("revoked", 1, signer=signer("ge-revoked"))
    refused = replace(kept(tag, "next", 1), verdict="refused", reason="payload_tag")
    rows = [
        (
            "spoilt",
            "it does not open although its position is proved",
            (refused, kept(two, "next", 2)),
        ),
        ("unopened", "its position is not known", (Arrival(lost, "unopened", "key_unknown"),)),
        ("unsigned", "nothing of it is authentic", (Arrival(unsigned, "dropped", "signature"),)),
        ("held", "its key may be delegated yet", (Arrival(stranger, "held", "unknown_signer"),)),
        (
            "revoked",
            "a thief may have made it",
            (Arrival(revoked, "quarantined", "signer_revoked"),),
        ),
    ]
    return [StreamCase(name, title, "4.2", steps) for name, title, steps in rows]
