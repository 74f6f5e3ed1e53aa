#!/usr/bin/env bash
# Installs the system packages of packages.txt that are missing; where it may not, it says in one line what to install.
#
#   setup.sh [--run-only]     --run-only leaves out what only tests and benches need
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
list=$(sed '/^#/d' "$here/packages.txt")
[[ ${1:-} == --run-only ]] && list=${list%%---*}
read -ra wanted <<<"$(tr '\n' ' ' <<<"${list//---/}")"

if ! command -v apt-get >/dev/null; then
  echo "martlive: this is no Debian; where something is missing, install what corresponds to: ${wanted[*]}"
  exit 0
fi
missing=()
for package in "${wanted[@]}"; do
  [[ $(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null) == installed ]] || missing+=("$package")
done
((${#missing[@]})) || exit 0
as_root=()
if ((EUID)); then
  if ! sudo -n true 2>/dev/null; then
    echo "martlive: please run: sudo apt-get install --no-install-recommends ${missing[*]}"
    exit 0
  fi
  as_root=(sudo -n)
fi
echo "martlive: installing ${missing[*]}"
"${as_root[@]}" apt-get update -qq
"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
