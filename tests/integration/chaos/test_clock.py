"""A clock that is put wrong in a process while it runs, and right again."""

import subprocess
import sys
import time
from pathlib import Path

from chaos.clock import Offset

TELL = """
import sys
from pathlib import Path
from chaos.clock import install
install(Path(sys.argv[1]))
from corridor.daemon.sender import unix_ms
for line in sys.stdin:
    print(unix_ms(), flush=True)
"""


def test_a_node_s_time_follows_the_offset_at_once(tmp_path: Path) -> None:
    offset = Offset(tmp_path / "clock")
    with subprocess.Popen(
        [sys.executable, "-c", TELL, str(tmp_path / "clock")],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        env={"PYTHONPATH": ":".join(sys.path)},
    ) as process:  # fmt: skip

        def told_s() -> float:
            assert process.stdin is not None
            assert process.stdout is not None
            process.stdin.write("\n")
            process.stdin.flush()
            return int(process.stdout.readline()) / 1000

        assert abs(told_s() - time.time()) < 5
        offset.put(-86_400)
        assert abs(told_s() - time.time() + 86_400) < 5
        offset.put(0)
        assert abs(told_s() - time.time()) < 5
        assert process.stdin is not None
        process.stdin.close()
