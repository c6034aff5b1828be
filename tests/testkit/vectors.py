"""The published vectors: the testkit's cases as JSON documents."""

from typing import Any

from testkit import curve, hpke
from testkit import envelopes as kit
from testkit.acceptances import acceptances
from testkit.case import ACCEPTED, Case, then
from testkit.chunks import chunks
from testkit.control_cases import control_cases
from testkit.long_records import long_records
from testkit.record_cases import record_cases
from testkit.records import records, with_twins
from testkit.right import right_cases
from testkit.statement_vectors import statements
from testkit.stream_cases import stream_cases
from testkit.streams import streams
from testkit.world import (
    AGREEMENTS,
    DIRECTORIES,
    ME,
    MEMBERS,
    NETWORK_ID,
    NOW_MS,
    OWN_KEYS,
    SENDER,
    SIGNERS,
    opener,
    signer,
)
from testkit.wrong_contents import wrong_contents
from testkit.wrong_frames import wrong_frames
from testkit.wrong_signatures import wrong_signatures

Document = dict[str, Any]
_WALKED = ("suite1-five-records", "suite2-one-record")
_MIXED_TITLE = "a good key plus the point of order 2 (CVE-2025-69277)"


def all_cases() -> list[Case]:
    """Return every case, right ones first, then in the order of the steps."""
    return [*right_cases(), *wrong_frames(), *wrong_signatures(), *wrong_contents()]


def documents() -> dict[str, Document]:
    """Return every file of proto/vectors by name."""
    cases = all_cases()
    return {
        "world.json": _world(),
        "accepted.json": {"cases": [_accepted(c) for c in cases if c.expect == ACCEPTED]},
        "refused.json": {"cases": [_refused(c) for c in cases if c.expect != ACCEPTED]},
        "walkthrough.json": {"envelopes": [_walk(c) for c in cases if c.name in _WALKED]},
        "signing.json": _signing(),
        "ed25519.json": _ed25519(),
        "padding.json": _padding(),
        "merkle.json": _merkle(),
        "chunks.json": chunks(),
        "acceptances.json": acceptances(),
        "long.json": long_records(),
        "statements.json": statements(),
        "streams.json": streams(stream_cases()),
        "records.json": records(with_twins([*record_cases(), *control_cases()])),
    }


def _world() -> Document:
    return {
        "about": "what the receiver of accepted.json and refused.json knows",
        "now_ms": NOW_MS,
        "network_id": NETWORK_ID.hex(),
        "me": ME.decode(),
        "members": [
            {"endpoint": name.decode(), "status": state} for name, state in MEMBERS.items()
        ],
        "agreements": [
            {"sender": sender.decode(), "recipient": recipient.decode()}
            for sender, recipient in AGREEMENTS
        ],
        "directories": [
            {"version": version, "hash": value.hex()} for version, value in DIRECTORIES.items()
        ],
        "signing_keys": [
            {
                "endpoint": known.endpoint.decode(),
                "usage": known.usage,
                "key_id": known.key.key_id.hex(),
                "public": known.key.public.hex(),
                "seed": known.key.seed.hex(),
                "not_before_ms": known.not_before_ms,
                "not_after_ms": known.not_after_ms,
                "revoked": known.revoked,
            }
            for known in SIGNERS
        ],
        "decryption_keys": [
            {
                "suite": own.suite,
                "key_id": own.key.key_id.hex(),
                "public": own.key.public.hex(),
                "secret": own.key.secret.hex(),
                "accept_until_ms": own.accept_until_ms,
            }
            for own in OWN_KEYS
        ],
    }


def _common(case: Case) -> Document:
    document: Document = {
        "name": case.name,
        "title": case.title,
        "link": case.link,
        "min_suite": case.min_suite,
        "frame": case.frame.hex(),
    }
    if case.appended_zeros:
        document["appended_zeros"] = case.appended_zeros
    return document


def _refused(case: Case) -> Document:
    return {
        **_common(case),
        "step": case.step,
        "reason": case.expect,
        "then": then(case.expect),
    }


def _accepted(case: Case) -> Document:
    built, spec = case.built, case.spec
    assert built is not None
    assert spec is not None
    opened: Document = {
        "envelope_id": built.envelope_id.hex(),
        "payload_root": built.payload_root.hex(),
        "epoch": spec.epoch,
        "sequence": spec.seq,
        "previous": spec.prev.hex(),
        "disclosure_seed": built.seed.hex(),
        "record_count": len(spec.records),
    }
    if len(spec.records) <= 5:
        opened["records"] = [entry.hex() for entry in spec.records]
    else:
        opened["records_sha256"] = kit.h(b"".join(spec.records)).hex()
    return {**_common(case), "opened": opened}


def _walk(case: Case) -> Document:
    built, spec = case.built, case.spec
    assert built is not None
    assert spec is not None
    return {
        "name": case.name,
        "suite": spec.suite,
        "coins": [kit.fresh(f"{spec.label}/coins/0", 64).hex()],
        "content_key": built.content_key.hex(),
        "blind": built.blinds[0].hex(),
        "disclosure_seed": built.seed.hex(),
        "records": [entry.hex() for entry in spec.records],
        "salts": [salt.hex() for salt in built.salts],
        "leaves": [leaf.hex() for leaf in built.leaves],
        "payload_root": built.payload_root.hex(),
        "body": built.body.hex(),
        "padded_length": len(built.padded),
        "prk": built.prk.hex(),
        "core": built.core.hex(),
        "core_sha256": kit.h(built.core).hex(),
        "payload_key": built.payload_key.hex(),
        "payload_nonce": built.nonce.hex(),
        "wraps": [wrap.hex() for wrap in built.wraps],
        "ct_sha256": kit.h(built.ct).hex(),
        "header": built.header.hex(),
        "signature": built.signature.hex(),
        "envelope_id": built.envelope_id.hex(),
    }


def _signing() -> Document:
    body = b"payload"
    return {
        "signing_inputs": [
            {
                "payload_type": kit.HEADER_TYPE,
                "body": text.hex(),
                "signing_input": kit.pae(kit.HEADER_TYPE, text).hex(),
                "seed": signer("ge").seed.hex(),
                "signature": signer("ge").sign(kit.HEADER_TYPE, text).hex(),
            }
            for text in (b"", body, b"0" * 1000)
        ],
        "key_ids": [
            {
                "algorithm": 1,
                "public": signer("ge").public.hex(),
                "key_id": signer("ge").key_id.hex(),
            },
            *(
                {
                    "algorithm": suite + 1,
                    "secret": opener("tr", suite).secret.hex(),
                    "public": opener("tr", suite).public.hex(),
                    "key_id": opener("tr", suite).key_id.hex(),
                }
                for suite in (1, 2)
            ),
        ],
        "hpke": [_hpke(suite) for suite in (1, 2)],
        "sender": SENDER.decode(),
    }


def _hpke(suite: int) -> Document:
    key, coins = opener("tr", suite), kit.fresh(f"hpke/{suite}", 64)
    sealed = hpke.seal(suite, key.public, b"info", b"plain", coins)
    return {
        "suite": suite,
        "secret": key.secret.hex(),
        "coins": coins.hex(),
        "info": b"info".hex(),
        "plain": b"plain".hex(),
        "sealed": sealed.hex(),
    }


def _ed25519() -> Document:
    seed, message = signer("ge").seed, b"corridor"
    public = curve.secret_of(seed).public
    good = curve.sign(seed, message)
    torsion = curve.sign(seed, message, curve.order_eight())
    mixed = curve.with_torsion(public, curve.order_two())
    top = (curve.P + 3).to_bytes(32, "little")
    signatures = [
        ("good", good, True),
        ("R has a part of order 8", torsion, False),
        ("S plus the group order", curve.non_canonical_s(good), False),
        ("R is the identity", curve.encode(curve.IDENTITY) + good[32:], False),
        ("S is 0, R is the identity", curve.encode(curve.IDENTITY) + bytes(32), False),
        ("one bit differs", bytes([good[0] ^ 1]) + good[1:], False),
        ("63 bytes", good[:-1], False),
        ("65 bytes", good + b"\0", False),
    ]
    mlkem = opener("tr", 2).public
    too_large = b"\xff\xff\xff" + mlkem[3:]
    keys = [
        (1, "good", public, True),
        (1, "the identity", curve.encode(curve.IDENTITY), False),
        (1, "order 2", curve.encode(curve.order_two()), False),
        (1, "order 8", curve.encode(curve.order_eight()), False),
        (1, _MIXED_TITLE, mixed, False),
        (1, "a good key plus a point of order 8", _mixed(public), False),
        (1, "not canonical (y = p + 3)", top, False),
        (1, "no point", (2).to_bytes(32, "little"), False),
        (1, "31 bytes", public[:-1], False),
        (2, "good", opener("tr", 1).public, True),
        (2, "small order (0)", bytes(32), False),
        (2, "small order (1)", (1).to_bytes(32, "little"), False),
        (2, "not canonical (u = p + 9)", (curve.P + 9).to_bytes(32, "little"), False),
        (2, "33 bytes", opener("tr", 1).public + b"\0", False),
        (3, "good", mlkem, True),
        (3, "X25519 part of small order", mlkem[:1184] + bytes(32), False),
        (3, "an ML-KEM coefficient above q", too_large, False),
        (3, "1,215 bytes", mlkem[:-1], False),
        (4, "unknown algorithm", public, False),
    ]
    return {
        "public": public.hex(),
        "message": message.hex(),
        "signatures": [
            {"title": title, "signature": data.hex(), "accepted": verdict}
            for title, data, verdict in signatures
        ],
        "admission": [
            {"algorithm": algorithm, "title": title, "public": data.hex(), "admitted": verdict}
            for algorithm, title, data, verdict in keys
        ],
    }


def _mixed(public: bytes) -> bytes:
    return curve.with_torsion(public, curve.order_eight())


def _padding() -> Document:
    lengths = (0, 1, 2043, 2044, 2045, 2172, 2173, 3000, 102_000, 262_144, 1_000_000, 1_048_572)
    return {
        "lengths": [
            {"body": length, "padded": kit.padme(max(length + 4, 2048))} for length in lengths
        ]
    }


def _merkle() -> Document:
    seed = kit.fresh("merkle")
    records = [bytes([index]) * index for index in range(9)]
    rows = []
    for count in range(1, 10):
        leaves = kit.leaves_of(seed, tuple(records[:count]))
        rows.append({"count": count, "payload_root": kit.root_of(leaves).hex()})
    entries = [bytes([1]) + bytes(8) + kit.fresh(f"log/{index}", 64) for index in range(9)]
    leaves = [kit.h(b"\0corridor/v1/log-leaf\0" + entry) for entry in entries]
    return {
        "disclosure_seed": seed.hex(),
        "records": [entry.hex() for entry in records],
        "payload_roots": rows,
        "log_entries": [entry.hex() for entry in entries],
        "log_roots": [kit.merkle(leaves[:size]).hex() for size in range(1, 10)],
    }
