#!/bin/bash
# Measures the release build, on SQLite and on a throw-away PostgreSQL, and fails where a ratio to its floor has become far larger than it was.
# `bench.sh growth` measures instead what becomes slower as an installation grows, on SQLite alone; `bench.sh --help` tells of sizes.
set -euo pipefail
cd "$(dirname "$0")/.."
scripts/setup.sh test
. scripts/postgres.sh
trap stop_postgres EXIT
if [ "${1:-}" != growth ]; then
    # As durable as SQLite is.
    postgres_fsync=on start_postgres
    export ANDON_TEST_POSTGRES=$postgres_url
fi
cargo run --release -p andon-tests --bin bench -- "$@"
