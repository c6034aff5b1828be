"""The type of every protobuf message, for floors above that handle messages of any kind."""

from google.protobuf.message import Message as Message  # noqa: PLC0414 (an export on purpose)
