"""The local socket's messages: parsed here, so that a malformed one is refused by name."""

from google.protobuf.message import DecodeError

from corridor.errors import Reason, Refused
from corridor.wire.v1 import local_pb2


def parse_request(body: bytes) -> local_pb2.LocalRequest:
    """Return the request in `body`.

    Raises:
        Refused: RECORD_MALFORMED; it is not a LocalRequest.
    """
    try:
        return local_pb2.LocalRequest.FromString(body)
    except DecodeError:
        raise Refused(Reason.RECORD_MALFORMED, "not a LocalRequest message") from None


def parse_submit(body: bytes) -> local_pb2.SubmitRequest:
    """Return the submissions in `body`, as a client of the HTTP gateway sends them in bulk.

    Raises:
        Refused: RECORD_MALFORMED; it is not a SubmitRequest.
    """
    try:
        return local_pb2.SubmitRequest.FromString(body)
    except DecodeError:
        raise Refused(Reason.RECORD_MALFORMED, "not a SubmitRequest message") from None


def parse_reply(body: bytes) -> local_pb2.LocalReply:
    """Return the reply in `body`.

    Raises:
        Refused: RECORD_MALFORMED; it is not a LocalReply.
    """
    try:
        return local_pb2.LocalReply.FromString(body)
    except DecodeError:
        raise Refused(Reason.RECORD_MALFORMED, "not a LocalReply message") from None
