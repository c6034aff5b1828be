"""What a person says when something is decided: why, and who it was.

Rules:

* it is kept in one line, and holds nothing that a terminal or a page would not show;
* a reason that is too long is refused, not cut: half a sentence may say the opposite.
"""

from typing import Final

from corridor.errors import InputTrouble

MAX_WORDS: Final = 500
"""Of a reason or a note: some sentences."""


def words_of(text: str, most: int = MAX_WORDS) -> str:
    """Return what a person says, in one line.

    Args:
        text: As it was typed.
        most: How many characters it may have.

    Raises:
        InputTrouble: It is empty, too long, or not to be printed.
    """
    text = " ".join(text.split())
    if not 1 <= len(text) <= most or not text.isprintable():
        raise InputTrouble(
            f"a reason of 1 to {most} characters is kept with it",
            cure="say in a sentence why, for whoever looks at it later",
        )
    return text


def by_whom(name: str) -> str:
    """Return who asks, as it is kept."""
    printable = "".join(sign for sign in " ".join(name.split()) if sign.isprintable())
    return printable[:MAX_WORDS] or "unknown"
