#!/bin/sh
# Measures the page in a headless browser on a long history, then how smoothly a line of 500 jobs moves, then what the page keeps in memory
# under a stream of events. It needs a built binary (ANDON_BINARY, else target/release/andon) and web/node_modules. ANDON_BENCH_RUNS (10000) and ANDON_SOAK_SECONDS (120) bound it.
set -eu
cd "$(dirname "$0")/.."
. scripts/started-server.sh
ANDON_BINARY=${ANDON_BINARY:-target/release/andon}

trap stop_server EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

status=0
measure() {
    wait_for_line "sign in: http"
    sign_in_link=$(sed -n 's/^sign in: \(http[^ ]*\).*/\1/p' "$server_dir/out" | head -n 1)
    (cd web && ANDON_URL=$server_url ANDON_SIGN_IN_LINK=$sign_in_link node "$@") || status=$?
    stop_server
}

# The history has a runner of its own.
start_server --no-runner
measure e2e/measure.mjs "${ANDON_BENCH_RUNS:-10000}"
start_server
measure e2e/frames.mjs 500
start_server
measure e2e/soak.mjs "${ANDON_SOAK_SECONDS:-120}"
exit "$status"
