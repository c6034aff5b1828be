"""What is kept of a release, and what a later version has to find in it.

A release keeps, in tests/releases/VERSION/: the schema's image (proto/check.py), a store with
something of everything in it, envelopes of both suites, and the statements of a small network.
`tests/keep_release.py` writes them once; tests/unit/release reads them with today's code.
"""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import builders_seal
import builders_store as kept
import builders_trust
from corridor.errors import Reason
from corridor.exchange.values import Held, InStream, Position, Quarantined, Verdict
from corridor.seal.envelope import open_frame, seal
from corridor.seal.frame import parse_frame
from corridor.seal.keys import DecryptionKey
from corridor.store.sqlite import SqliteStore
from corridor.transit.parties import Endpoint
from corridor.trust.view import TrustView, build_view

RELEASES = Path(__file__).parent / "releases"
MRN = "26TR0100000000001"
SUITES = (1, 2)


def write_store(path: Path) -> None:
    """Write a store that holds records in every state of their way."""
    with SqliteStore.open(path, kept.KEY) as store:
        with store.transaction() as change:
            for number in range(1, 8):
                change.accept(
                    kept.submission(number, terms=(("mrn", MRN),) if number == 1 else ()),
                    kept.NOW_MS + number,
                )
            rows = [one.row for one in change.waiting(kept.GE, kept.submission(1).lane, 10)]
            receipted = kept.sealed(1, tuple(rows[:2]))
            change.keep_sealed(receipted)
            change.keep_sealed(kept.sealed(2, tuple(rows[2:5])))
            change.close_sealed(
                kept.GE, kept.verdict_on(receipted, Verdict.ACCEPTED), kept.NOW_MS + 500
            )
        with store.transaction() as change:
            change.keep_received(kept.received(1, kept.incoming(0, 101), kept.incoming(1, 102)))
            change.keep_received(kept.received(3, kept.incoming(0, 103)))
            change.put_in_stream(
                InStream(kept.GE, 1, complete_to=1, head_id=kept.envelope_id(1), highest=3)
            )
            change.put_tombstone(kept.TR, Position(1, 4), kept.envelope_id(4), kept.NOW_MS)
            change.quarantine(Quarantined("TR", Reason.SIGNATURE, b"not theirs", kept.NOW_MS))
            change.hold(
                Held("TR", kept.TR, Reason.DIRECTORY_UNKNOWN, b"too early", kept.NOW_MS), 64
            )
            change.put_setting("kept", b"value")


def describe_store(store: SqliteStore) -> dict[str, Any]:
    """Say what a node would read of a store, in plain JSON."""
    with store.reading() as view:
        size, root = view.log_head()
        found = {
            "log": [size, root.hex()],
            "inbox": [
                [one.cursor, one.record_id.hex(), one.entry.hex()] for one in view.inbox(0, 99)
            ],
            "outcomes": [
                [one.cursor, one.record_id.hex(), int(one.verdict)] for one in view.outcomes(0, 99)
            ],
            "waiting": [
                [one.record_id.hex(), one.entry.hex()]
                for one in view.waiting(kept.GE, kept.submission(1).lane, 99)
            ],
            "owed": [[one.position.epoch, one.position.seq] for one in view.owed(kept.GE, 99)],
            "out_head": asdict(view.out_stream(kept.GE).last)["seq"],
            "in_stream": [
                [one.epoch, one.complete_to, one.highest, [seq for seq, _, _ in one.ahead]]
                for one in view.in_streams(kept.GE)
            ],
            "frames": [
                frame.hex() for _, frame in view.frames(kept.GE, [Position(1, 1), Position(1, 2)])
            ],
            "setting": (view.setting("kept") or b"").hex(),
        }
    found["unreceipted"] = [
        [one.position.seq, one.size_bytes] for one in store.unreceipted(kept.GE)
    ]
    found["found"] = [one.hex() for one in store.find("mrn", MRN, 9)]
    found["counts"] = store.counts()
    plain: dict[str, Any] = json.loads(json.dumps(found))
    return plain


def make_envelopes() -> list[dict[str, Any]]:
    """Seal the same records under each suite, with the keys that open them."""
    made = []
    for suite in SUITES:
        key = builders_seal.decryption_key(suite)
        records = [builders_seal.entry(number) for number in (1, 2, 3)]
        sealed = seal(builders_seal.draft(suite), records, builders_seal.signing_key())
        made.append(
            {
                "suite": suite,
                "recipient": builders_seal.RECIPIENT,
                "sender_public": builders_seal.signing_key().public.hex(),
                "key": key.to_bytes().hex(),
                "envelope_id": sealed.envelope_id.hex(),
                "frame": sealed.frame.hex(),
                "records": [record.hex() for record in records],
            }
        )
    return made


def open_envelope(case: dict[str, Any]) -> tuple[str, list[str]]:
    """Open a kept envelope as its recipient; returns its id and records in hexadecimal."""
    frame = parse_frame(bytes.fromhex(case["frame"]))
    key = DecryptionKey.from_bytes(bytes.fromhex(case["key"]))
    opened = open_frame(frame, Endpoint(case["recipient"]), key)
    return frame.envelope_id.hex(), [record.hex() for record in opened.records]


def make_statements() -> dict[str, Any]:
    """Write the statements of a small network, and what a node must believe by them."""
    world = builders_trust.make_world()
    return {
        "genesis_hash": world.genesis_hash.hex(),
        "now_ms": world.now_ms,
        "statements": [one.hex() for one in world.statements()],
        "believed": describe_view(world.view(), world.now_ms),
    }


def read_statements(case: dict[str, Any]) -> TrustView:
    """Build today's view from kept statements."""
    return build_view(
        bytes.fromhex(case["genesis_hash"]),
        [bytes.fromhex(one) for one in case["statements"]],
        case["now_ms"],
    )


def describe_view(view: TrustView, now_ms: int) -> dict[str, Any]:
    """Say what a view means, in plain JSON."""
    me = builders_trust.GE
    return {
        "network_id": view.network_id.hex(),
        "directory": [view.dir_version, view.dir_hash.hex()],
        "members": sorted(one.endpoint for one in view.members()),
        "sealing_keys": {
            peer: view.sealing_key(peer, now_ms).key_id.hex() for peer in view.partners(me, now_ms)
        },
        "authorised": [
            number
            for number in builders_trust.ALL_TYPES
            if view.authorises(me, builders_trust.TR, number, now_ms)
        ],
    }
