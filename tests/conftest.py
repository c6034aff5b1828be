"""What every test may count on: bounded properties, quiet logs, a real broker or its absence."""

import os
import shutil
import signal
import sys
from collections.abc import Generator
from pathlib import Path

import hypothesis
import pytest
import structlog
from coverage import Coverage

TREE = Path(__file__).resolve().parents[1]
SHARED = TREE.parent / "shared"

# The same examples every time: a red build is somebody's change, not the day's luck.
# HYPOTHESIS_PROFILE=search looks further, with fresh examples.
hypothesis.settings.register_profile(
    "build", max_examples=100, deadline=None, derandomize=True, database=None
)
hypothesis.settings.register_profile("search", max_examples=2000, deadline=None)
hypothesis.settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "build"))


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add --require-broker."""
    parser.addoption(
        "--require-broker",
        action="store_true",
        help="a test that needs a real RabbitMQ fails instead of skipping where there is none",
    )


def has_broker() -> bool:
    """Whether Debian's RabbitMQ is installed; running or not does not matter."""
    places = f"{os.environ.get('PATH', '')}:/usr/lib/rabbitmq/bin:/usr/local/sbin:/usr/sbin"
    return shutil.which("rabbitmq-server", path=places) is not None


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip a broker test where there is no broker, or fail it where one is required.

    What a node of this process logs goes to standard error from here on: standard output is that
    of the commands that a test calls beside it.
    """
    # A node that ran in this process kept these for itself, and children inherit that.
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT, signal.SIGTERM, signal.SIGHUP})
    structlog.reset_defaults()
    structlog.configure(logger_factory=structlog.WriteLoggerFactory(file=sys.__stderr__))
    if item.get_closest_marker("broker") is None or has_broker():
        return
    if item.config.getoption("--require-broker"):
        pytest.fail("no rabbitmq-server on this machine; `make setup` installs it", pytrace=False)
    pytest.skip("no rabbitmq-server on this machine; `make setup` installs it")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(
    item: pytest.Item, nextitem: pytest.Item | None
) -> Generator[None, object, object]:
    """Let a test marked `unmeasured` run without being traced.

    Tracing makes loops up to eight times as slow: a test of time or of size would measure that.
    What it has cached goes before the next one that is measured, which would never reach it.
    """
    measuring = Coverage.current()
    if measuring is None or not _unmeasured(item):
        return (yield)
    measuring.stop()
    try:
        return (yield)
    finally:
        if nextitem is not None and not _unmeasured(nextitem):
            _forget()
        measuring.start()


def _unmeasured(item: pytest.Item) -> bool:
    return item.get_closest_marker("unmeasured") is not None


def _forget() -> None:
    for name, module in list(sys.modules.items()):
        if name.startswith("corridor."):
            for value in list(vars(module).values()):
                if callable(clear := getattr(value, "cache_clear", None)):
                    clear()


@pytest.fixture(scope="session")
def shared_samples() -> Path:
    """Folder of the official sample messages, which are not part of this tree."""
    return beside("samples")


@pytest.fixture(scope="session")
def shared_vectors() -> Path:
    """Folder of public cryptographic test vectors, which are not part of this tree."""
    return beside("vectors")


def beside(name: str) -> Path:
    """Folder `name` of the third-party data beside this tree; skips by name where it is missing."""
    folder = SHARED / name
    if not folder.is_dir():
        pytest.skip(f"../shared/{name} is not on this machine")
    return folder
