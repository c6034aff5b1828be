#!/usr/bin/env bash
# Says whether the locks are what they must be: hashed, exact, complete, and free of addresses.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
fail() {
  echo "requirements: $*" >&2
  exit 1
}

names() { grep -oE '^[a-zA-Z0-9._-]+==[^ ;\\]+' "$1" | sort; }

for lock in runtime.txt dev.txt; do
  if grep -nE '://|--(extra-)?index-url|--find-links|--trusted-host' "$lock"; then
    fail "$lock names an address; compile it with requirements/compile.sh"
  fi
  awk -v lock="$lock" '
    function close_entry() { if (entry != "" && !hashed) { print lock ": no hash for " entry; bad = 1 } }
    /^[a-zA-Z0-9]/ { close_entry(); entry = $1; hashed = 0; if ($0 !~ /==/) { print lock ": not exact: " $0; bad = 1 } }
    /--hash=sha256:/ { hashed = 1 }
    END { close_entry(); exit bad }' "$lock" >&2 || fail "$lock is not fully hashed and exact"
done
missing=$(comm -23 <(names runtime.txt) <(names dev.txt))
[[ -z $missing ]] || fail "dev.txt does not hold the same version of: $missing"
