#!/bin/bash
# Runs every suite, goes on after a failure, and ends with a table of what ran and the line `N passed, N failed`.
# Exits with 1 when anything failed. The output of each suite is kept in target/test-logs.
# Each suite is a process group of its own (-m), so that an interrupted run ends all that it started.
set -muo pipefail
cd "$(dirname "$0")/.."
. scripts/postgres.sh

export CARGO_TERM_COLOR=never NO_COLOR=1
logs=target/test-logs
table=$logs/table
mkdir -p "$logs"
: >"$table"
current=

stop_everything() {
    [ -z "$current" ] || { kill -- "-$current" 2>/dev/null; wait "$current" 2>/dev/null; }
    stop_postgres
}
trap stop_everything EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# Reads a suite's output and prints "PASSED FAILED". A suite that counts no tests is itself one check.
count_tests() {
    case $1 in
    nextest)
        awk '/^ *Summary \[/ {
            for (i = 2; i <= NF; i++) { if ($i ~ /^passed/) p += $(i-1); if ($i ~ /^(failed|timed)/) f += $(i-1) } }
            END { print p + 0, f + 0 }' "$2" ;;
    cargo) awk '/^test result:/ { p += $4; f += $6 } END { print p + 0, f + 0 }' "$2" ;;
    vitest)
        awk '/^ *Tests  / { for (i = 2; i <= NF; i++) { if ($i == "passed") p += $(i-1); if ($i == "failed") f += $(i-1) } }
            END { print p + 0, f + 0 }' "$2" ;;
    node) awk '/^# pass / { p = $3 } /^# fail / { f += $3 } /^# cancelled / { f += $3 } END { print p + 0, f + 0 }' "$2" ;;
    check) [ "$3" = 0 ] && echo "1 0" || echo "0 1" ;;
    esac
}

# suite NAME HOW-TO-COUNT COMMAND...
suite() {
    local name=$1 kind=$2 status=0 passed failed began=$SECONDS
    shift 2
    local log=$logs/${name// /-}.log
    printf '\n== %s: %s\n' "$name" "$*"
    ("$@" 2>&1 | tee "$log") </dev/null &
    current=$!
    wait "$current" || status=$?
    current=
    read -r passed failed < <(count_tests "$kind" "$log" "$status")
    # What fell over before it could count, and what ran nothing at all, has not passed.
    if [ "$failed" = 0 ] && { [ "$status" != 0 ] || [ "$passed" = 0 ]; }; then failed=1; fi
    printf '%-32s %8d %8d %7ds\n' "$name" "$passed" "$failed" $((SECONDS - began)) >>"$table"
}

# The workspace's tests, or those of some packages. They are picked by a filter: a selection by -p has other features, and builds all anew.
rust_tests() {
    local filter=() packages=()
    for package in "${@:2}"; do
        filter+=(-E "package($package)")
        packages+=(-p "$package")
    done
    if cargo nextest --version >/dev/null 2>&1; then
        suite "$1" nextest cargo nextest run --no-fail-fast --no-tests=fail --workspace "${filter[@]}"
    else
        suite "$1" cargo cargo test --no-fail-fast "${packages[@]:---workspace}"
    fi
}

postgres_suites() {
    if start_postgres; then
        export ANDON_TEST_POSTGRES=$postgres_url
        rust_tests "rust on PostgreSQL" andon-server andon-tests
        unset ANDON_TEST_POSTGRES
        stop_postgres
    else
        suite "rust on PostgreSQL" check false
    fi
}

print_table() {
    printf '\n%-32s %8s %8s %8s\n' suite passed failed time
    cat "$table"
    # The three numbers stand at the end of each row; names hold spaces.
    awk '{ p += $(NF-2); f += $(NF-1) } END { printf "\n%d passed, %d failed\n", p, f; exit f > 0 }' "$table"
}

scripts/setup.sh test || exit 1
unset ANDON_TEST_POSTGRES
# The binary carries the page inside it, so the page comes first.
suite "web build" check scripts/web.sh
suite "web client" check npm --prefix web run --silent client -- --check
suite "web types" check npm --prefix web run --silent types
suite "web lint" check npm --prefix web run --silent lint
suite "web units" vitest npm --prefix web run --silent unit
suite "rust format" check cargo fmt --all --check
suite "rust lints" check cargo clippy --workspace --all-targets -- -D warnings
suite "binary" check cargo build -p andon-cli
rust_tests "rust on SQLite"
postgres_suites
suite "browser" node scripts/browser-tests.sh
suite "demo" check scripts/demo-test.sh
suite "tour" check scripts/tour.sh
print_table
