"""Public vectors through the node's own doors. Skipped by name where they are not on the machine.

They are third-party data and not part of the repository: CORRIDOR_VECTORS names their folder,
else ../shared/vectors beside the checkout.
"""

import base64
import json
import os
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey
from nacl import bindings

from corridor.errors import Refused
from corridor.seal import hpke, keys, merkle, primitives
from testkit import hpke as kit_hpke

DEFAULT = Path(__file__).resolve().parents[4] / "shared" / "vectors"
FOLDER = Path(os.environ.get("CORRIDOR_VECTORS") or DEFAULT)
XWING_KEM = 0x647A
X25519_BITS = 2**255 - 1


def path_of(name: str) -> Path:
    path = FOLDER / name
    if not path.exists():
        pytest.skip(f"public vectors {name} are not on this machine (CORRIDOR_VECTORS)")
    return path


def load(name: str) -> Any:  # noqa: ANN401 - each file has a shape of its own
    return json.loads(path_of(name).read_text(encoding="utf-8"))


def rows_of(name: str) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    """Return (group, test) pairs of a Wycheproof file."""
    groups = load(f"wycheproof/{name}")["testGroups"]
    return [(group, test) for group in groups for test in group["tests"]]


def raw(text: str) -> bytes:
    return bytes.fromhex(text)


def test_wycheproof_ed25519() -> None:
    rows = rows_of("ed25519_test.json")
    for group, test in rows:
        accepted = primitives.ed25519_verify(
            raw(group["publicKey"]["pk"]), raw(test["msg"]), raw(test["sig"])
        )
        assert accepted is (test["result"] == "valid"), test
    assert len(rows) > 100


def test_wycheproof_x25519() -> None:
    for _, test in rows_of("x25519_test.json"):
        shared = primitives.x25519(raw(test["private"]), raw(test["public"]))
        if shared is None:
            assert "ZeroSharedSecret" in test["flags"], test
        else:
            assert shared == raw(test["shared"]), test


def test_wycheproof_x25519_keys_of_small_order_or_not_canonical_are_not_admitted() -> None:
    for _, test in rows_of("x25519_test.json"):
        bad = "ZeroSharedSecret" in test["flags"] or "NonCanonicalPublic" in test["flags"]
        public = raw(test["public"])
        bad = bad or int.from_bytes(public, "little") > X25519_BITS
        if bad:
            with pytest.raises(Refused):
                keys.admit_public_key(keys.X25519, public)


def test_wycheproof_xchacha20_poly1305() -> None:
    for _, test in rows_of("xchacha20_poly1305_test.json"):
        key, nonce, aad = (raw(test[name]) for name in ("key", "iv", "aad"))
        sealed = raw(test["ct"]) + raw(test["tag"])
        opened = primitives.payload_decrypt(key, nonce, sealed, aad)
        assert opened == (raw(test["msg"]) if test["result"] == "valid" else None), test
        if opened is not None:
            assert primitives.payload_encrypt(key, nonce, opened, aad) == sealed


def test_wycheproof_ml_kem_768_decapsulation() -> None:
    for _, test in rows_of("mlkem_768_test.json"):
        if test["result"] != "valid":
            continue
        key = MLKEM768PrivateKey.from_seed_bytes(raw(test["seed"]))
        assert key.public_key().public_bytes_raw() == raw(test["ek"])
        assert key.decapsulate(raw(test["c"])) == raw(test["K"])


def test_wycheproof_ml_kem_768_keys_above_the_modulus_are_not_admitted() -> None:
    curve = primitives.x25519_public(bytes(range(32)))
    for _, test in rows_of("mlkem_768_encaps_test.json"):
        if test["result"] == "invalid":
            with pytest.raises(Refused):
                keys.admit_public_key(keys.XWING, raw(test["ek"]) + curve)


def test_wycheproof_ml_kem_768_key_generation() -> None:
    for _, test in rows_of("mlkem_768_keygen_seed_test.json"):
        key = MLKEM768PrivateKey.from_seed_bytes(raw(test["seed"]))
        assert key.public_key().public_bytes_raw() == raw(test["ek"])


def test_rfc8032_style_signatures() -> None:
    rows = path_of("rfc/sign.input").read_text(encoding="ascii").split()
    for row in rows:
        secret, public, message, signed = (raw(part) for part in row.split(":")[:4])
        derived, kept = primitives.ed25519_keypair(secret[:32])
        signature = primitives.ed25519_sign(kept, message)
        assert (derived, signature + message) == (public, signed)
        assert primitives.ed25519_verify(public, message, signature)
    assert len(rows) == 1024


def test_rfc7748() -> None:
    values: dict[str, bytes] = {}
    for line in path_of("rfc/rfc7748.txt").read_text(encoding="ascii").splitlines():
        name, _, text = line.partition(" = ")
        if name in {"INPUT_SCALAR", "INPUT_U"}:
            values[name] = raw(text)
        elif name == "OUTPUT_U":
            assert primitives.x25519(values["INPUT_SCALAR"], values["INPUT_U"]) == raw(text)


def test_speccheck_only_the_plain_case_is_accepted() -> None:
    accepted = [
        number
        for number, case in enumerate(load("speccheck/cases.json"))
        if primitives.ed25519_verify(
            raw(case["pub_key"]), raw(case["message"]), raw(case["signature"])
        )
    ]
    assert accepted == [3]


def test_speccheck_what_is_accepted_under_an_admitted_key_is_accepted_by_all() -> None:
    for number, case in enumerate(load("speccheck/cases.json")):
        try:
            keys.admit_public_key(keys.ED25519, raw(case["pub_key"]))
        except Refused:
            continue
        verified = primitives.ed25519_verify(
            raw(case["pub_key"]), raw(case["message"]), raw(case["signature"])
        )
        assert not verified, f"case {number} would divide verifiers"


def test_rfc9180_base_mode_of_suite_one() -> None:
    case = load("hpke/rfc9180_x25519_hkdfsha256_chacha20poly1305.json")[0]
    enc, public, info = raw(case["enc"]), raw(case["pkRm"]), raw(case["info"])
    assert hpke.public_of(hpke.SUITE_X25519, raw(case["skRm"])) == public
    shared = primitives.x25519(raw(case["skRm"]), enc)
    assert shared is not None
    key, nonce = hpke._key_schedule(shared, enc, public, info)
    assert (key.hex(), nonce.hex()) == (case["key"], case["base_nonce"])
    first = case["encryptions"][0]
    opened = bindings.crypto_aead_chacha20poly1305_ietf_decrypt(
        raw(first["ct"]), raw(first["aad"]), nonce, key
    )
    assert opened == raw(first["pt"])


def test_hpke_x_wing_of_suite_two() -> None:
    """The testkit reproduces the IETF vector; vectors/signing.json ties the node to the testkit."""
    cases = load("hpke/hpke-pq_xwing_0x647a.json")
    case = next(c for c in cases if (c["kem_id"], c["kdf_id"]) == (XWING_KEM, 1))
    secret = raw(case["skRm"])
    assert hpke.public_of(hpke.SUITE_XWING, secret) == raw(case["pkRm"])
    shared = kit_hpke.decapsulate(2, secret, raw(case["enc"]))
    assert shared == raw(case["shared_secret"])
    key, nonce = kit_hpke.key_schedule(2, shared, raw(case["info"]))
    assert (key.hex(), nonce.hex()) == (case["key"], case["base_nonce"])


def test_libsodium_x_wing_public_key() -> None:
    lines = path_of("libsodium/kem_xwing.exp").read_text(encoding="ascii").splitlines()
    found = dict(line.split(": ", 1) for line in lines if ": [" in line)
    secret = raw(found["sk"].strip("[]"))
    public = hpke.public_of(hpke.SUITE_XWING, secret)
    assert public[:32] == raw(found["pk (first 32 bytes)"].strip("[]"))


def test_transparency_dev_inclusion_proofs() -> None:
    folder = path_of("merkle/testdata/inclusion")
    judged = 0
    for file in sorted(folder.rglob("*.json")):
        case = json.loads(file.read_text(encoding="utf-8"))
        leaf, root = (base64.b64decode(case[name] or "") for name in ("leafHash", "root"))
        path = [base64.b64decode(step) for step in case["proof"] or ()]
        found = merkle.included_root(leaf, case["leafIdx"], case["treeSize"], path)
        if case["treeSize"] == 0 or len(leaf) != 32:
            continue  # our trees have leaves, and leaves are hashes
        assert (found == root) is not case["wantErr"], file.name
        judged += 1
    assert judged > 80
