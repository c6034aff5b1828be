#!/usr/bin/env bash
# Two countries in containers: they join, agree and exchange a movement, command by command of the
# manual's page "Join the network", which stand in trial.steps.sh.
#
#   deploy/containers/trial.sh         needs Docker with compose, and the package of `make deb`
#   docker compose -f deploy/containers/compose.trial.yml down --volumes     afterwards
# What is in single quotes is for the shell of a desk.
# shellcheck disable=SC2016
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
screens=$(mktemp -d)
trap 'rm -rf "$screens"' EXIT

say() { printf 'trial: %s\n' "$*" >&2; }

compose() { docker compose -f compose.trial.yml "$@"; }

# type_at DESK LINE: a line as a person types it there; what people were told is in its environment.
type_at() {
  compose run --rm --no-deps -T -e PATH=/usr/lib/rabbitmq/bin:/usr/bin:/bin \
    -e NETWORK="${NETWORK:-}" -e GEORGIA="${GEORGIA:-}" -e TURKIYE="${TURKIYE:-}" "$1" "$2"
}

# at DESK MACHINE LINE: the same, and the screen keeps it. A record may be under way: look again.
at() {
  local tries=1
  say "$2\$ $3"
  [[ $3 != "corridor inbox"* && $3 != "corridor peer"* && $3 != "corridor doctor"* ]] || tries=30
  until type_at "$1" "$3" | tee "$screens/last"; do
    ((--tries)) || return 1
    sleep 2
  done
  cat "$screens/last" >>"$screens/$2"
}

# hand FROM TO NAME AS: a file or folder travels.
hand() {
  type_at un-desk "mkdir -p \"/trial/$2/\$(dirname '$4')\" && cp -rT '/trial/$1/$3' '/trial/$2/$4'"
}

# hear WORD FROM PRINTED: a fingerprint is read out from a screen, over another channel.
hear() {
  printf -v "$1" '%s' "$(sed -n "s/^ *$3\\([0-9a-f ]*\\).*/\\1/p" "$screens/$2" | tail -n 1)"
  [[ -n ${!1} ]] || { say "$1 never stood on the screen of $2"; return 1; }
}

start() { compose up --detach --wait "$1"; }

# start_broker CODE MACHINE: its files for the broker's user, then the broker.
start_broker() {
  type_at "$1-desk" "chmod -R g+rX $1/broker $1/pki && chmod 0600 $1/pki/node.key"
  start "$1-broker"
}

compose build
compose run --rm --no-deps -T --user root un-desk \
  'cd /trial && mkdir -p UN EAST WEST Georgia Turkiye && chown -R corridor:corridor /trial'
for machine in Georgia Turkiye; do
  compose run --rm --no-deps -T un-desk "cat >/trial/$machine/movement.json" \
    <../../docs/manual/movement.json
done

# shellcheck source=deploy/containers/trial.steps.sh
. ./trial.steps.sh

say 'a movement went there and was receipted'
