#!/bin/bash
# fuzz.sh [SECONDS] [TARGET...]: each target of fuzz/ for a minute, or for so many seconds. The stable compiler is enough:
# libFuzzer comes as a crate, and needs a C++ compiler. Finds are kept in fuzz/artifacts, what was learned in fuzz/corpus.
set -euo pipefail
cd "$(dirname "$0")/.."
seconds=${1:-60}
shift || true
targets=${*:-document expression resolve hooks}
host=$(rustc -vV | sed -n 's/^host: //p')

# What an instrumented build needs; with --target, build scripts are built without it.
export RUSTFLAGS="--cfg fuzzing -Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
-Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table -Ccodegen-units=1"
export CARGO_TARGET_DIR=$PWD/target/fuzz

# Seeds: the pipelines and cases of the tests, one file each.
seed() {
    local corpus=fuzz/corpus/$1
    mkdir -p "$corpus" "fuzz/artifacts/$1"
    case $1 in
    document) find pipelines/library pipelines/tests/documents -name '*.yml' -exec sh -c 'cp "$2" "$1/$(echo "$2" | tr / -)"' _ "$corpus" {} \; ;;
    expression) grep -rhoE '(when|if): .*' pipelines/library pipelines/tests/documents | sed -E 's/^(when|if): //' | sort -u |
        split -l 1 -a 4 - "$corpus/seed-" ;;
    resolve) node -e '
        const [, corpus] = process.argv, fs = require("fs"), folder = "pipelines/tests/resolve/";
        for (const file of fs.readdirSync(folder))
            JSON.parse(fs.readFileSync(folder + file)).forEach((one, n) =>
                fs.writeFileSync(`${corpus}/${file}-${n}`, JSON.stringify(one.case)));' "$corpus" ;;
    hooks) node -e '
        const [, corpus] = process.argv, fs = require("fs");
        const push = { ref: "refs/heads/main", after: "a".repeat(40), commits: [], repository: { full_name: "a/b", clone_url: "https://x/a/b.git" } };
        for (let forge = 0; forge < 5; forge++) for (let event = 0; event < 12; event++)
            fs.writeFileSync(`${corpus}/seed-${forge}-${event}`, Buffer.concat([Buffer.from([forge, event]), Buffer.from(JSON.stringify(push))]));' "$corpus" ;;
    esac
}

for target in $targets; do
    features=
    [ "$target" != hooks ] || features="--features hooks"
    seed "$target"
    echo "== $target"
    # shellcheck disable=SC2086
    cargo run --quiet --release --manifest-path fuzz/Cargo.toml --target "$host" $features --bin "$target" -- \
        "fuzz/corpus/$target" -artifact_prefix="fuzz/artifacts/$target/" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=4096 -print_final_stats=1
done
