#!/bin/bash
# Where the time of a push goes, from the client's socket to the script's first line, out of the server's own log: starts a server of the release
# build that logs every connection and statement, pushes some commits one after the other, and prints for each step the median moment at
# which it began, in milliseconds since git's connection was accepted. `scripts/trace-push.sh --all` prints every line of the last push.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/started-server.sh

end_with_script

export ANDON_BINARY=${ANDON_BINARY:-target/release/andon}
pushes=15
start_server --isolation none --runner-slots 2 --log andon_server=trace,andon_runner=trace,axum=trace --log-format json
token=$("$ANDON_BINARY" token create trace --role admin --data "$server_dir/data" 2>/dev/null | tail -n 1)
repository=${server_url/:\/\//:\/\/trace:$token@}/git/main/traced.git

work=$(mktemp -d)
git init --quiet --initial-branch=main "$work/repository"
push() {
    git -C "$work/repository" add .
    git -C "$work/repository" -c user.name=Ada -c user.email=ada@shop.example commit --quiet -m "$1"
    # What the client sees: its own processes, and when it has its answer.
    GIT_TRACE2_EVENT=$work/client.$1 git -C "$work/repository" push --quiet "$repository" HEAD:main 2>/dev/null
}
# Waits until a log has come to its end; the number of runs that ended is the number of pushes.
wait_for_runs() {
    tries=0
    until [ "$(grep -c 'UPDATE runs SET outcome' "$server_dir/err")" -ge "$1" ]; do
        [ "$tries" -lt 600 ] || fail "Run $1 did not end."
        tries=$((tries + 1))
        sleep 0.05
    done
}

cat >"$work/repository/andon.yml" <<'YAML'
pipeline: traced
resources:
  source: { type: git, repository: traced, branch: main }
jobs:
  ring: { inputs: [source], steps: [ { run: 'echo "$EPOCHREALTIME" >>"$MOMENTS"' } ] }
YAML
sed -i "s|\$MOMENTS|$work/moments|" "$work/repository/andon.yml"
for number in $(seq 0 $pushes); do
    echo "$number" >"$work/repository/file"
    push "$number"
    wait_for_runs $((number + 1))
done

node - "$server_dir/err" "$work" "${1:-}" <<'JS'
const { readFileSync, readdirSync } = require("fs");
const [log, work, all] = process.argv.slice(2);
const parse = (file) => readFileSync(file, "utf8").split("\n").filter((line) => line.startsWith("{")).map((line) => JSON.parse(line));
// Milliseconds since 1970 with three decimals; a Date has none.
const moment = (text) => Date.parse(text.slice(0, 19) + "Z") + Number("0." + text.slice(20, 26)) * 1000;
const lines = parse(log).map((line) => ({ at: moment(line.timestamp), text: line.sql ?? line.message ?? "" }));
const rung = readFileSync(work + "/moments", "utf8").trim().split("\n").map((seconds) => Number(seconds.replace(",", ".")) * 1000);

// In the order in which they happen. Each is looked for behind the one before it.
const steps = [
  ["connection accepted; the token is looked up", /^connection .* accepted/],
  ["the pack has been taken; moved branches and the pipeline's file are looked at", /FROM modules m/],
  ["one commit begins: what became of the pipeline's file, and the version", /^INSERT INTO commit_reports/],
  ["in it: decision, run, job run and execution", /^UPDATE jobs SET next_number/],
  ["in it: given to the runner that waits; it goes to disk", /^UPDATE executions SET status .* runner_id/],
  ["the assignment is read together", /^SELECT i\.name, v\.id/],
  ["the workspace stands; the commit is fetched into it", /^INSERT INTO execution_steps/],
];
const pushes = [];
for (const end of rung.slice(1)) {
  // git opens more than one connection: the first of this push comes after the ring of the one before.
  const before = rung[rung.indexOf(end) - 1];
  const during = lines.filter((line) => line.at > before && line.at < end + 50);
  const found = [];
  let from = during.findIndex((line) => steps[0][1].test(line.text));
  for (const [name, pattern] of steps) {
    const index = during.findIndex((line, at) => at >= from && pattern.test(line.text));
    if (index < 0) throw new Error(`no line for "${name}"; the log does not say what it used to`);
    found.push(during[index].at);
    from = index;
  }
  found.push(end);
  pushes.push({ found, during });
}
const median = (values) => values.sort((a, b) => a - b)[Math.floor(values.length / 2)];
const names = [...steps.map(([name]) => name), "the script's first line"];
console.log(`${pushes.length} pushes; milliseconds, medians\n\n      at    takes  step`);
names.forEach((name, step) => {
  const at = median(pushes.map(({ found }) => found[step] - found[0]));
  const takes = step + 1 < names.length ? median(pushes.map(({ found }) => found[step + 1] - found[step])).toFixed(1) : "";
  console.log(`${at.toFixed(1).padStart(8)} ${takes.padStart(8)}  ${name}`);
});

const clients = readdirSync(work).filter((name) => name.startsWith("client.") && name !== "client.0").map((name) => parse(`${work}/${name}`));
const took = (pick) => median(clients.map((events) => {
  const first = moment(events.find((event) => event.event === "start").time);
  return moment(pick(events).time) - first;
}));
console.log(`\nThe client, since it was started: ${took((events) => events.find((event) => event.event === "child_start")).toFixed(1)} until it starts the process that speaks HTTP, ` +
  `${took((events) => events.findLast((event) => event.event === "exit")).toFixed(1)} until it ends with its answer.`);

if (all === "--all") {
  const { found, during } = pushes.at(-1);
  console.log("\nThe last push, line by line:");
  for (const line of during.filter((line) => line.at >= found[0])) console.log(`${(line.at - found[0]).toFixed(2).padStart(8)}  ${line.text.replace(/\s+/g, " ").slice(0, 150)}`);
}
JS
