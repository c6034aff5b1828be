"""The node against the published vectors of files in chunks."""

from hashlib import sha256
from typing import Any

import pytest

from builders_vectors import load
from corridor.seal import chunks

FILES = load("chunks.json")["files"]


def content(size: int) -> bytes:
    return (bytes(range(251)) * (size // 251 + 1))[:size]


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file["size"]))
def test_a_file_is_sealed_proved_and_asked_for_as_published(file: dict[str, Any]) -> None:
    size, whole = file["size"], content(file["size"])
    id_, key = bytes.fromhex(file["attachment_id"]), bytes.fromhex(file["key"])
    keys = chunks.ChunkKeys(id_, key, size)
    parts = [whole[at : at + 262_144] for at in range(0, size, 262_144)]
    sealed = [keys.seal(number, part) for number, part in enumerate(parts)]
    tree = chunks.ChunkTree([chunks.chunk_leaf(n, one) for n, one in enumerate(sealed)])
    frames = [
        chunks.Chunk(id_, number, tree.path(number), one).to_frame()
        for number, one in enumerate(sealed)
    ]
    assert tree.root.hex() == file["root"]
    assert [len(frame) for frame in frames] == file["frame_lengths"]
    assert [sha256(frame).hexdigest() for frame in frames] == file["frame_sha256"]
    assert file["first_frame"] in {None, frames[0].hex()}
    for frame in frames:
        assert chunks.parse_chunk(frame).fits(size, tree.root)
    numbers = tuple(reversed(range(len(parts))))
    ask = chunks.Ask(bytes.fromhex(file["record_id"]), 1_790_000_000_000, numbers)
    assert ask.to_frame(keys.ask_key).hex() == file["ask_of_all_from_the_last"]
    assert chunks.is_proved(bytes.fromhex(file["ask_of_all_from_the_last"]), keys.ask_key)
