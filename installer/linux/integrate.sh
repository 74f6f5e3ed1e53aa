#!/usr/bin/env bash
# Puts this MartLive into the menu of this user, and takes it out again; the folder stays where it is.
#
#   integrate.sh [--remove]
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
share=${XDG_DATA_HOME:-$HOME/.local/share}
entry=$share/applications/martlive.desktop
command=$HOME/.local/bin/martlive

if [[ ${1:-} == --remove ]]; then
  rm -f "$entry" "$command" "$share"/icons/hicolor/*/apps/martlive.{png,svg}
  echo "MartLive is out of your menu; delete $here to be rid of it. Your shows stay in $share/martlive."
  exit 0
fi
mkdir -p "$share/applications" "$HOME/.local/bin"
cp -r "$here/share/icons" "$share/"
sed "s|^Exec=martlive|Exec=\"$here/martlive\"|" "$here/share/applications/martlive.desktop" >"$entry"
ln -sf "$here/martlive" "$command"
echo "MartLive is in your menu, and the command martlive in $HOME/.local/bin."
for library in libportaudio.so.2 libpulse.so.0 libxcb-cursor.so.0 libEGL.so.1; do
  /sbin/ldconfig -p | grep -q "$library" || echo "Please install what has $library with your system's packages."
done
