#!/bin/bash
# Boots a folder that holds a Debian as a machine of its own; run in new namespaces by country.py:
#
#   unshare --mount --pid --net --uts --ipc --fork --kill-child --propagation private
#     boot.sh ROOT GROUP NAME
#
# Rules:
#
# * what is mounted is mounted in a namespace that ends with the machine;
# * the machine sees no device of ours, cannot set our kernel, and has a group (cgroup) of its own;
# * its first process is systemd, so that units are started as at the administration.
set -euo pipefail
root=$1 group=$2 name=$3

hierarchy=$(mktemp -d)
mount -t cgroup2 none "$hierarchy"
mkdir -p "$hierarchy/$group"
echo $$ >"$hierarchy/$group/cgroup.procs"
umount "$hierarchy"
rmdir "$hierarchy"
hostname "$name"

# shellcheck disable=SC2016
exec unshare --cgroup bash -euo pipefail -c '
root=$1
mount --bind "$root" "$root"
cd "$root"
mount -t proc proc proc
mount --bind proc/sys proc/sys
mount -o remount,bind,ro proc/sys
mount -t sysfs sys sys -o ro
mount -t cgroup2 none sys/fs/cgroup
mount -t tmpfs -o mode=755 dev dev
for device in null zero full random urandom tty; do
  touch "dev/$device"
  mount --bind "/dev/$device" "dev/$device"
done
mkdir dev/pts dev/shm
mount -t devpts -o newinstance,ptmxmode=0666 pts dev/pts
ln -s pts/ptmx dev/ptmx
ln -s /proc/self/fd dev/fd
mount -t tmpfs shm dev/shm
mount -t tmpfs -o mode=755 run run
mount -t tmpfs tmp tmp
ip link set lo up
pivot_root . mnt
umount -l /mnt
exec env -i container=corridor PATH=/usr/sbin:/usr/bin:/sbin:/bin /lib/systemd/systemd
' boot "$root"
