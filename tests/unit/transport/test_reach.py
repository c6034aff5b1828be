"""Whether a broker can be reached, with the first fault in words."""

from pathlib import Path

import pytest

from corridor.transport import reach
from corridor.transport.broker import BrokerAddress


def address(folder: Path, host: str = "127.0.0.1", port: int = 1) -> BrokerAddress:
    return BrokerAddress(host, port, "mq.test", folder / "ca", folder / "cert", folder / "key")


def test_an_address_is_its_own_and_an_unknown_name_is_none() -> None:
    assert reach.resolve("127.0.0.1") == ("127.0.0.1",)
    assert reach.resolve("no-such-host.invalid") == ()
    assert reach.resolve("x" * 300) == ()


def test_a_name_that_nobody_knows_is_told(tmp_path: Path) -> None:
    told = reach.unreachable(address(tmp_path, "no-such-host.invalid"))
    assert told == "no name server knows no-such-host.invalid"


@pytest.mark.parametrize("content", [None, "no PEM"])
def test_certificates_that_cannot_be_used_are_told(tmp_path: Path, content: str | None) -> None:
    if content is not None:
        for name in ("ca", "cert", "key"):
            (tmp_path / name).write_text(content)
    assert "certificates cannot be used" in str(reach.unreachable(address(tmp_path)))
