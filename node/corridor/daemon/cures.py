"""What is to be done about a refusal, in words for people: from `reasons.toml`."""

import tomllib
from functools import cache
from importlib import resources


def cure_of(reason: str) -> str:
    """Return what is to be done about a refusal by its reason's label, or "" for none known."""
    return _cures().get(reason.upper(), "")


@cache
def _cures() -> dict[str, str]:
    text = resources.files("corridor").joinpath("reasons.toml").read_text(encoding="utf-8")
    return {name: str(words[1]) for name, words in tomllib.loads(text).items()}
