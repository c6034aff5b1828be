#!/usr/bin/env bash
# Installs the Debian packages that are missing: RabbitMQ, Python's venv and, for tests, what
# watches a node (Prometheus and Alertmanager), gives it a network of its own (iproute2), and reads
# the examples and units that it ships (curl, systemd).
#
#   deploy/setup/system.sh demo|test
#
# A RabbitMQ that is there already is left exactly as it is, running or not. One that we install is
# neither started nor enabled: the lab starts brokers of its own, as processes of its own.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

POLICY=/usr/sbin/policy-rc.d
# Units that our packages would enable for the next boot.
UNITS=(rabbitmq-server.service epmd.service epmd.socket
  prometheus.service prometheus-alertmanager.service)
TOOLS=$TREE/build/tools/bin

missing_packages() {
  [[ -x /usr/lib/rabbitmq/bin/rabbitmq-server ]] || command -v rabbitmq-server >/dev/null ||
    echo rabbitmq-server
  # A venv that works needs nothing from Debian's Python any more.
  [[ -x $VENV/bin/pip ]] || "${PYTHON:-python3}" -c 'import venv, ensurepip' >/dev/null 2>&1 ||
    echo python3-venv
  [[ ${1:-demo} != test ]] || missing_watchers
}

# What only tests need is installed where that needs nobody's password.
missing_watchers() {
  can_install || return 0
  command -v prometheus >/dev/null || echo prometheus
  command -v prometheus-alertmanager >/dev/null || echo prometheus-alertmanager
  [[ -x /usr/sbin/ip || -x /sbin/ip ]] || command -v ip >/dev/null || echo iproute2
  # Reads the units; what is installed is not booted.
  command -v systemd-analyze >/dev/null || echo systemd
  command -v curl >/dev/null || echo curl
}

can_install() {
  command -v apt-get >/dev/null && { [[ $(id -u) -eq 0 ]] || sudo -n true 2>/dev/null; }
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

# Where nothing can be installed, test tools are taken out of their packages. Debian's Alertmanager
# does not run so (it wants its templates): its test skips then, and says so.
#
# fetch_tools PACKAGE TOOL...
fetch_tools() {
  local package=$1 tool folder
  shift
  say "fetching $*, for the tests of what watches a node"
  folder=$(mktemp -d "$WORK/tools.XXXXXX")
  if (cd "$folder" && apt-get -q download "$package") >"$WORK/tools.log" 2>&1 &&
    dpkg --fsys-tarfile "$folder"/*.deb | tar -x -C "$folder" "${@/#/./usr/bin/}"; then
    mkdir -p "$TOOLS"
    for tool in "$@"; do
      mv "$folder/usr/bin/$tool" "$TOOLS/$tool"
    done
  else
    say "$* could not be fetched; the tests that need it will be skipped"
  fi
  rm -rf "$folder"
}

has_tool() {
  [[ -x $TOOLS/$1 ]] || command -v "$1" >/dev/null
}

# From Debian 13 on promtool is a package of its own.
fetch_test_tools() {
  local own=
  [[ -z $(apt-cache --quiet=2 show promtool 2>/dev/null) ]] || own=promtool
  if [[ -n $own ]]; then
    has_tool promtool || fetch_tools promtool promtool
    has_tool prometheus || fetch_tools prometheus prometheus
  elif ! has_tool promtool || ! has_tool prometheus; then
    fetch_tools prometheus prometheus promtool
  fi
  has_tool amtool || fetch_tools prometheus-alertmanager amtool
}

mkdir -p "$WORK"
mapfile -t missing < <(missing_packages "$@")
[[ ${#missing[@]} -eq 0 ]] || install_packages "${missing[@]}"
[[ ${1:-demo} != test ]] || fetch_test_tools
