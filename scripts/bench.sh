#!/bin/bash
# Measures the release build, on SQLite and on a throw-away PostgreSQL, and fails where a ratio to its floor has become far larger than it was.
set -euo pipefail
cd "$(dirname "$0")/.."
scripts/setup.sh test
. scripts/postgres.sh
trap stop_postgres EXIT
# As durable as SQLite is.
postgres_fsync=on start_postgres
ANDON_TEST_POSTGRES=$postgres_url cargo run --release -p andon-tests --bin bench -- "$@"
