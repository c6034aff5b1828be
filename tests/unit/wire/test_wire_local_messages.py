"""What comes over the local socket is parsed or refused by name."""

import pytest

from corridor.errors import Reason, Refused
from corridor.wire.local import parse_reply, parse_request
from corridor.wire.messages import Message
from corridor.wire.v1.local_pb2 import LocalReply, LocalRequest


def test_a_request_and_a_reply_are_parsed() -> None:
    assert parse_request(b"") == LocalRequest()
    assert parse_reply(b"") == LocalReply()
    assert issubclass(LocalRequest, Message)


@pytest.mark.parametrize("parse", [parse_request, parse_reply])
def test_bytes_that_are_no_message_are_refused(parse: object) -> None:
    assert callable(parse)
    with pytest.raises(Refused) as told:
        parse(b"\xff")
    assert told.value.reason is Reason.RECORD_MALFORMED
