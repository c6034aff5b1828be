"""The node against the published vectors, and the vectors against the testkit that made them."""

import json
import re
import subprocess
import sys
from collections.abc import Sequence
from typing import Any

import pytest

from builders_vectors import VECTORS, WorldTrust, load, own_keys_of
from corridor.errors import Reason, Refused
from corridor.exchange.parts import REAL_SEALS, Examination, Identity
from corridor.exchange.receive import (
    SPOILT,
    UNSIGNED,
    Disposal,
    Judged,
    Means,
    Refusal,
    Unopened,
    identify,
    judge,
)
from corridor.seal import envelope, frame, hpke, keys, merkle, padding, pae
from corridor.transit.parties import Endpoint
from testkit.vectors import documents


def cases(name: str) -> list[Any]:
    return [pytest.param(case, id=case["name"]) for case in load(name)["cases"]]


def whole(case: dict[str, Any]) -> bytes:
    return bytes.fromhex(case["frame"]) + bytes(case.get("appended_zeros", 0))


@pytest.fixture(scope="module")
def world() -> dict[str, Any]:
    return load("world.json")


@pytest.fixture(scope="module")
def own_keys(world: dict[str, Any]) -> dict[bytes, keys.DecryptionKey]:
    return own_keys_of(world)


def _examine(entries: Sequence[object], _country: str) -> list[Examination]:
    return [Examination() for _ in entries]


def receive(
    case: dict[str, Any], world: dict[str, Any], own_keys: dict[bytes, keys.DecryptionKey]
) -> str:
    """Return the label of what the node's own pipeline makes of a case."""
    trust = WorldTrust(world, case["min_suite"])
    identity = Identity(Endpoint(world["me"]), keys.SigningKey.generate(), own_keys)
    means = Means(identity, trust, REAL_SEALS, _examine)
    found = identify(case["link"], whole(case), means)
    if isinstance(found, Refusal):
        return found.reason.label
    judged = judge(found, means, world["now_ms"])
    if isinstance(judged, Refusal | Unopened):
        return judged.reason.label
    assert isinstance(judged, Judged)
    reason = judged.deferred or judged.reason
    return reason.label if reason else "accepted"


def disposal(case: dict[str, Any]) -> str:
    """Return what the node does after a refusal, by its own tables."""
    reason = next(reason for reason in Reason if reason.label == case["reason"])
    if case["step"] in {"R10", "R11", "R12"}:
        return "undecryptable"
    if reason in {Reason.CREATED_IN_FUTURE, Reason.EXPIRED}:
        return "deferred"
    if reason in SPOILT or case["step"] == "R9":
        return "verdict"
    kept = UNSIGNED.get(reason, Disposal.DROPPED)
    words = {Disposal.DROPPED: "drop", Disposal.HELD: "hold", Disposal.QUARANTINED: "quarantine"}
    return words[kept]


@pytest.mark.parametrize("case", cases("refused.json"))
def test_a_wrong_envelope_is_refused_for_its_one_reason(
    case: dict[str, Any], world: dict[str, Any], own_keys: dict[bytes, keys.DecryptionKey]
) -> None:
    assert receive(case, world, own_keys) == case["reason"]
    assert disposal(case) == case["then"]


@pytest.mark.parametrize("case", cases("accepted.json"))
def test_a_right_envelope_opens_to_what_was_sealed(
    case: dict[str, Any], world: dict[str, Any], own_keys: dict[bytes, keys.DecryptionKey]
) -> None:
    assert receive(case, world, own_keys) == "accepted"
    parsed = frame.parse_frame(whole(case))
    place = frame.place_of(parsed.header, Endpoint(world["me"]))
    key = own_keys[parsed.header.recipients[place].enc_key_id]
    opened = envelope.open_frame(parsed, Endpoint(world["me"]), key)
    expected = case["opened"]
    assert parsed.envelope_id.hex() == expected["envelope_id"]
    assert (opened.epoch, opened.seq) == (expected["epoch"], expected["sequence"])
    assert opened.prev.hex() == expected["previous"]
    assert opened.seed.hex() == expected["disclosure_seed"]
    assert opened.payload_root.hex() == expected["payload_root"]
    assert len(opened.records) == expected["record_count"]
    if "records" in expected:
        assert [record.hex() for record in opened.records] == expected["records"]


def test_every_reason_of_r0_to_r16_has_a_vector() -> None:
    seen = {case["reason"] for case in load("refused.json")["cases"]}
    wanted = {reason.label for reason in Reason if reason < Reason.FORK}
    wanted |= {"wrong_link", "unknown_sender", "sender_suspended", "unknown_signer"}
    wanted |= {"signer_expired", "signer_revoked", "directory_unknown", "equivocation"}
    wanted |= {"created_in_future", "expired", "lifetime", "no_agreement"}
    assert wanted - seen == set()


ONE_SUITE_ONLY = {
    "frame_too_large": "found before the suite is read",
    "magic": "found before the suite is read",
    "truncated": "found before the suite is read",
    "trailing_bytes": "found before the suite is read",
    "header_size": "found before the suite is read",
    "version": "found before the suite is read",
    "suite": "the suite is neither",
    "suite_policy": "no suite is above the second",
}


def test_every_refusal_that_can_has_a_vector_of_each_suite() -> None:
    seen: dict[str, set[int]] = {}
    for case in load("refused.json")["cases"]:
        suite = int.from_bytes(bytes.fromhex(case["frame"])[9:11])
        seen.setdefault(case["reason"], set()).add(suite)
    lacking = {reason for reason, suites in seen.items() if not {1, 2} <= suites}
    assert lacking == ONE_SUITE_ONLY.keys()


@pytest.mark.parametrize("walk", load("walkthrough.json")["envelopes"], ids=lambda w: w["name"])
def test_sealing_takes_the_steps_of_the_walkthrough(walk: dict[str, Any]) -> None:
    seed = bytes.fromhex(walk["disclosure_seed"])
    records = [bytes.fromhex(record) for record in walk["records"]]
    salts = merkle.leaf_salts(seed, len(records))
    assert [salt.hex() for salt in salts] == walk["salts"]
    assert [leaf.hex() for leaf in merkle.record_leaves(salts, records)] == walk["leaves"]
    assert merkle.payload_root(seed, records).hex() == walk["payload_root"]
    assert padding.padded_length(len(walk["body"]) // 2) == walk["padded_length"]
    assert frame.envelope_id(bytes.fromhex(walk["header"])).hex() == walk["envelope_id"]


def test_the_node_seals_suite_one_to_the_same_bytes_as_the_testkit(
    world: dict[str, Any],
) -> None:
    walk = load("walkthrough.json")["envelopes"][0]
    case = next(c for c in load("accepted.json")["cases"] if c["name"] == walk["name"])
    header = frame.parse_frame(whole(case)).header
    recipient = header.recipients[0]
    own = next(k for k in world["decryption_keys"] if k["key_id"] == recipient.enc_key_id.hex())
    signer = next(k for k in world["signing_keys"] if k["key_id"] == header.signer_key_id.hex())
    opened = case["opened"]
    draft = envelope.Draft(
        header.network_id,
        header.sender,
        recipient.endpoint,
        header.dir_version,
        header.dir_hash,
        header.bundle_hash,
        header.created_ms,
        header.expires_ms,
        header.lane,
        header.suite,
        recipient.enc_key_id,
        bytes.fromhex(own["public"]),
        opened["epoch"],
        opened["sequence"],
        bytes.fromhex(opened["previous"]),
    )
    draws = [walk[name] for name in ("disclosure_seed", "content_key", "blind")]
    draws.append(walk["coins"][0][:64])
    given = iter(bytes.fromhex(draw) for draw in draws)
    sealed = envelope._seal(
        draft,
        [bytes.fromhex(record) for record in walk["records"]],
        keys.SigningKey.from_seed(bytes.fromhex(signer["seed"])),
        lambda count: next(given)[:count],
    )
    assert sealed.frame == whole(case)
    assert sealed.header.hex() == walk["header"]
    assert sealed.envelope_id.hex() == walk["envelope_id"]


def test_signing_inputs_and_key_ids_agree() -> None:
    document = load("signing.json")
    for row in document["signing_inputs"]:
        body = bytes.fromhex(row["body"])
        key = keys.SigningKey.from_seed(bytes.fromhex(row["seed"]))
        assert pae.signing_input(row["payload_type"], body).hex() == row["signing_input"]
        assert key.sign(row["payload_type"], body).hex() == row["signature"]
    for row in document["key_ids"]:
        assert keys.key_id(row["algorithm"], bytes.fromhex(row["public"])).hex() == row["key_id"]


def test_hpke_opens_what_the_testkit_sealed() -> None:
    for row in load("signing.json")["hpke"]:
        secret = bytes.fromhex(row["secret"])
        opened = hpke.open_from(
            hpke.load_secret(row["suite"], secret),
            hpke.public_of(row["suite"], secret),
            bytes.fromhex(row["info"]),
            bytes.fromhex(row["sealed"]),
        )
        assert opened == bytes.fromhex(row["plain"])


@pytest.mark.parametrize("row", load("ed25519.json")["signatures"], ids=lambda r: r["title"])
def test_a_signature_is_judged_as_rule_e2_says(row: dict[str, Any]) -> None:
    from_file = load("ed25519.json")
    public, message = (bytes.fromhex(from_file[name]) for name in ("public", "message"))
    signature = bytes.fromhex(row["signature"])
    assert keys.ed25519_verify(public, message, signature) is row["accepted"]


@pytest.mark.parametrize(
    "row", load("ed25519.json")["admission"], ids=lambda r: f"{r['algorithm']}-{r['title']}"
)
def test_a_key_is_admitted_as_rule_e1_says(row: dict[str, Any]) -> None:
    public = bytes.fromhex(row["public"])
    if row["admitted"]:
        keys.admit_public_key(row["algorithm"], public)
        return
    with pytest.raises(Refused) as caught:
        keys.admit_public_key(row["algorithm"], public)
    assert caught.value.reason is Reason.KEY_ADMISSION


def test_padded_lengths_agree() -> None:
    for row in load("padding.json")["lengths"]:
        assert padding.padded_length(row["body"]) == row["padded"]


def test_roots_agree() -> None:
    document = load("merkle.json")
    seed = bytes.fromhex(document["disclosure_seed"])
    records = [bytes.fromhex(record) for record in document["records"]]
    for row in document["payload_roots"]:
        root = merkle.payload_root(seed, records[: row["count"]])
        assert root.hex() == row["payload_root"]
    log = merkle.LogTree()
    for entry, root in zip(document["log_entries"], document["log_roots"], strict=True):
        log = log.appended(merkle.log_leaf(bytes.fromhex(entry)))
        assert log.root().hex() == root


def test_the_published_files_are_what_the_testkit_makes() -> None:
    for name, document in documents().items():
        text = json.dumps(document, indent=1, ensure_ascii=True) + "\n"
        assert (VECTORS / name).read_text(encoding="ascii") == text, f"{name}: run make vectors"


def test_what_makes_the_vectors_shares_no_code_with_the_node() -> None:
    program = (
        "import sys; import testkit.vectors; "
        "sys.exit(any(name.split('.')[0] in ('corridor', 'cryptography') for name in sys.modules))"
    )
    tests = str(VECTORS.parents[1] / "tests")
    done = subprocess.run([sys.executable, "-c", program], cwd=tests, check=False)
    assert done.returncode == 0


def test_the_protocol_lists_every_reason_with_its_number() -> None:
    text = (VECTORS.parent / "PROTOCOL.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (\d+) \| `([a-z_]+)` \|", text, re.MULTILINE)
    assert rows == [(str(int(reason)), reason.label) for reason in Reason]


def test_the_protocol_lists_every_payload_type() -> None:
    text = (VECTORS.parent / "PROTOCOL.md").read_text(encoding="utf-8")
    statements = [kind for kind in pae.PayloadType if f"`{kind}`" not in text]
    assert statements == []
