"""The lab of these tests; see builders_lab."""

import pytest

from builders_lab import lab

__all__ = ["lab"]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Give a test the time in which a lab comes up on a busy machine."""
    for item in items:
        if "integration/lab" in str(item.path) and not item.get_closest_marker("timeout"):
            item.add_marker(pytest.mark.timeout(300))
