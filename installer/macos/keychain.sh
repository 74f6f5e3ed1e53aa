#!/usr/bin/env bash
# Puts the certificate into a keychain of its own that codesign may use, on a computer that is thrown away afterwards.
#
#   MARTLIVE_SIGN_P12            the certificate with its key, as PKCS 12 in base64
#   MARTLIVE_SIGN_P12_PASSWORD   its password
set -euo pipefail
if [[ -z ${MARTLIVE_SIGN_P12:-} || -z ${MARTLIVE_SIGN_P12_PASSWORD:-} ]]; then
  echo "keychain.sh: MARTLIVE_SIGN_P12 or MARTLIVE_SIGN_P12_PASSWORD is not set; give both." >&2
  exit 1
fi
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
(umask 077 && base64 --decode <<<"$MARTLIVE_SIGN_P12" >"$scratch/certificate.p12")
keychain=martlive.keychain-db
password=$(openssl rand -hex 32)
security create-keychain -p "$password" "$keychain"
security unlock-keychain -p "$password" "$keychain"
security set-keychain-settings "$keychain"
security import "$scratch/certificate.p12" -k "$keychain" -P "$MARTLIVE_SIGN_P12_PASSWORD" -T /usr/bin/codesign
# Else codesign would ask on a screen that nobody sees.
security set-key-partition-list -S apple-tool:,apple: -s -k "$password" "$keychain" >/dev/null
security list-keychains -d user -s "$keychain" login.keychain-db
