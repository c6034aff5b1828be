"""NCTS messages to records and back, with an account of every leaf.

Rules: those of `corridor.standards.mapper`; which release a document is of, its `PhaseID` says.

Example:
    mapped = decode(document, Options())
    assert encode(mapped.record).document  # canonically the same message
"""

from functools import cache
from typing import Final

from corridor.errors import Reason, Refused
from corridor.standards import mapper
from corridor.standards.mapper import Codec, Encoded, Mapped, Options, Original
from corridor.standards.message import Message
from corridor.standards.ncts.judge import judge_release
from corridor.standards.ncts.message import NAMESPACE
from corridor.standards.ncts.releases import Release, release_laid_out, release_named
from corridor.standards.tree import Node
from corridor.standards.xml import parse, render
from corridor.wire.v1.records_pb2 import DECLARATION_KIND_PRELODGED, TransitRecord

__all__ = ["Encoded", "Mapped", "Options", "Original", "codec", "decode", "encode", "message_of"]

_PRELODGED: Final = "D"  # NCTS CL042


def decode(document: bytes, options: Options) -> Mapped:
    """Read an NCTS message of any release into a record.

    Raises:
        Refused: SOURCE_MALFORMED or CHARACTER_SET for what is no XML, SOURCE_UNSUPPORTED for
            another message, RECORD_INVALID with the paths of the elements at fault.
    """
    root = parse(document, options.limits)
    known = message_of(root)
    if known is None:
        raise Refused(Reason.SOURCE_UNSUPPORTED, "not one of the NCTS messages this node maps")
    return mapper.decode(codec(known[0]), document, options, root=root)


def encode(
    record: TransitRecord, *, with_residual: bool = True, release: Release | None = None
) -> Encoded:
    """Write a record as the NCTS message it corresponds to.

    Args:
        record: The record; its attached original is not looked at.
        with_residual: Whether the leaves kept word for word are put back.
        release: Which release is written; None for the one that the record came in.

    Raises:
        Refused: SOURCE_UNSUPPORTED for a record that is none of the messages, RECORD_INVALID or
            CHARACTER_SET for a residual or a text that no message can hold.
    """
    release = release or release_named(record.header.source.standard)
    return mapper.encode(codec(release), record, with_residual=with_residual)


def message_of(root: Node) -> tuple[Release, Message] | None:
    """Find the release and message by the root element; senders differ about its namespace."""
    namespace = root.name[1:].rpartition("}")[0]
    release = release_laid_out(root)
    message = release.messages.get(root.local)
    return (release, message) if message and namespace in {"", NAMESPACE} else None


@cache
def codec(release: Release) -> Codec:
    """Return how a release is read and written."""

    def name_of(root: Node) -> str | None:
        known = message_of(root)
        return None if known is None or known[0] is not release else known[1].name

    return Codec(
        release.standard, release.messages, name_of, _write, finish=_finish,
        judge=judge_release(release), addressed=True,
    )  # fmt: skip


def _write(root: Node) -> bytes:
    root.name = f"{{{NAMESPACE}}}{root.name}"
    return render(root, {"ncts": NAMESPACE})


def _finish(record: TransitRecord, message: Message, options: Options) -> None:
    """Tell a pre-lodged declaration from one whose goods are there."""
    del options
    if message.body == "declaration":
        additional = record.declaration.dataset.operation.additional_declaration_type
        if additional.value == _PRELODGED and DECLARATION_KIND_PRELODGED in message.kinds:
            record.declaration.kind = DECLARATION_KIND_PRELODGED
