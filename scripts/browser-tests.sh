#!/bin/sh
# Runs the browser tests of web/e2e against a fresh server. Builds nothing: it needs target/debug/andon and web/node_modules.
set -eu
cd "$(dirname "$0")/.."
. scripts/started-server.sh

trap stop_server EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

start_server
# The first start prints the link just after the address.
wait_for_line "sign in: http"
sign_in_link=$(sed -n 's/^sign in: \(http[^ ]*\).*/\1/p' "$server_dir/out" | head -n 1)

status=0
(cd web && ANDON_URL=$server_url ANDON_SIGN_IN_LINK=$sign_in_link npm run --silent browser) || status=$?
if [ "$status" -ne 0 ]; then
    echo "The server's last lines:" >&2
    tail -n 40 "$server_dir/err" >&2
fi
exit "$status"
