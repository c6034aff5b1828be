# Shared by the set-up scripts; sourced, not run.
# shellcheck shell=bash
#
# Everything that set-up makes lies in .venv/ and build/ below this tree; the only things it
# changes outside are Debian packages, and those only where they are missing.

set -euo pipefail
# A git hook or an outer make must not lead our commands elsewhere.
unset CDPATH MAKEFLAGS MFLAGS MAKELEVEL PYTHONHOME PYTHONPATH
TREE=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
export WORK=$TREE/build/setup
export VENV=$TREE/.venv
# rabbitmq-server lies in /usr/sbin, which a plain user's PATH does not name.
export PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin

# Seconds are counted over all the scripts of one set-up.
printf -v now '%(%s)T' -1
export SETUP_STARTED=${SETUP_STARTED:-$now}

say() {
  printf -v now '%(%s)T' -1
  printf 'setup: %3d s  %s\n' $((now - SETUP_STARTED)) "$*" >&2
}

die() {
  printf 'setup: %s\n' "$*" >&2
  exit 1
}

# run_quietly LOG COMMAND...: keeps the output in LOG and shows its end only where it failed. A
# person at a terminal sees the last line pass by meanwhile.
run_quietly() {
  local log=$1
  shift
  if "$@" 2>&1 </dev/null | tee "$log" | passing_by; then
    return 0
  fi
  tail -n 25 "$log" >&2
  say "failed: $*"
  say "the whole output: ${log#"$TREE"/}"
  return 1
}

passing_by() {
  local line
  if [[ ! -t 2 || ${TERM:-dumb} == dumb ]]; then
    cat >/dev/null
    return
  fi
  while IFS= read -r line; do
    printf '\r\033[K  %.76s' "${line//[[:cntrl:]]/ }" >&2
  done
  printf '\r\033[K' >&2
}

# digest FILE...: one word that changes when any of the files does.
digest() { cat -- "$@" | sha256sum | cut -c1-32; }
