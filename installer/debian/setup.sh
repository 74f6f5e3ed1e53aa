#!/usr/bin/env bash
# Installs the system packages of packages.txt that are missing; where it may not, it says in one line what to install
# and leaves it at that: much of MartLive, and Python from elsewhere, work without them.
#
#   setup.sh [--run-only]     --run-only leaves out what only tests and benches need
set -euo pipefail
list=$(sed '/^#/d' "$(dirname "$0")/packages.txt")
[[ ${1:-} == --run-only ]] && list=${list%%---*}
mapfile -t wanted < <(grep -v -e '^---$' <<<"$list")

if ! command -v apt-get >/dev/null; then
  echo "martlive: this is no Debian; where something is missing, install what corresponds to: ${wanted[*]}"
  exit 0
fi
# A package counts under the names it provides, too: libglib2.0-0t64 is the newer libglib2.0-0.
installed=$(dpkg-query -W -f='${db:Status-Status} ${Package} ${Provides}\n' | sed -n 's/^installed //p' | tr ' ,' '\n\n')
mapfile -t missing < <(printf '%s\n' "${wanted[@]}" | grep -vxF -f <(echo "$installed"))
((${#missing[@]})) || exit 0
as_root=()
if [[ $(id -u) != 0 ]]; then
  if ! sudo -n true 2>/dev/null; then
    echo "martlive: please run: sudo apt-get install --no-install-recommends ${missing[*]}"
    exit 0
  fi
  as_root=(sudo -n)
fi
echo "martlive: installing ${missing[*]}"
"${as_root[@]}" apt-get update -qq || echo "martlive: apt-get update failed; going on with the lists that are here"
"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null ||
  echo "martlive: apt-get could not install them; please install by hand: ${missing[*]}"
