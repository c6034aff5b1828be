#!/usr/bin/env bash
# Compiles the locks from the .in files. Every file of every package is pinned by its hash, and no
# index address is written: a lock says what to install, the machine's own settings say from where.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
command -v uv >/dev/null || { echo "compile: needs uv on the PATH" >&2; exit 1; }
for name in runtime dev; do
  uv pip compile --quiet --python-version 3.11 --generate-hashes --no-emit-index-url \
    --no-annotate --no-header --only-binary :all: -o "$name.txt" "$name.in"
done
