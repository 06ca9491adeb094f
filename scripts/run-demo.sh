#!/bin/sh
# Starts the server with the demo line. It prints the address, the sign-in link and a `git push` to try.
set -eu
cd "$(dirname "$0")/.."
exec "${ANDON_BINARY:-target/debug/andon}" server --demo --data "${ANDON_DATA:-data}" --listen "${ANDON_LISTEN:-127.0.0.1:8080}"
