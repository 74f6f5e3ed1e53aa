#!/usr/bin/env bash
# Signs MartLive for macOS, from the inside out, and has Apple notarise it; without an identity it says so.
#
#   notarise.sh MartLive.app|MartLive.dmg
#
#   MARTLIVE_SIGN_IDENTITY   as `security find-identity` shows it: Developer ID Application: NAME (TEAM)
#   MARTLIVE_NOTARY_KEY      the App Store Connect key, as text (.p8)
#   MARTLIVE_NOTARY_KEY_ID   its ID
#   MARTLIVE_NOTARY_ISSUER   the ID of who issued it
set -euo pipefail
product=${1:?which MartLive.app or MartLive.dmg?}
here=$(cd "$(dirname "$0")" && pwd)
identity=${MARTLIVE_SIGN_IDENTITY:-}

# Without an identity the app gets a signature that only says that it is whole: Apple's processors start nothing without one.
# The hardened runtime would refuse libraries then, which have no team in common.
if [[ -n $identity ]]; then
  sign=(codesign --force --timestamp --options runtime --sign "$identity")
else
  sign=(codesign --force --sign -)
fi

sign_app() {
  local contents=$product/Contents
  # PyInstaller knows no place for what Info.plist says in other languages.
  cp -R "$here"/*.lproj "$contents/Resources/"
  find "$contents" -type f \( -name '*.dylib' -o -name '*.so' -o -perm -u+x \) ! -path "$contents/MacOS/martlive" -print0 |
    while IFS= read -r -d '' file; do
      # Scripts are sealed as resources.
      case $(file -b "$file") in Mach-O*) "${sign[@]}" "$file" ;; esac
    done
  # -depth: what lies in a framework comes before it.
  find "$contents" -depth -type d -name '*.framework' -print0 |
    while IFS= read -r -d '' framework; do "${sign[@]}" "$framework"; done
  "${sign[@]}" --entitlements "$here/entitlements.plist" "$product"
  codesign --verify --deep --strict "$product"
}

case $product in
  *.app) sign_app ;;
  *.dmg) [[ -z $identity ]] || codesign --force --timestamp --sign "$identity" "$product" ;;
  *) echo "notarise.sh: $product is neither an app nor a disk image; give one of them." >&2 && exit 2 ;;
esac
if [[ -z $identity ]]; then
  echo "unsigned build: MARTLIVE_SIGN_IDENTITY is not set, so macOS will refuse $product until its user allows it"
  exit 0
fi

for name in MARTLIVE_NOTARY_KEY MARTLIVE_NOTARY_KEY_ID MARTLIVE_NOTARY_ISSUER; do
  if [[ -z ${!name:-} ]]; then
    echo "notarise.sh: $name is not set; give it, or no MARTLIVE_SIGN_IDENTITY for an unsigned build." >&2
    exit 1
  fi
done
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
(umask 077 && printf '%s\n' "$MARTLIVE_NOTARY_KEY" >"$scratch/key.p8")
sent=$product
if [[ $product == *.app ]]; then
  sent=$scratch/MartLive.zip
  ditto -c -k --keepParent "$product" "$sent"
fi
# It fails where Apple answers Invalid; `xcrun notarytool log` says why.
answer=$(xcrun notarytool submit "$sent" --wait --key "$scratch/key.p8" --key-id "$MARTLIVE_NOTARY_KEY_ID" \
  --issuer "$MARTLIVE_NOTARY_ISSUER" | tee /dev/stderr)
if [[ $answer != *"status: Accepted"* ]]; then
  echo "notarise.sh: Apple did not accept $product; see \`xcrun notarytool log\` for the ID above." >&2
  exit 1
fi
xcrun stapler staple "$product"
