#!/usr/bin/env bash
# Generates node/corridor/wire/v1 from proto/ where the schema, the generator or its version changed.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

cd "$TREE"
mkdir -p "$WORK"
stamp=$WORK/proto.stamp
mapfile -t sources < <(find proto -maxdepth 1 -name "*.py"; find proto/corridor -name "*.proto"; echo requirements/dev.txt)
wanted=$(digest "${sources[@]}")

generated() {
  local schema
  for schema in proto/corridor/wire/v1/*.proto; do
    [[ -f node/corridor/wire/v1/$(basename "$schema" .proto)_pb2.py ]] || return 1
  done
}

if [[ ${1:-} != --force ]] && generated && [[ $(cat "$stamp" 2>/dev/null) == "$wanted" ]]; then
  exit 0
fi
say "generating code from proto/"
if [[ -f proto/generate.py ]]; then
  run_quietly "$WORK/proto.log" "$VENV/bin/python" proto/generate.py
else
  PATH=$VENV/bin:$PATH run_quietly "$WORK/proto.log" "$VENV/bin/python" -m grpc_tools.protoc -I proto \
    --python_out=node --mypy_out=node proto/corridor/wire/v1/*.proto
fi
printf '%s\n' "$wanted" >"$stamp"
