"""Lists of codes as bytes (PROTOCOL §12.8): shapes are checked here, meaning in `standards`."""

import re
from typing import Final

from corridor.errors import Reason
from corridor.wire import limits
from corridor.wire.canonical import parse_strict
from corridor.wire.v1.codelists_pb2 import (
    UNKNOWN_CODE_REFUSE,
    UNKNOWN_CODE_WARN,
    CodeList,
    ListedCode,
    ListedPeriod,
)

__all__ = [
    "DAY",
    "NUMBER",
    "REFUSE",
    "WARN",
    "CodeList",
    "ListedCode",
    "ListedPeriod",
    "parse_code_list",
]

WARN: Final = UNKNOWN_CODE_WARN
REFUSE: Final = UNKNOWN_CODE_REFUSE
NUMBER: Final = re.compile(r"[A-Z][A-Z0-9-]{0,31}", re.ASCII)
"""What a list is called: "CL017"; where it has no number a word, "COL"."""
DAY: Final = re.compile(r"[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])", re.ASCII)


def parse_code_list(payload: bytes) -> CodeList:
    """Return a list from its verified payload (Refused: STATEMENT_MALFORMED)."""
    return parse_strict(CodeList, payload, limits.CODE_LIST_MAX_BYTES, Reason.STATEMENT_MALFORMED)
