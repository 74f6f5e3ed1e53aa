#!/usr/bin/env bash
# Signs each of its files for Windows, in Git's bash; without a certificate it says so, and the build goes on unsigned.
#
#   MARTLIVE_SIGN_PFX        the certificate with its key, as PKCS 12 in base64
#   MARTLIVE_SIGN_PASSWORD   its password
#   MARTLIVE_SIGN_TIMESTAMP  the server that says when it was signed (RFC 3161)
set -euo pipefail
if [[ -z ${MARTLIVE_SIGN_PFX:-} ]]; then
  echo "unsigned build: MARTLIVE_SIGN_PFX is not set, so Windows will warn of $*"
  exit 0
fi
if [[ -z ${MARTLIVE_SIGN_PASSWORD:-} ]]; then
  echo "sign.sh: MARTLIVE_SIGN_PASSWORD is not set; give the password of MARTLIVE_SIGN_PFX." >&2
  exit 1
fi
certificate=$(mktemp)
trap 'rm -f "$certificate"' EXIT
base64 --decode <<<"$MARTLIVE_SIGN_PFX" >"$certificate"
# Git's bash would take an option that begins with a slash for a path.
export MSYS2_ARG_CONV_EXCL='/fd;/td;/tr;/f;/p'
signtool sign /fd SHA256 /td SHA256 /tr "${MARTLIVE_SIGN_TIMESTAMP:-http://timestamp.digicert.com}" \
  /f "$certificate" /p "$MARTLIVE_SIGN_PASSWORD" "$@"
