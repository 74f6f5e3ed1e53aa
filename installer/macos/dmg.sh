#!/usr/bin/env bash
# Makes the disk image: the app, and beside it the folder to draw it into.
#
#   dmg.sh MartLive.app MartLive.dmg
set -euo pipefail
app=${1:?which app?}
image=${2:?which disk image?}
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
ditto "$app" "$scratch/MartLive.app"
ln -s /Applications "$scratch/Applications"
rm -f "$image"
hdiutil create -volname MartLive -srcfolder "$scratch" -fs APFS -format ULMO -quiet "$image"
