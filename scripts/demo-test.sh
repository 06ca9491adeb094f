#!/bin/bash
# Does what a newcomer does after `make run`: starts the server with the demo line, pushes the commit that it prints,
# waits for the gate, approves on the command line, and finds the commit in the `production` environment. Then breaks a fan-in, asks why,
# and follows the advice, as README's tour does.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/started-server.sh

end_with_script

api() { curl --silent --show-error --fail -H "Authorization: Bearer $ANDON_TOKEN" "$server_url/api/v1/workspaces/main/$1"; }

# Reads JSON on stdin and prints what a JavaScript expression makes of `it`; nothing for null and undefined.
pick() { node -e 'const it = JSON.parse(require("fs").readFileSync(0, "utf8")); const found = eval(process.argv[1]); if (found !== null && found !== undefined) console.log(found)' "$1"; }

# wait_for SECONDS WHAT COMMAND...: asks again until the command prints something, and prints it.
wait_for() {
    local deadline=$((SECONDS + $1)) what=$2 found
    shift 2
    while true; do
        found=$("$@" 2>/dev/null || true)
        if [ -n "$found" ]; then
            echo "$found"
            return 0
        fi
        [ "$SECONDS" -lt "$deadline" ] || fail "This did not happen in time: $what."
        kill -0 "$server_pid" 2>/dev/null || fail "The server ended while waiting: $what."
        sleep 0.2
    done
}

# The set-up of the demo has a run of its own; the one that counts names the pushed commit.
pushed_run() { api "runs?limit=10" | pick "it.items.find(run => run.cause_detail?.includes('${1:0:7}'))?.id"; }
open_gate() { api "runs/$1" | pick 'it.job_run_list.find(j => j.gate?.status === "open")?.gate.id'; }
ended_run() { api "runs/$1" | pick 'it.ended_at === null ? null : it.status'; }

start_server --demo
wait_for_line "  git push"
work=$(mktemp -d)

# The link makes the first administrator, although the demonstration's person has an account already.
link=$(sed -n 's|^sign in: http.*/signin/||p' "$server_dir/out" | head -n 1)
curl --silent --show-error --fail -o "$work/me.json" -H 'content-type: application/json' \
    -d '{"name": "root", "password": "a long enough password"}' "$server_url/api/v1/signin-links/$link" || fail "The printed link does not sign in."
[ "$(pick 'it.administrator' <"$work/me.json")" = true ] || fail "The printed link does not make an administrator."

# The printed lines, as they stand, in an empty folder. The first one says where the server is and who types.
sed -n '/^Try the demonstration/,/^  git push/p' "$server_dir/out" | tail -n +2 | sed 's/^  //' >"$work/try.sh"
eval "$(grep '^export ' "$work/try.sh")"
[ -n "${ANDON_TOKEN:-}" ] || fail "The server printed no lines to try."
(cd "$work" && HOME=$work bash -euo pipefail ./try.sh) || fail "The printed lines do not work."
repository=$(find "$work" -name .git -type d | head -n 1)
commit=$(git --git-dir="$repository" rev-parse HEAD)

run=$(wait_for 60 "a run begins after the push" pushed_run "$commit")
gate=$(wait_for 120 "the gate opens" open_gate "$run")
"${ANDON_BINARY:-target/debug/andon}" approve "$gate" -m "Shown by the demo test"
status=$(wait_for 120 "the run ends" ended_run "$run")
[ "$status" = completed ] || fail "The run ended as \"$status\"; it should be \"completed\"."
api environments | grep -q "$commit" || fail "The production environment does not name commit $commit."
echo "Commit $commit is in production."

shop=$(dirname "$repository")
in_shop() { (cd "$shop" && HOME=$work GIT_AUTHOR_NAME=You GIT_AUTHOR_EMAIL=you@shop.example GIT_COMMITTER_NAME=You GIT_COMMITTER_EMAIL=you@shop.example bash -euo pipefail -c "$1"); }
why() { "${ANDON_BINARY:-target/debug/andon}" why shop/sign-off; }
blamed() { why | grep -E 'unit #[0-9]+ failed on app@'; }

in_shop 'echo '\''[ "$1" != unit ]'\'' >> test.sh && git commit -qam "Break a test" && git push -q' || fail "The broken commit cannot be pushed."
wait_for 120 "the failed test is named" blamed
why | grep -q 'push a fix' || fail "The advice is not to push a fix: $(why)"
in_shop 'git revert --no-edit HEAD && git push -q' || fail "The fix cannot be pushed."
run=$(wait_for 60 "a run begins after the fix" pushed_run "$(git --git-dir="$repository" rev-parse HEAD)")
gate=$(wait_for 120 "the gate opens for the fix" open_gate "$run")
why | grep -q 'andon approve' || fail "The advice is not to approve: $(why)"
echo "The fix opened gate $gate."
