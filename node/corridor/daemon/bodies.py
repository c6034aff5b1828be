"""The keys of a registry body, and the card with which it tells the others the public halves.

Rules:

* each body keeps its keys on a machine of its own, offline; only the card and statements travel;
* a card proves nothing by itself: the first root counts only when each body has signed it, and
  people compare the fingerprints on the cards over another channel.
"""

import base64
import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from corridor.daemon.keystore import KeyRole, KeyStore
from corridor.daemon.rotation import grouped
from corridor.errors import ConfigurationError, InputTrouble, KeyTrouble
from corridor.seal.keys import SigningKey
from corridor.trust.keys import Algorithm, TrustedKey
from corridor.trust.root import Body, BodyClass, Clause

_CARD: Final = "corridor_registry_body"
_MAX_CARD_BYTES: Final = 64 * 1024
_CLAUSE: Final = re.compile(r"\s*([A-Za-z]+)\s*>=\s*([0-9]{1,2})\s*")
_ID: Final = re.compile(r"[A-Z][A-Z0-9_-]{0,31}", re.ASCII)


def make_body_keys(  # noqa: PLR0913 - what a body decides
    body_id: str,
    body_class: BodyClass,
    folder: Path,
    *,
    keys: int,
    threshold: int,
    passphrase_file: Path | None,
) -> dict[str, Any]:
    """Make the keys of a body, unless its folder holds them; returns its card.

    Raises:
        ConfigurationError: The id or the threshold cannot be used.
        KeyTrouble: The folder cannot be used, or holds the keys of something else.
    """
    if not _ID.fullmatch(body_id):
        raise ConfigurationError(
            f"{body_id!r} is no id of a body", cure="capitals, digits, - and _, such as UN"
        )
    if not 1 <= threshold <= keys:
        raise ConfigurationError(
            f"{threshold} of {keys} keys cannot sign", cure="give a --threshold of at most --keys"
        )
    store = KeyStore(folder, passphrase_file=passphrase_file)
    held = tuple(store.signing_keys(KeyRole.REGISTRY).values())
    if store.entries() and len(held) != len(store.entries()):
        raise KeyTrouble(f"{folder} holds other keys", cure="name a folder for this body alone")
    if held and len(held) != keys:
        raise KeyTrouble(f"{folder} holds {len(held)} keys, not {keys}", cure=f"--keys {len(held)}")
    made = held or tuple(SigningKey.generate() for _ in range(keys))
    for key in () if held else made:
        store.add_signing(KeyRole.REGISTRY, key)
    return {
        _CARD: 1,
        "id": body_id,
        "class": body_class.name,
        "threshold": threshold,
        "keys": [
            {
                "key_id": key.key_id.hex(),
                "fingerprint": grouped(key.key_id),
                "public": base64.b64encode(key.public).decode(),
            }
            for key in made
        ],
    }


def read_card(file: Path) -> Body:
    """Return the body that a card describes.

    Raises:
        InputTrouble: It cannot be read, or is no card.
        Refused: KEY_ADMISSION for a key that may not enter a statement.
    """
    card = read_json(file, _MAX_CARD_BYTES)
    try:
        if card[_CARD] != 1:
            raise InputTrouble(f"{file}: a card of another version", cure="update Corridor")
        public = [base64.b64decode(key["public"], validate=True) for key in card["keys"]]
        body_class = BodyClass[card["class"]]
        body_id, threshold = str(card["id"]), int(card["threshold"])
    except (KeyError, TypeError, ValueError) as error:
        raise InputTrouble(
            f"{file}: is no card of a body ({type(error).__name__}: {error})",
            cure="take the file that `corridor registry body-key` wrote",
        ) from None
    keys = tuple(TrustedKey.admit(Algorithm.ED25519, one) for one in public)
    return Body(body_id, body_class, keys, threshold)


def read_json(file: Path, most: int) -> Any:  # noqa: ANN401 - any JSON value
    """Return the JSON in a file of at most `most` bytes.

    Raises:
        InputTrouble: It cannot be read, is too large or is no JSON.
    """
    try:
        with file.open("rb") as content:
            data = content.read(most + 1)
        if len(data) > most:
            raise InputTrouble(f"{file}: is too large", cure="is it the right file?")
        return json.loads(data)
    except OSError as error:
        raise InputTrouble(f"{file}: {error.strerror}", cure="check the path") from None
    except (ValueError, RecursionError):
        raise InputTrouble(f"{file}: is not JSON", cure="is it the right file?") from None


def read_clauses(text: str) -> tuple[Clause, ...]:
    """Return a quorum as people write it: "any >= 2, UN >= 1".

    Raises:
        ConfigurationError: It cannot be read.
    """
    clauses = []
    for part in text.split(","):
        found = _CLAUSE.fullmatch(part)
        name = found[1].upper() if found else ""
        if found is None or name not in {"ANY", *BodyClass.__members__}:
            raise ConfigurationError(
                f"{part.strip()!r} is no part of a quorum", cure='write "any >= 2, UN >= 1"'
            )
        clauses.append(Clause(None if name == "ANY" else BodyClass[name], int(found[2])))
    return tuple(clauses)


def signing_keys(folder: Path, passphrase_file: Path | None) -> tuple[SigningKey, ...]:
    """Return the keys of a body.

    Raises:
        KeyTrouble: There are none, or they cannot be opened.
    """
    store = KeyStore(folder, passphrase_file=passphrase_file)
    found = tuple(store.signing_keys(KeyRole.REGISTRY).values())
    if not found:
        raise KeyTrouble(
            f"no key of a registry body in {folder}",
            cure="name the folder that `corridor registry body-key` made with --keys",
        )
    return found


def describe_bodies(bodies: Sequence[Body]) -> list[dict[str, Any]]:
    """Return bodies with their keys as people compare them."""
    return [
        {
            "id": body.body_id,
            "class": body.body_class.name,
            "threshold": body.threshold,
            "keys": [grouped(key.key_id) for key in body.keys],
        }
        for body in bodies
    ]
