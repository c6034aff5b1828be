#!/usr/bin/env bash
# Installs the Debian packages that are missing: RabbitMQ, Python's venv and, for tests, promtool and
# iproute2.
#
#   deploy/setup/system.sh demo|test
#
# A RabbitMQ that is there already is left exactly as it is, running or not. One that we install is
# neither started nor enabled: the lab starts brokers of its own, as processes of its own.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

POLICY=/usr/sbin/policy-rc.d
# Units that our packages would enable for the next boot.
UNITS=(rabbitmq-server.service epmd.service epmd.socket)
TOOLS=$TREE/build/tools/bin

missing_packages() {
  [[ -x /usr/lib/rabbitmq/bin/rabbitmq-server ]] || command -v rabbitmq-server >/dev/null ||
    echo rabbitmq-server
  # A venv that works needs nothing from Debian's Python any more.
  [[ -x $VENV/bin/pip ]] || "${PYTHON:-python3}" -c 'import venv, ensurepip' >/dev/null 2>&1 ||
    echo python3-venv
  # The test of joining gives each country a network of its own.
  [[ ${1:-demo} != test || -x /usr/sbin/ip || -x /sbin/ip ]] || command -v ip >/dev/null ||
    echo iproute2
}

choose_apt() {
  local packages=$1
  if ! command -v apt-get >/dev/null; then
    die "please install $packages: this system has no apt-get, so set-up cannot do it"
  elif [[ $(id -u) -eq 0 ]]; then
    as_root=()
  elif sudo -n true 2>/dev/null; then
    as_root=(sudo -n)
  else
    local off=
    [[ $packages != *rabbitmq* ]] || off=" && sudo systemctl disable --now rabbitmq-server epmd"
    die "please install $packages: sudo apt-get install --no-install-recommends $packages$off"
  fi
}

apt() {
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 apt-get -q -y \
    -o DPkg::Lock::Timeout=300 "$@"
}

# While packages are unpacked, policy-rc.d forbids every service start. However this script ends,
# `finish` puts back what stood there before and disables the units that came with our packages.
forbid_starts() {
  saved_policy=
  units_before=" $(known_units | tr '\n' ' ')"
  if "${as_root[@]}" test -e "$POLICY"; then
    saved_policy=$POLICY.corridor-saved
    "${as_root[@]}" mv "$POLICY" "$saved_policy"
  fi
  trap finish EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM HUP
  printf '#!/bin/sh\n# for the length of one package installation\nexit 101\n' |
    "${as_root[@]}" tee "$POLICY" >/dev/null
  "${as_root[@]}" chmod 755 "$POLICY"
}

finish() {
  local unit
  "${as_root[@]}" rm -f "$POLICY"
  [[ -z $saved_policy ]] || "${as_root[@]}" mv "$saved_policy" "$POLICY"
  for unit in $(known_units); do
    [[ $units_before == *" $unit "* ]] || disable_unit "$unit" >>"$WORK/units.log" 2>&1
  done
}

# Lists those of UNITS that the system knows, so that we disable only what we brought.
known_units() {
  local unit
  for unit in "${UNITS[@]}"; do
    [[ ! -e /usr/lib/systemd/system/$unit && ! -e /lib/systemd/system/$unit ]] || echo "$unit"
  done
}

disable_unit() {
  local script=${1%.service}
  if command -v systemctl; then
    "${as_root[@]}" systemctl disable --no-reload "$1" || true
  else
    # No systemd here now, but the links would count wherever this system is booted.
    "${as_root[@]}" find /etc/systemd/system -path "*.wants/$1" -delete || true
  fi
  if [[ -e /etc/init.d/$script ]] && command -v update-rc.d; then
    "${as_root[@]}" update-rc.d "$script" disable || true
  fi
}

install_packages() {
  choose_apt "$*"
  say "installing Debian packages: $* (no service is started or enabled)"
  # A foreign package source may be broken while Debian's own is well: the installation decides.
  run_quietly "$WORK/apt-update.log" apt update || say "apt-get update had trouble; going on"
  forbid_starts
  run_quietly "$WORK/apt.log" apt install --no-install-recommends "$@" ||
    die "apt-get could not install $*; please install them by hand and run this again"
}

# promtool is taken out of its package and not installed: a test tool is no reason to bring a
# monitoring service to somebody's machine. Without it the metrics test skips and says so.
fetch_promtool() {
  local package=prometheus folder
  say "fetching promtool, which checks the metrics"
  [[ -z $(apt-cache --quiet=2 show promtool 2>/dev/null) ]] || package=promtool
  folder=$(mktemp -d "$WORK/promtool.XXXXXX")
  if (cd "$folder" && apt-get -q download "$package") >"$WORK/promtool.log" 2>&1 &&
    dpkg --fsys-tarfile "$folder"/*.deb | tar -x -C "$folder" ./usr/bin/promtool; then
    mkdir -p "$TOOLS"
    mv "$folder/usr/bin/promtool" "$TOOLS/promtool"
  else
    say "promtool could not be fetched; the check of the metrics will be skipped"
  fi
  rm -rf "$folder"
}

mkdir -p "$WORK"
mapfile -t missing < <(missing_packages "$@")
[[ ${#missing[@]} -eq 0 ]] || install_packages "${missing[@]}"
if [[ ${1:-demo} == test && ! -x $TOOLS/promtool ]] && ! command -v promtool >/dev/null; then
  fetch_promtool
fi
