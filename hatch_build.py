"""Build hook: generates the code of the wire schema, so that a wheel never lacks it."""

import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class SchemaHook(BuildHookInterface[Any]):
    """Runs proto/generate.py and puts what it makes into the wheel."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Generate below build/, and name each file's place in the wheel.

        A developer's tree is left as it is; an editable install uses what `make proto` wrote.
        """
        if version == "editable":
            return
        tree = Path(self.root)
        out = tree / "build" / "wheel"
        shutil.rmtree(out, ignore_errors=True)
        generate = [sys.executable, str(tree / "proto" / "generate.py"), "--out", str(out)]
        subprocess.run([*generate, "--no-stubs"], check=True)  # noqa: S603 - our own script
        made = out.rglob("*_pb2.py")
        places = {str(path): str(path.relative_to(out)) for path in made}
        build_data["force_include"].update(places)
