#!/usr/bin/env bash
# Makes .venv from the hashed lock and lays this tree's package on its path.
#
# PYTHON=... chooses the interpreter (3.11 or newer).
# shellcheck source-path=SCRIPTDIR
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

LOCK=$TREE/requirements/dev.txt

usable() {
  "$1" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1
}

find_python() {
  local candidate
  for candidate in ${PYTHON:+"$PYTHON"} python3 python3.11 python3.12 python3.13; do
    if usable "$candidate"; then
      command -v "$candidate"
      return
    fi
  done
  die "no usable Python: install python3 (3.11 or newer) with python3-venv, or set PYTHON=/path/to/python3"
}

# The package is not installed but laid on the path: what runs is always this tree.
link_package() {
  local site
  site=$("$VENV/bin/python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))')
  printf '%s\n' "$TREE/node" >"$site/corridor.pth"
  # sh first: a "#!" line of a deep folder would be cut by the kernel.
  cat >"$VENV/bin/corridor.new" <<'SHIM'
#!/bin/sh
'''exec' "$(dirname -- "$(readlink -f -- "$0")")/python" "$0" "$@"
'''
import sys

from corridor.cli.main import main

sys.exit(main())
SHIM
  chmod 755 "$VENV/bin/corridor.new"
  mv "$VENV/bin/corridor.new" "$VENV/bin/corridor"
}

mkdir -p "$WORK"
stamp=$VENV/corridor.stamp
wanted="$(digest "$LOCK" "${BASH_SOURCE[0]}") $TREE"
if [[ $(cat "$stamp" 2>/dev/null) == "$wanted" && -x $VENV/bin/python ]]; then
  exit 0
fi

if ! "$VENV/bin/python" -m pip --version >/dev/null 2>&1; then
  python=$(find_python)
  say "making .venv with $("$python" --version)"
  run_quietly "$WORK/venv.log" "$python" -m venv --clear "$VENV"
fi
rm -f "$stamp"
say "installing $(grep -c '==' "$LOCK") locked Python packages into .venv"
run_quietly "$WORK/pip.log" "$VENV/bin/python" -m pip install --disable-pip-version-check \
  --no-input --no-deps --no-compile --only-binary :all: --require-hashes --progress-bar off -r "$LOCK"
link_package
printf '%s\n' "$wanted" >"$stamp"
