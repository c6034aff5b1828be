"""Envelopes that nobody should ever send: spoilt on the way, or made wrong by a member itself.

What comes from outside is a copy of a real envelope, changed. What a hostile member makes is built
from the text of PROTOCOL §3 with Azerbaijan's own keys (`testkit.envelopes`), while its node is
stopped: signed rightly, and wrong inside.
"""

import os
import time
from dataclasses import replace
from typing import Final

from chaos.cases.case import AZ, GE, TR, Scene, case
from chaos.cases.hands import Hands
from corridor.daemon.config import load_config
from corridor.daemon.keystore import KeyRole
from corridor.daemon.trust_keeper import open_keys, open_trust
from corridor.exchange.addresses import inbox_queue
from corridor.transit.parties import CountryCode
from testkit.envelopes import Opener, Signer, Spec, To, build, changed, fresh
from testkit.proto import record

_SUITE: Final = 2
_MIB: Final = 1 << 20
_HOUR_MS: Final = 3_600_000


@case(
    22,
    "Poison: spoilt, truncated, undecryptable, wrongly signed, replayed, for somebody else, over "
    "a wrong link; and a member that signs what is wrong inside",
    "each is refused by name, told or put aside, and acknowledged; what is good goes on meanwhile",
    quick=True,
    alone=True,
)
def poison(scene: Scene) -> None:
    scene.planted = 60
    _from_outside(scene)
    _from_a_member(scene)
    scene.expect(scene.complete(scene.submit(20)), "not complete after the poison")


def _from_outside(scene: Scene) -> None:
    frames = _copies(scene)
    frame = frames[0]
    ways = [
        (GE, TR, "one bit of the network's id", flip(frame, 16)),
        (GE, TR, "the last byte missing", frame[:-1]),
        (GE, TR, "half of it", frame[: len(frame) // 2]),
        (GE, TR, "a byte too many", frame + b"\0"),
        (GE, TR, "nothing at all", b""),
        (GE, TR, "1 MiB of noise", os.urandom(_MIB)),
        (GE, TR, "2 MiB behind the right magic", b"CRD1" + bytes(2 * _MIB)),
        (GE, TR, "a statement of noise", b"CRT1" + os.urandom(500)),
        (AZ, TR, "for somebody else", frame),
        (TR, AZ, "over a wrong link", frames[-1]),
    ]
    for code, link, what, data in ways:
        _refused(scene, code, link, what, data)
    known = scene.metric(GE, "corridor_envelopes_duplicate_total")
    # what is known by its header is not looked into again (PROTOCOL R3)
    signature = 8 + int.from_bytes(frame[4:8], "big") + 9
    for data in (*[frame] * 5, flip(frame, signature), flip(frame, len(frame) - 9)):
        put(scene, GE, TR, data)
    replayed = lambda: scene.metric(GE, "corridor_envelopes_duplicate_total") - known  # noqa: E731
    scene.expect(scene.wait(lambda: replayed() >= 7, 10), "a replay was not known as one")
    scene.note(f"{len(ways)} spoilt or misled envelopes refused by name; 7 replays known")


def _copies(scene: Scene) -> list[bytes]:
    """Return a data envelope from Türkiye to Georgia, and one of the other direction last."""
    found: list[bytes] = []
    for reader, sender in ((GE, TR), (TR, GE)):
        admin = scene.admin(reader)
        admin.copies()
        admin.copy_from(sender)
        scene.expect(scene.complete(scene.submit(6, sender)), "not complete before the poison")
        scene.wait(lambda a=admin: a.depth("lab.chaos") > 0, 15)
        made = [scene.body(copy) for copy in admin.copies()]
        admin.copy_no_more(sender)
        scene.need(made, "no copy of an envelope was made")
        found.append(max(made, key=len))
    return found


def flip(data: bytes, at: int) -> bytes:
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]


def put(scene: Scene, code: CountryCode, link: CountryCode, data: bytes) -> None:
    """Publish bytes as if they came over a link."""
    with Hands(scene.net.brokers[code].plan) as hands:
        hands.publish(f"from.{link}", data)


def _refused(scene: Scene, code: CountryCode, link: CountryCode, what: str, data: bytes) -> None:
    before = _refusals(scene, code)
    put(scene, code, link, data)
    named = scene.wait(lambda: _refusals(scene, code) > before, 10)
    scene.fired += named
    scene.expect(named, f"{what}: not refused by name")


def _refusals(scene: Scene, code: CountryCode) -> float:
    """Count what a node refused by name: frames, records, receipts and statements."""
    told = len(scene.events(code, "statement.refused"))
    return told + sum(
        scene.metric(code, name)
        for name in ("corridor_frames_refused_total", "corridor_records_refused_total")
    )


# -- a hostile member


def member(scene: Scene) -> Spec:
    """Return an envelope of Azerbaijan for Türkiye, the first of an epoch of its own."""
    config = load_config(scene.net.nodes[AZ].plan.config)
    reader = load_config(scene.net.nodes[TR].plan.config)
    now_ms = round(time.time() * 1000)
    view = open_trust(config).load(now_ms)
    (key, *_) = open_keys(config.keys).signing_keys(KeyRole.SIGN).values()
    opening = open_keys(reader.keys).decryption_keys().values()
    secret = next(one.to_bytes()[2:] for one in opening if one.suite == _SUITE)
    return Spec(
        label=f"hostile {now_ms}",
        suite=_SUITE,
        sender=str(config.endpoint).encode(),
        signer=Signer(key.to_bytes()),
        to=(To(str(reader.endpoint).encode(), Opener(_SUITE, secret)),),
        network_id=view.network_id,
        dir_version=view.dir_version,
        dir_hash=view.dir_hash,
        bundle_hash=view.bundle_hash(config.endpoint),
        created_ms=now_ms,
        expires_ms=now_ms + _HOUR_MS,
        records=(record(1, b"\x0a\x00"),),
        epoch=now_ms // 1000,
    )


def _from_a_member(scene: Scene) -> None:
    scene.net.node(AZ).stop()
    try:
        _play_hostile(scene)
    finally:
        scene.net.start_node(AZ)


def _play_hostile(scene: Scene) -> None:
    plain = member(scene)
    prev, seq = bytes(32), 0
    for what, parts in _hostile(plain):
        seq += 1
        spec = changed(plain, f"{plain.label} {what}", seq=seq, prev=prev, **parts)
        built = build(spec)
        _refused(scene, TR, AZ, f"member: {what}", built.frame)
        prev = built.envelope_id
    fork = build(changed(plain, f"{plain.label} fork", seq=1, records=(record(9, b"other"),)))
    _refused(scene, TR, AZ, "member: a second envelope at the same position", fork.frame)
    right = changed(plain, f"{plain.label} spoilt", seq=seq + 1, prev=prev)
    wrong = build(replace(right, signature=lambda signed: flip(signed, 9)))
    _refused(scene, TR, AZ, "member: one bit of the signature", wrong.frame)
    wrong = build(replace(right, frame=lambda frame: flip(frame, len(frame) - 9)))
    _refused(scene, TR, AZ, "member: one bit of the ciphertext", wrong.frame)
    empty = scene.wait(lambda: scene.admin(TR).depth(inbox_queue(AZ)) == 0, 15)
    scene.expect(empty, "poison stays in the inbox")
    scene.note(f"{seq + 3} envelopes of a member, wrong inside or wrongly signed, refused by name")


def _hostile(plain: Spec) -> list[tuple[str, dict[str, object]]]:
    """Name what a member may sign, and how it differs from what is right."""
    to = plain.to[0]
    foreign = Opener(_SUITE, fresh(f"{plain.label} stranger"))
    return [
        ("a record that is no protobuf", {"records": (record(1, b"\xff\xff\xff\xff"),)}),
        ("a truncated batch", {"body": b"\x0a\x20\x00\x01"}),
        ("a batch of noise", {"body": os.urandom(700)}),
        ("another root than its records'", {"payload_root": bytes(32)}),
        ("a record of an unknown type", {"records": (record(2, b"", record_type=9_999),)}),
        ("a key that nobody has", {"to": (To(to.endpoint, foreign),)}),
        ("sealed with another key than it names", {"to": (To(to.endpoint, foreign,
                                                            enc_key_id=to.key.key_id),)}),
        ("a wrong commitment to its key", {"key_commit": bytes(32)}),
    ]  # fmt: skip
