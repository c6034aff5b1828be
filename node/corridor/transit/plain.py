"""Texts of partners as a terminal may show them: no text moves the cursor or writes a line.

Rules:

* a character that commands a terminal, or turns the direction of what stands around it, is shown by
  a picture of it and does nothing;
* a text within a line stays within it: a line break in it is shown, too;
* the isolates of Unicode are let through: they keep a text to itself, and screens use them.

Example:
    >>> plain("A" + chr(27) + "[2J")
    'A␛[2J'
"""

from typing import Any, Final

_PICTURES: Final = 0x2400
"""Where Unicode has the pictures of the first 32 characters, in their order."""
_COMMANDS: Final = {code: chr(_PICTURES + code) for code in range(0x20)} | {0x7F: "␡"}
_C1: Final = {code: f"<{code:02X}>" for code in range(0x80, 0xA0)}
_TURNS: Final = {code: f"<{code:04X}>" for code in (*range(0x202A, 0x202F), 0x2028, 0x2029)}
_WITHIN: Final = _COMMANDS | _C1 | _TURNS
_OF_LINES: Final = {code: shown for code, shown in _WITHIN.items() if chr(code) not in "\n\t"}


def plain(text: str) -> str:
    """Return a text within a line."""
    return text if text.isprintable() else text.translate(_WITHIN)


def plain_lines(text: str) -> str:
    """Return what is printed as a whole: its own line breaks and tabs stay."""
    return text.translate(_OF_LINES)


def plain_all(value: Any) -> Any:  # noqa: ANN401 - whatever JSON holds
    """Return a value of JSON with every text in it plain."""
    match value:
        case str():
            return plain(value)
        case dict():
            return {key: plain_all(one) for key, one in value.items()}
        case list():
            return [plain_all(one) for one in value]
        case _:
            return value
