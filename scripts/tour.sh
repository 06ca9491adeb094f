#!/bin/bash
# The tour of README's "People on the line": a server on a free port, four people, one commit, and one minute that passes at a word. Prints
# every command that somebody types, and what comes of it; ends with 1 where the line does something else than the README says.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/started-server.sh

end_with_script

andon=$(realpath "${ANDON_BINARY:-target/debug/andon}")
unset ANDON_TOKEN ANDON_URL ANDON_WORKSPACE
export NO_COLOR=1

say() { printf '\n# %s\n' "$*"; }

# as NAME ARGUMENT...: what somebody does with `andon`, each with the token of their own sign-in.
as() {
    local name=$1
    shift
    XDG_CONFIG_HOME=$work/$name ANDON_URL=$server_url "$andon" "$@"
}

# show NAME ARGUMENT...: what somebody types.
show() {
    local word
    printf '%s $ andon' "$1"
    for word in "${@:2}"; do
        case $word in
        *' '*) printf ' "%s"' "$word" ;;
        *) printf ' %s' "$word" ;;
        esac
    done
    printf '\n'
}

# types NAME ARGUMENT...: the same, on the screen, with what was typed.
types() {
    show "$@"
    as "$@" || fail "$1 was refused."
}

# refused NAME WORDS ARGUMENT...: what must be refused, with these words in the answer.
refused() {
    local name=$1 words=$2 answer
    shift 2
    show "$name" "$@"
    if answer=$(as "$name" "$@" 2>&1); then fail "$name was not refused: $answer"; fi
    echo "$answer"
    grep -q "$words" <<<"$answer" || fail "The answer should say: $words"
}

# Reads JSON on stdin and prints what a JavaScript expression makes of `it`; nothing for null and undefined.
pick() { node -e 'const it = JSON.parse(require("fs").readFileSync(0, "utf8")); const found = eval(process.argv[1]); if (found !== null && found !== undefined) console.log(found)' "$1"; }

# wait_for WHAT COMMAND...: asks again until the command prints something, and prints it; gives up after a minute.
wait_for() {
    local deadline=$((SECONDS + 60)) what=$1 found
    shift
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

gate_in_inbox() { as "$1" inbox --kind gate --json | pick "it.find(item => item.title === '$2')?.id"; }
status_of_gate() { as root gate "$1" --json | pick "it.status === '$2' ? 'yes' : null"; }
mails() { [ "$(find "$work/mail" -name '*.eml' | wc -l)" -ge "$1" ] && echo yes; }
task_of() { as "$1" inbox --kind task --json | pick 'it[0]?.id'; }
in_production() { as root environments --json | pick "JSON.stringify(it).includes('$1') ? 'yes' : null"; }

# add NAME ROLE: an account, and its owner signs in by the link.
add() {
    local link
    link=$(as root user create "$1" --email "$1@example.org" --role "$2" | grep -o 'http[^ ]*/signin/[^ ]*')
    as "$1" login --name "$1" --link "$link" <<<"the password of $1" >/dev/null
    echo "$1 ($2) has signed in"
}

# The server's clock is set to the beginning of a minute, so that there is a whole one until the window opens.
work=$(mktemp -d)
ahead=$((60 - $(date +%s) % 60))
echo "${ahead}s" >"$work/ahead"
mkdir "$work/home" "$work/mail"
start_server --clock-file "$work/ahead" --isolation none --smtp "file:$work/mail?from=andon@example.org" --log warn

say "Four people: ada writes, ben and cleo release, dan is asked about the law."
link=$(sed -n 's|^sign in: ||p' "$server_dir/out" | head -n 1)
as root login --name root --link "$link" <<<"the password of root" >/dev/null
add ada editor
add ben operator
add cleo operator
add dan operator
types root group set release ada ben cleo

say "ada pushes the pipeline with her commit. It may be released from the next minute on, for an hour."
from=$(date -u -d "@$(($(date +%s) + ahead + 60))" +%H:%M)
to=$(date -u -d "@$(($(date +%s) + ahead + 3660))" +%H:%M)
git init --quiet --initial-branch main "$work/shop"
sed -e "s/FROM/$from/" -e "s/TO/$to/" >"$work/shop/andon.yml" <<'PIPELINE'
pipeline: shop
resources:
  source: { type: git, repository: shop, branch: main }
  production: { type: environment }
jobs:
  build: { inputs: [source], steps: [{ run: echo built }] }
  sign-off:
    after: [build]
    inputs: [source]
    approval:
      require: [{ from: ["group:release"], count: 2 }]
      exclude: [authors]
      windows: [{ allow: { from: "FROM", to: "TO" } }]
  legal:
    after: [build]
    inputs: [source]
    approval: { require: [{ from: ["user:dan"] }], remind: every 1m, break_glass: ["user:cleo"] }
  deploy: { after: [sign-off, legal], inputs: [source], outputs: [production], steps: [{ run: echo deployed }] }
  announce:
    after: [deploy]
    inputs: [source]
    tasks: [{ id: page, title: Update the status page, assign: "user:ben", due: 4h after deploy }]
notify:
  - { on: [awaiting-approval], jobs: [legal], to: [approvers] }
PIPELINE
token=$(sed -n 's/^token = "\(.*\)"/\1/p' "$work/ada/andon/credentials.toml")
git -C "$work/shop" -c user.name=ada -c user.email=ada@example.org add andon.yml
git -C "$work/shop" -c user.name=ada -c user.email=ada@example.org commit --quiet -m "Open the shop"
HOME=$work/home git -C "$work/shop" push --quiet "${server_url/:\/\//://ada:$token@}/git/main/shop.git" main
commit=$(git -C "$work/shop" rev-parse HEAD)
gate=$(wait_for "sign-off asks ben" gate_in_inbox ben sign-off)
legal=$(wait_for "legal asks dan" gate_in_inbox dan legal)

say "An excluded author: ada is of the group, but she wrote what would be let through."
refused ada "they wrote" approve "$gate" -m "I know it is fine"

say "Two approvers, and a window: both approve, and it waits for its time."
types ben approve "$gate" -m "read it"
refused ben "already decided" approve "$gate" -m "twice"
types cleo approve "$gate" -m "tried it"
types cleo gate "$gate"
[ -n "$(status_of_gate "$gate" open)" ] || fail "The window is not open yet, but the gate is."
wait_for "dan is asked by mail" mails 1 >/dev/null

say "A minute passes. The window opens, and dan, who has not answered, is reminded."
echo "$((ahead + 60))s" >"$work/ahead"
wait_for "the window lets sign-off through" status_of_gate "$gate" approved >/dev/null
wait_for "dan is reminded by mail" mails 2 >/dev/null
echo "sign-off is approved; dan has two mails"

say "A break-glass: dan is away, so cleo opens the gate alone and says why. Back from his plane dan reviews it; cleo may not."
refused ben "opened alone by you" break-glass "$legal" -m "me too"
types cleo break-glass "$legal" -m "the shop is down, dan is on a plane"
refused cleo "somebody else has to" review "$legal" -m "fine"
types dan review "$legal" -m "it could not wait"
wait_for "the commit is in production" in_production "$commit" >/dev/null

say "Environments: what runs where; a lock keeps everything away until it goes."
types root environments
types root env lock shop/production -m "stocktaking"
types root env unlock shop/production

say "Tasks: ben has one since the deployment."
task=$(wait_for "ben has a task" task_of ben)
types ben inbox
types ben task done "$task" -m "done"

say "Audit: who did what; nobody has changed a row since."
types root audit list --limit 5
types root audit verify
