"""No payload, key or party data reaches the log, whoever calls it and whatever fails."""

import ast
import io
import json
import logging
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

import corridor
from corridor.daemon import logs
from corridor.daemon.logs import allow_listed, configure_logs, event_logger, place_of

HOLDER = "Kaukasus Spedition Ltd"
SOURCES = sorted(Path(corridor.__file__).parent.rglob("*.py"))


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    out = io.StringIO()
    root, hook = logging.getLogger(), threading.excepthook
    handlers, level = root.handlers[:], root.level
    pika = logging.getLogger("pika").level
    configure_logs("debug", "json", out)
    yield out
    structlog.reset_defaults()
    root.handlers[:] = handlers
    root.setLevel(level)
    logging.getLogger("pika").setLevel(pika)
    threading.excepthook = hook


def log_calls() -> Iterator[tuple[str, ast.Call]]:
    """Every call of a log method in the tree."""
    names = {"debug", "info", "warning", "error", "critical", "exception", "log"}
    for path in SOURCES:
        if "event_logger" not in path.read_text():
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            if not isinstance(node, ast.Call) or not node.args:
                continue
            called = ast.unparse(node.func)
            bare = called in {"log", "logger.info", "logger.warning", "logger.error"}
            if bare or (called.startswith("event_logger().") and called.split(".")[-1] in names):
                yield path.name, node


def test_every_event_is_a_fixed_name_with_fields_of_the_list() -> None:
    calls = list(log_calls())
    assert len(calls) > 20
    for name, call in calls:
        event = next((one for one in call.args if isinstance(one, ast.Constant)), None)
        assert event is not None, f"{name}:{call.lineno} has no fixed event"
        assert isinstance(event.value, str)
        assert event.value.count(".") == 1, f"{name}:{call.lineno} {event.value}"
        fields = {keyword.arg for keyword in call.keywords}
        assert fields <= logs._ALLOWED, f"{name}:{call.lineno} {fields - logs._ALLOWED}"


def test_a_field_of_the_list_is_written_and_any_other_says_only_what_it_was(
    log: io.StringIO,
) -> None:
    event_logger().info("record.refused", peer="GE.RS", count=3, holder=HOLDER, raw=b"123")
    line = json.loads(log.getvalue())
    assert line["event"] == "record.refused"
    assert (line["peer"], line["count"], line["level"]) == ("GE.RS", 3, "info")
    assert line["holder"] == f"<str {len(HOLDER)}>"
    assert line["raw"] == "<bytes 3>"
    assert line["timestamp"].endswith("Z")


anything = st.recursive(
    st.just(HOLDER) | st.just(HOLDER.encode()) | st.integers() | st.none(),
    lambda inner: st.lists(inner) | st.dictionaries(st.just("name"), inner) | st.tuples(inner),
    max_leaves=5,
)


@given(st.dictionaries(st.text(min_size=1).filter(lambda key: key not in logs._ALLOWED), anything))
def test_no_value_under_a_foreign_name_is_ever_written(fields: dict[str, object]) -> None:
    kept = allow_listed(None, "info", dict(fields))
    assert HOLDER not in "".join(map(str, kept.values()))
    assert all(str(value).startswith("<") for value in kept.values())


@given(st.sampled_from(sorted(logs._ALLOWED)), anything.filter(lambda v: not isinstance(v, str)))
def test_no_structure_or_object_is_written_under_an_allowed_name(key: str, value: object) -> None:
    kept = str(allow_listed(None, "info", {key: value})[key])
    assert HOLDER not in kept
    assert HOLDER.encode().hex() not in kept or len(HOLDER) <= 32


def test_ids_are_written_in_hexadecimal_and_long_bytes_and_texts_are_not() -> None:
    kept = allow_listed(
        None, "info", {"envelope_id": bytes(32), "key_id": bytes(33), "cause": "x" * 900}
    )
    assert kept == {"envelope_id": "00" * 32, "key_id": "<bytes 33>", "cause": "x" * 300}


def test_of_a_librarys_complaint_only_where_it_came_from_is_kept(log: io.StringIO) -> None:
    logging.getLogger("somelib").warning("connection to %s refused", HOLDER)
    line = json.loads(log.getvalue())
    assert line["event"] == "library.complained"
    assert line["code"] == "somelib"
    assert HOLDER not in log.getvalue()
    logging.getLogger("pika.adapters").error("a page of it")
    assert log.getvalue().count("\n") == 1


def test_of_a_thread_that_dies_only_what_and_where_is_kept(log: io.StringIO) -> None:
    def fail() -> None:
        raise ValueError(HOLDER)

    thread = threading.Thread(target=fail)
    thread.start()
    thread.join()
    line = json.loads(log.getvalue())
    assert (line["event"], line["cause"]) == ("thread.failed", "ValueError")
    assert "test_daemon_logs:" in line["stage"]
    assert HOLDER not in log.getvalue()


def test_text_is_for_a_person_and_lower_levels_can_be_left_out() -> None:
    out = io.StringIO()
    root, hook = logging.getLogger(), threading.excepthook
    handlers, level = root.handlers[:], root.level
    try:
        configure_logs("warning", "text", out)
        event_logger().info("node.started")
        event_logger().warning("broker.lost", cause="gone")
    finally:
        structlog.reset_defaults()
        root.handlers[:], threading.excepthook = handlers, hook
        root.setLevel(level)
    assert "node.started" not in out.getvalue()
    assert "broker.lost" in out.getvalue()
    with pytest.raises(json.JSONDecodeError):
        json.loads(out.getvalue())


def test_a_place_is_files_and_lines() -> None:
    assert place_of(None) == ""
