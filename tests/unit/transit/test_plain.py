"""No text of a partner moves the cursor of an officer's terminal, or writes a line of its own."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corridor.cli.options import emit, table
from corridor.transit.plain import plain, plain_all, plain_lines
from corridor.transit.screen import history_of


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("34 ABC 123", "34 ABC 123"),
        ("Güneydoğu Nakliyat · ქართული · سلم", "Güneydoğu Nakliyat · ქართული · سلم"),
        ("A\x1b[31mRED\x1b[2J", "A␛[31mRED␛[2J"),
        ("one\n  ✓ forged line", "one␊  ✓ forged line"),
        ("a\rb\tc\x00d\x7fe", "a␍b␉c␀d␡e"),
        ("a\x9b31m", "a<9B>31m"),
        ("a\u202egnp.exe", "a<202E>gnp.exe"),
        ("a\u2028b", "a<2028>b"),
        ("\u2068سلم\u2069", "\u2068سلم\u2069"),
    ],
)
def test_what_commands_a_terminal_is_shown_and_does_nothing(text: str, shown: str) -> None:
    assert plain(text) == shown
    assert plain_all({"a": [text, 1, None]}) == {"a": [shown, 1, None]}


def test_lines_of_the_screen_stay_lines() -> None:
    assert plain_lines("one\n\ttwo\x1b[0m") == "one\n\ttwo␛[0m"


@given(st.text())
def test_nothing_that_commands_is_left_and_nothing_else_is_changed(text: str) -> None:
    shown = plain(text)
    assert not {"\x1b", "\n", "\r", "\x9b", "\u202e"} & set(shown)
    if text.isprintable():
        assert shown == text


def test_a_screen_and_what_a_command_prints_command_no_terminal(
    capsys: pytest.CaptureFixture[str],
) -> None:
    history = [{"at": "", "sender": "TR", "what": "incident", "detail": "a\n  ✓ b", "erased": ""}]
    assert history_of({"history": history}).count("\n") == 0
    emit({}, "one\x1b[2J\ntwo", as_json=False)
    assert capsys.readouterr().out == "one␛[2J\ntwo\n"
    assert table([("a\nb", "c")], ("head", "tail")).splitlines()[1:] == ["a␊b   c"]
