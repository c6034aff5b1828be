import pytest

from corridor.errors import KeyTrouble
from corridor.seal.keyfile import (
    MAX_FILE_BYTES,
    Credential,
    KeyFile,
    Passphrase,
    Protection,
    Source,
    lock,
    unlock,
)

KEY_ID = bytes(range(16))
SECRET = b"the secret of this test, 32 byte"
CHEAP = Passphrase("correct horse", operations=1, memory_kib=64)
SOURCES: list[Source] = [None, CHEAP, Credential(b"k" * 32)]


@pytest.mark.parametrize("source", SOURCES, ids=["none", "passphrase", "credential"])
def test_a_key_comes_out_of_its_file(source: Source) -> None:
    data = lock("sign", KEY_ID, SECRET, source)
    assert unlock(data, "sign", source) == (KEY_ID, SECRET)
    assert (SECRET in data) is (source is None)


def test_whose_key_it_is_can_be_read_without_opening() -> None:
    file = KeyFile.parse(lock("decrypt", KEY_ID, SECRET, CHEAP))
    assert (file.role, file.key_id, file.protection) == ("decrypt", KEY_ID, Protection.PASSPHRASE)


@pytest.mark.parametrize(
    ("locked", "given"),
    [
        (CHEAP, Passphrase("wrong horse")),
        (CHEAP, Credential(b"k" * 32)),
        (CHEAP, None),
        (Credential(b"k" * 32), Credential(b"x" * 32)),
        (Credential(b"k" * 32), CHEAP),
    ],
)
def test_another_key_does_not_open_it(locked: Source, given: Source) -> None:
    with pytest.raises(KeyTrouble):
        unlock(lock("sign", KEY_ID, SECRET, locked), "sign", given)


def test_a_key_of_another_role_is_refused() -> None:
    with pytest.raises(KeyTrouble, match="'sign', not 'identity'"):
        unlock(lock("sign", KEY_ID, SECRET, None), "identity", None)


def test_role_and_key_id_cannot_be_changed() -> None:
    source = Credential(b"k" * 32)
    data = lock("sign", KEY_ID, SECRET, source)
    for broken in (data.replace(b"sign", b"fake"), data.replace(KEY_ID, bytes(16))):
        with pytest.raises(KeyTrouble, match="does not open"):
            KeyFile.parse(broken).secret(source)


@pytest.mark.parametrize("size", range(0, 26, 3))
def test_a_file_that_ends_early_is_named(size: int) -> None:
    with pytest.raises(KeyTrouble):
        KeyFile.parse(lock("sign", KEY_ID, SECRET, CHEAP)[:size])


def test_other_files_are_no_key_files() -> None:
    good = lock("sign", KEY_ID, SECRET, None)
    for data in (b"-----BEGIN", good + bytes(MAX_FILE_BYTES), b"CRK1\x09" + good[5:]):
        with pytest.raises(KeyTrouble):
            KeyFile.parse(data)


@pytest.mark.parametrize(("operations", "memory_kib"), [(9, 64), (0, 64), (1, 2**21 + 1), (1, 4)])
def test_a_hostile_file_cannot_demand_memory_or_time(operations: int, memory_kib: int) -> None:
    good = lock("sign", KEY_ID, SECRET, CHEAP)
    cost = good.index(KEY_ID) + 16
    hostile = good[:cost] + bytes((operations,)) + memory_kib.to_bytes(4) + good[cost + 5 :]
    with pytest.raises(KeyTrouble, match="cost"):
        KeyFile.parse(hostile)
    with pytest.raises(KeyTrouble, match="cost"):
        lock("sign", KEY_ID, SECRET, Passphrase("x", operations, memory_kib))


def test_a_credential_of_another_length_is_refused() -> None:
    with pytest.raises(KeyTrouble, match="32 bytes"):
        lock("sign", KEY_ID, SECRET, Credential(b"short"))


def test_secrets_do_not_show() -> None:
    assert "horse" not in repr(CHEAP)
    assert "kkkk" not in repr(Credential(b"k" * 32))
    assert "secret of this" not in repr(KeyFile.parse(lock("sign", KEY_ID, SECRET, None)))
