#!/bin/bash
# Makes a plain Debian of this machine's own release, once, and keeps it as an archive:
#
#   base.sh ARCHIVE
#
# Packages come from where this machine gets its own. What the node's package asks for is fetched
# and not installed: installing it is what is tried. Needs root and debootstrap.
set -euo pipefail
archive=$1
PACKAGES=(python3.11 libstdc++6 adduser debconf logrotate rabbitmq-server)
[[ ! -e $archive ]] || exit 0

# shellcheck source=/dev/null
. /etc/os-release
# shellcheck disable=SC2016
sources=$(apt-get indextargets --format '$(REPO_URI) $(RELEASE) $(COMPONENT) $(ORIGIN) $(IDENTIFIER)' |
  awk '$4 == "Debian" && $5 == "Packages" { print "deb", $1, $2, $3 }' | sort -u)
mirror=$(awk -v suite="$VERSION_CODENAME" '$3 == suite { print $2; exit }' <<<"$sources")
[[ -n $mirror ]] || {
  echo "base: apt knows no source of Debian's $VERSION_CODENAME; run apt-get update first" >&2
  exit 1
}
# debootstrap mounts /proc in there: in a namespace of ours, so that nothing stays mounted.
[[ ${2:-} == apart ]] || exec unshare --mount --propagation private "$0" "$archive" apart
folder=$(mktemp -d)
clear() {
  umount -q -R "$folder"/plain/* 2>/dev/null || true
  rm -rf --one-file-system "$folder" "$archive.new"
}
trap clear EXIT
trap 'exit 143' TERM INT HUP
# systemd, since units are what the package brings; no other service of Debian's.
debootstrap --variant=minbase --include=systemd,systemd-sysv,ca-certificates \
  "$VERSION_CODENAME" "$folder/plain" "$mirror"
printf '%s\n' "$sources" >"$folder/plain/etc/apt/sources.list"
apt-config dump --format '%f "%v";%n' Acquire::http Acquire::https |
  grep -v '""' >"$folder/plain/etc/apt/apt.conf.d/zz-way" || true
# As Debian's installer does; debootstrap leaves it to whoever calls it.
printf '127.0.0.1 localhost\n::1 localhost ip6-localhost\n' >"$folder/plain/etc/hosts"
cp /etc/resolv.conf "$folder/plain/etc/resolv.conf"
# Fetched packages are kept, so that both machines install without any network.
echo 'Binary::apt::APT::Keep-Downloaded-Packages "true"; APT::Sandbox::User "root";' \
  >"$folder/plain/etc/apt/apt.conf.d/zz-keep"
chroot "$folder/plain" apt-get -q update
chroot "$folder/plain" apt-get -q -y --no-install-recommends --download-only install "${PACKAGES[@]}"
mkdir -p "$(dirname "$archive")"
tar -C "$folder/plain" -cf "$archive.new" .
mv "$archive.new" "$archive"
