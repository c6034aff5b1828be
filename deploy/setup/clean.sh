#!/usr/bin/env bash
# Removes everything that set-up and the verbs of the Makefile wrote into this tree.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

cd "$TREE"
rm -rf .venv build dist .coverage .hypothesis .mypy_cache .pytest_cache .ruff_cache
rm -f node/corridor/wire/v1/*_pb2.py node/corridor/wire/v1/*_pb2.pyi
find node tests proto deploy -name __pycache__ -type d -prune -exec rm -rf {} +
say "clean; Debian packages were left alone"
