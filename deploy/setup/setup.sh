#!/usr/bin/env bash
# Makes this tree ready to run: Debian packages, .venv, generated protobuf code.
#
#   deploy/setup/setup.sh          what a demo needs
#   deploy/setup/setup.sh --test   and what only the tests need (promtool)
#
# Each step looks first whether it is already done, so that a second run takes well under a second.
# Two runs at once wait for each other. No service is started or enabled, now or at the next boot.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

profile=demo
case ${1:-} in
  '') ;;
  --test) profile="test" ;;
  *) die "unknown option $1 (there is only --test)" ;;
esac

mkdir -p "$WORK"
exec 9>"$WORK/lock"
if ! flock -n 9; then
  say "another set-up of this tree is running; waiting for it"
  flock 9
fi

# The lock is closed for the steps (9>&-): nothing they might leave behind can hold it.
"$TREE/deploy/setup/system.sh" "$profile" 9>&-
"$TREE/deploy/setup/venv.sh" 9>&-
"$TREE/deploy/setup/proto.sh" 9>&-
