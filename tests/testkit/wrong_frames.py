"""Frames that are refused before anything is authentic: R0 to R4."""

from testkit.case import Case, as_twins, refused
from testkit.envelopes import To, fresh
from testkit.world import OTHER_NETWORK_ID, SENDER, opener, spec, us


def wrong_frames() -> list[Case]:
    """Return them in the order of the steps; twins of suite 2 where it has been read by then."""
    return [
        *_sizes(),
        *_before_suite(),
        *_of(1),
        *_suites(),
        *_wrap_lengths(),
        *_suite_policy(),
        *as_twins(_of(2)),
    ]


def _of(suite: int) -> list[Case]:
    return [*_layout(suite), *_header(suite), *_recipients(suite), *_context(suite)]


def _cut(start: int, end: int | None, new: bytes = b""):  # noqa: ANN202 - a small closure
    def change(data: bytes) -> bytes:
        stop = len(data) if end is None else end
        return data[:start] + new + data[stop:]

    return change


def _sizes() -> list[Case]:
    plain = spec("sizes", 1)
    rows = [
        ("too-large", "R0", "frame_too_large", "a frame one byte above the limit", None, 0),
        ("empty", "R1", "truncated", "nothing at all", _cut(0, None), 0),
        ("three-bytes", "R1", "truncated", "three bytes of the magic", _cut(3, None), 0),
        ("magic-crd2", "R1", "magic", "the magic of another version", _cut(0, 4, b"CRD2"), 0),
        ("magic-lower", "R1", "magic", "the magic in lower case", _cut(0, 4, b"crd1"), 0),
        ("statement-magic", "R1", "magic", "the magic of a statement", _cut(0, 4, b"CRT1"), 0),
        ("no-header-length", "R1", "truncated", "seven bytes", _cut(7, None), 0),
        (
            "header-size",
            "R1",
            "header_size",
            "a header length of 131,073",
            _cut(4, 8, (131_073).to_bytes(4, "big")),
            0,
        ),
        (
            "cut-in-header",
            "R1",
            "truncated",
            "the end of the header is missing",
            _cut(200, None),
            0,
        ),
        ("cut-in-ct", "R1", "truncated", "the last byte is missing", _last_byte_off, 0),
        ("trailing-byte", "R1", "trailing_bytes", "one byte follows the ciphertext", None, 1),
    ]
    cases = []
    for name, step, expect, title, change, zeros in rows:
        appended = 1_179_649 - 2_587 if name == "too-large" else zeros
        row = spec("sizes", 1, frame=change) if change else plain
        cases.append(refused(name, title, step, expect, row, appended_zeros=appended))
    return cases


def _last_byte_off(frame: bytes) -> bytes:
    return frame[:-1]


def _before_suite() -> list[Case]:
    """Refused before anybody knows the suite."""
    empty = spec("header-empty", 1, header=lambda _: b"")
    title = "a header of no bytes"
    versions = [
        refused(
            f"version-{v}", "another version", "R2", "version", spec(f"version-{v}", 1, version=v)
        )
        for v in (0, 2, 255)
    ]
    return [refused("header-empty", title, "R1", "header_malformed", empty), *versions]


def _layout(suite: int) -> list[Case]:
    return [
        refused(
            "header-short",
            "a header that ends one byte early",
            "R1",
            "header_malformed",
            spec("header-short", suite, header=lambda header: header[:-1]),
        ),
        refused(
            "header-trailing",
            "a byte after the ciphertext digest",
            "R1",
            "header_malformed",
            spec("header-trailing", suite, header_tail=b"\0"),
        ),
        *(
            refused(
                f"signature-mode-{mode}",
                "a reserved signature mode",
                "R1",
                "signature_mode",
                spec(f"signature-mode-{mode}", suite, signature_mode=mode),
            )
            for mode in (1, 2, 255)
        ),
    ]


def _header(suite: int) -> list[Case]:
    rows = [
        *((f"flag-{b}", "R2", "flags", "a reserved flag", {"flags": 1 << b}) for b in (0, 8, 15)),
        ("lane-3", "R1", "header_malformed", "a lane that does not exist", {"lane": 3}),
        ("lane-255", "R1", "header_malformed", "a lane that does not exist", {"lane": 255}),
        ("sender-empty", "R1", "header_malformed", "an empty sender", {"sender": b""}),
        ("sender-lower", "R1", "header_malformed", "a sender in lower case", {"sender": b"ge.rs"}),
        ("sender-utf8", "R1", "header_malformed", "not ASCII", {"sender": "GE.RÉ".encode()}),
        ("sender-newline", "R1", "header_malformed", "a newline behind", {"sender": b"GE.RS\n"}),
        ("padded-floor", "R1", "limits", "a padded length below the floor", {"padded_len": 2047}),
        ("padded-above", "R1", "limits", "a padded length above 1 MiB", {"padded_len": 2**20 + 1}),
        ("padded-other", "R1", "limits", "not the ciphertext's length", {"padded_len": 2176}),
    ]
    return [
        refused(name, title, step, expect, spec(name, suite, **parts))
        for name, step, expect, title, parts in rows
    ]


def _suites() -> list[Case]:
    return [
        refused(
            f"suite-{number}",
            "an unknown suite",
            "R2",
            "suite",
            spec(f"suite-{number}", 1, header=_cut(1, 3, number.to_bytes(2, "big"))),
        )
        for number in (0, 3, 0xFFFF)
    ]


def _recipients(suite: int) -> list[Case]:
    other = To(b"AZ.SCC", opener("az", suite))
    rows = [
        ("recipients-none", "no recipient", {"to": ()}),
        ("recipients-65", "65 recipients", {"recipient_count": 65}),
        ("recipient-twice", "a recipient named twice", {"to": (us(suite), other, us(suite))}),
        (
            "recipient-lower",
            "an endpoint in lower case",
            {"to": (To(b"tr.gtb", opener("tr", suite)),)},
        ),
        ("recipient-latin", "not ASCII", {"to": (To(b"TR.G\xdcB", opener("tr", suite)),)}),
    ]
    return [
        refused(name, title, "R1", "recipients", spec(name, suite, **parts))
        for name, title, parts in rows
    ]


def _wrap_lengths() -> list[Case]:
    cases = []
    for suite, lengths in ((1, (155, 157)), (2, (1243, 1245))):
        for length in lengths:
            name = f"wrap-{length}"
            wrap = us(suite, wrap=fresh(name, length))
            row = spec(name, suite, to=(wrap,))
            cases.append(refused(name, "a wrap of a wrong length", "R1", "wrap_length", row))
    other_suite = us(2, wrap=fresh("wrap-156-suite-2", 156))
    row = spec("wrap-other-suite", 2, to=(other_suite,))
    title = "a wrap of suite 1's length under suite 2"
    return [*cases, refused("wrap-other-suite", title, "R1", "wrap_length", row)]


def _suite_policy() -> list[Case]:
    title = "suite 1 where the directory demands suite 2, although the key is held"
    row = spec("suite-policy", 1)
    return [refused("suite-policy", title, "R2", "suite_policy", row, min_suite=2)]


def _context(suite: int) -> list[Case]:
    to_az = (To(b"AZ.SCC", opener("az", suite)),)
    return [
        refused(
            "network",
            "another network",
            "R2",
            "network",
            spec("network", suite, network_id=OTHER_NETWORK_ID),
        ),
        refused(
            "not-addressed",
            "an envelope for somebody else",
            "R4",
            "not_addressed",
            spec("not-addressed", suite, to=to_az),
        ),
        refused(
            "wrong-link",
            "a right envelope that came over another country's link",
            "R4",
            "wrong_link",
            spec("wrong-link", suite, sender=SENDER),
            link="AZ",
        ),
    ]
