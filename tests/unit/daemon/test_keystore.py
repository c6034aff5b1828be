"""Private keys in files: modes, owners, symlinks, locks (case 68 of the threat list)."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from builders_trust import decryption_key, signing_key
from corridor.daemon import keystore
from corridor.daemon.keystore import KeyRole, KeyStore
from corridor.daemon.private_files import PrivateFolder, read_private
from corridor.errors import KeyTrouble
from corridor.seal.keyfile import Passphrase, Protection, lock

KEY = signing_key("node")
HYBRID = decryption_key("node", 2)
STORAGE = bytes(range(32))


@pytest.fixture(autouse=True)
def _cheap_passphrases(monkeypatch: pytest.MonkeyPatch) -> None:
    """Guesses are dear on purpose; here they cost 8 KiB."""
    monkeypatch.setattr(keystore, "Passphrase", lambda text: Passphrase(text, 1, 8))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "keys"


def filled(store: KeyStore) -> KeyStore:
    store.add_signing(KeyRole.SIGN, KEY)
    store.add_decryption(HYBRID)
    store.add_storage(STORAGE)
    return store


def trouble(act: Callable[[], object]) -> str:
    with pytest.raises(KeyTrouble) as caught:
        act()
    return str(caught.value)


def private(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    path.chmod(0o600)
    return path


def test_keys_come_back_as_they_were_kept(folder: Path) -> None:
    store = filled(KeyStore(folder))
    assert store.signing_keys(KeyRole.SIGN)[KEY.key_id].public == KEY.public
    assert store.signing_keys(KeyRole.IDENTITY) == {}
    assert store.decryption_keys()[HYBRID.key_id].public == HYBRID.public
    assert store.storage_key() == STORAGE


def test_files_and_folder_are_for_the_owner_only(folder: Path) -> None:
    filled(KeyStore(folder))
    assert folder.stat().st_mode & 0o777 == 0o700
    assert [path.stat().st_mode & 0o777 for path in folder.iterdir()] == [0o600] * 3


def test_the_umask_does_not_widen_or_narrow_a_key_file(folder: Path) -> None:
    before = os.umask(0)
    try:
        filled(KeyStore(folder))
    finally:
        os.umask(before)
    assert folder.stat().st_mode & 0o077 == 0
    assert {path.stat().st_mode & 0o777 for path in folder.iterdir()} == {0o600}


def test_an_unlocked_file_says_so(folder: Path) -> None:
    entries = filled(KeyStore(folder)).entries()
    assert {entry.protection for entry in entries} == {Protection.NONE}
    assert [entry.role for entry in entries] == [KeyRole.DECRYPT, KeyRole.SIGN, KeyRole.STORAGE]


def test_a_passphrase_file_locks_and_unlocks(folder: Path, tmp_path: Path) -> None:
    secret = private(tmp_path / "passphrase", b"correct horse\nsecond line\n")
    store = filled(KeyStore(folder, passphrase_file=secret))
    assert {entry.protection for entry in store.entries()} == {Protection.PASSPHRASE}
    assert all(STORAGE not in path.read_bytes() for path in folder.iterdir())
    again = KeyStore(folder, passphrase_file=secret)
    assert again.storage_key() == STORAGE
    private(secret, b"wrong horse\n")
    assert "does not open" in trouble(KeyStore(folder, passphrase_file=secret).storage_key)
    assert "needs a passphrase" in trouble(KeyStore(folder).storage_key)


def test_a_person_is_asked_once_and_only_if_needed(folder: Path) -> None:
    asked = []

    def ask() -> str:
        asked.append(1)
        return "correct horse"

    store = KeyStore(folder, ask=ask)
    assert store.entries() == ()
    assert asked == []
    filled(store)
    store.storage_key()
    assert asked == [1]


def test_a_credential_locks_and_unlocks(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "corridor").write_bytes(bytes(range(32)))
    environ = {"CREDENTIALS_DIRECTORY": str(tmp_path)}
    store = filled(KeyStore(folder, credential="corridor", environ=environ))
    assert {entry.protection for entry in store.entries()} == {Protection.CREDENTIAL}
    again = KeyStore(folder, credential="corridor", environ=environ)
    assert again.signing_keys(KeyRole.SIGN)[KEY.key_id].public == KEY.public


def test_a_credential_that_is_missing_or_short_is_named(folder: Path, tmp_path: Path) -> None:
    environ = {"CREDENTIALS_DIRECTORY": str(tmp_path)}
    missing = KeyStore(folder, credential="corridor", environ=environ)
    assert "no such file" in trouble(lambda: missing.add_storage(STORAGE)).lower()
    unset = KeyStore(folder, credential="corridor", environ={})
    assert "is not set" in trouble(lambda: unset.add_storage(STORAGE))
    (tmp_path / "corridor").write_bytes(b"short")
    assert "32 bytes" in trouble(lambda: missing.add_storage(STORAGE))


def test_the_environment_names_the_credentials_unless_told(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "corridor").write_bytes(bytes(range(32)))
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    assert filled(KeyStore(folder, credential="corridor")).storage_key() == STORAGE


def test_an_empty_passphrase_file_is_refused(folder: Path, tmp_path: Path) -> None:
    for content in (b"", b"\nsecond"):
        secret = private(tmp_path / "passphrase", content)
        store = KeyStore(folder, passphrase_file=secret)
        assert "first line" in trouble(lambda: store.add_storage(STORAGE))  # noqa: B023 - called at once


def test_a_passphrase_file_that_others_can_read_is_refused(folder: Path, tmp_path: Path) -> None:
    secret = private(tmp_path / "passphrase", b"correct horse\n")
    secret.chmod(0o644)
    store = KeyStore(folder, passphrase_file=secret)
    assert "mode 0644" in trouble(lambda: store.add_storage(STORAGE))


def test_a_key_file_that_others_can_read_is_refused(folder: Path) -> None:
    store = filled(KeyStore(folder))
    path = next(folder.glob("sign-*"))
    path.chmod(0o640)
    message = trouble(lambda: store.signing_keys(KeyRole.SIGN))
    assert f"chmod 0600 {path}" in message


def test_a_folder_that_others_can_enter_is_refused(folder: Path) -> None:
    store = filled(KeyStore(folder))
    folder.chmod(0o755)
    assert f"chmod 0700 {folder}" in trouble(store.storage_key)
    assert "mode 0755" in trouble(lambda: store.add_signing(KeyRole.SIGN, KEY))


def test_a_symlink_in_place_of_a_key_is_refused(folder: Path, tmp_path: Path) -> None:
    store = filled(KeyStore(folder))
    path = next(folder.glob("sign-*"))
    elsewhere = path.rename(tmp_path / "elsewhere")
    path.symlink_to(elsewhere)
    trouble(lambda: store.signing_keys(KeyRole.SIGN))


def test_a_symlink_in_place_of_the_folder_is_refused(folder: Path, tmp_path: Path) -> None:
    filled(KeyStore(folder))
    link = tmp_path / "link"
    link.symlink_to(folder)
    trouble(KeyStore(link).entries)


def test_a_pipe_in_place_of_a_key_is_refused_and_does_not_hang(folder: Path) -> None:
    filled(KeyStore(folder))
    os.mkfifo(folder / "sign-pipe.key", 0o600)
    assert "not a plain file" in trouble(KeyStore(folder).entries)


def test_a_key_file_of_another_user_is_refused(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    filled(KeyStore(folder))
    ours = os.geteuid()
    monkeypatch.setattr(os, "geteuid", lambda: ours + 1)
    assert f"belongs to user {ours}" in trouble(KeyStore(folder).entries)


def test_a_key_file_under_another_name_is_refused(folder: Path) -> None:
    store = filled(KeyStore(folder))
    path = next(folder.glob("sign-*"))
    path.rename(folder / path.name.replace("sign", "identity"))
    assert "another key than its name says" in trouble(store.entries)


def test_a_key_that_is_not_the_one_its_file_names_is_refused(folder: Path) -> None:
    store = filled(KeyStore(folder))
    for role, key_id, secret in (
        ("sign", KEY.key_id, signing_key("other").to_bytes()),
        ("decrypt", HYBRID.key_id, decryption_key("other", 2).to_bytes()),
    ):
        path = folder / f"{role}-{key_id.hex()}.key"
        private(path, lock(role, key_id, secret, None))
    assert "another key" in trouble(lambda: store.signing_keys(KeyRole.SIGN))
    assert "another key" in trouble(store.decryption_keys)


def test_a_secret_of_the_wrong_shape_is_refused(folder: Path) -> None:
    store = filled(KeyStore(folder))
    for role, key_id in (("sign", KEY.key_id), ("decrypt", HYBRID.key_id)):
        private(folder / f"{role}-{key_id.hex()}.key", lock(role, key_id, b"short", None))
    assert "no seed" in trouble(lambda: store.signing_keys(KeyRole.SIGN))
    assert "not a decryption key" in trouble(store.decryption_keys)


def test_a_file_that_is_no_key_or_too_large_is_refused(folder: Path) -> None:
    store = filled(KeyStore(folder))
    path = private(folder / "sign-x.key", b"hello")
    assert "not a Corridor key file" in trouble(store.entries)
    private(path, bytes(65_537))
    assert "larger than" in trouble(store.entries)


def test_there_is_one_storage_key_for_ever(folder: Path) -> None:
    store = KeyStore(folder)
    assert "corridor init" in trouble(store.storage_key)
    assert "32 bytes" in trouble(lambda: store.add_storage(b"short"))
    store.add_storage(STORAGE)
    assert "already" in trouble(lambda: store.add_storage(STORAGE))


def test_a_destroyed_key_is_overwritten_and_gone(folder: Path, tmp_path: Path) -> None:
    store = filled(KeyStore(folder))
    path = next(folder.glob("sign-*"))
    kept = tmp_path / "hard-link"
    kept.hardlink_to(path)
    size = path.stat().st_size
    store.destroy(KeyRole.SIGN, KEY.key_id)
    assert not path.exists()
    assert kept.read_bytes() == bytes(size)
    assert store.signing_keys(KeyRole.SIGN) == {}
    trouble(lambda: store.destroy(KeyRole.SIGN, KEY.key_id))


def test_what_a_crash_left_half_written_is_no_obstacle(folder: Path) -> None:
    store = filled(KeyStore(folder))
    (folder / f".sign-{KEY.key_id.hex()}.key.new").write_bytes(b"half")
    store.add_signing(KeyRole.SIGN, KEY)
    assert len(store.entries()) == 3


def test_a_write_that_fails_leaves_the_old_file(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    private_folder = PrivateFolder(folder)
    private_folder.make()
    private_folder.write("name", b"old")

    def full(_handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    assert "no space left" in trouble(lambda: private_folder.write("name", b"new"))
    assert private_folder.read("name", 10) == b"old"


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    assert "file" in trouble(PrivateFolder(tmp_path / "file" / "keys").make)


def test_a_private_file_is_read_whatever_folder_it_lies_in(tmp_path: Path) -> None:
    path = private(tmp_path / "file", b"content")
    assert read_private(path, 7) == b"content"
    assert "larger than 6 bytes" in trouble(lambda: read_private(path, 6))
    trouble(lambda: read_private(tmp_path / "missing", 6))


def test_no_secret_shows_in_a_store(folder: Path) -> None:
    store = filled(KeyStore(folder))
    shown = repr(store) + repr(store.entries()) + repr(store.signing_keys(KeyRole.SIGN))
    assert KEY.to_bytes().hex() not in shown
    assert repr(KEY.to_bytes()) not in shown
