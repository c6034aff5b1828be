#!/bin/bash
# Makes a Debian trixie with its RabbitMQ (4.x) in a folder, for `make chaos-matrix`. Needs root.
#   tests/chaos/trixie.sh FOLDER
set -euo pipefail

folder=$1
if [[ -x $folder/usr/lib/rabbitmq/bin/rabbitmq-server ]]; then
  exit 0
fi
if [[ $(id -u) -ne 0 ]]; then
  echo 'RabbitMQ 4.x comes from a Debian of its own in a folder, and to make that takes root.' >&2
  exit 4
fi
if ! command -v debootstrap >/dev/null; then
  apt-get install -y --no-install-recommends debootstrap
fi
mkdir -p "$(dirname "$folder")"
debootstrap --variant=minbase trixie "$folder"
# nothing of it is started when it is installed
printf '#!/bin/sh\nexit 101\n' >"$folder/usr/sbin/policy-rc.d"
chmod 755 "$folder/usr/sbin/policy-rc.d"
chroot "$folder" apt-get install -y --no-install-recommends rabbitmq-server
chroot "$folder" apt-get clean
