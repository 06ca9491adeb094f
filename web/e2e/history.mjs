// A long history, made by the real engine: runs are started over the API, and a runner that does nothing says that it has done them.

import assert from "node:assert/strict";

const PIPELINES = 5;
/** Requests that are under way at once. */
const AT_ONCE = 16;
const SLOTS = 200;

const text = (name) => `pipeline: ${name}
project: ${name.endsWith("1") ? "one" : "others"}
resources:
  settings: { type: params, values: { LEVEL: one } }
  live: { type: environment }
jobs:
  build: { inputs: [settings], steps: [{ run: 'true' }] }
  deploy: { after: [build], inputs: [settings], outputs: [live], steps: [{ run: 'true' }] }
`;

/** Makes `runs` runs of two jobs each; one of nine fails. `token` may do everything, `runnerToken` lets a runner in. */
export async function makeHistory(url, { token, runnerToken, runs }) {
  const call = caller(url);
  const asked = (method, path, body, type) => call(method, `/workspaces/main/${path}`, token, body, type);
  const names = Array.from({ length: PIPELINES }, (_, at) => `history-${at + 1}`);
  for (const name of names) await asked("PUT", `pipelines/${name}`, text(name), "application/yaml");
  const worker = new Runner((path, body) => call("POST", `/runner/${path}`, runnerToken, body));
  await worker.begin();
  // Setting a pipeline has started one run of each already.
  let started = PIPELINES;
  const start = async () => {
    while (started < runs) {
      started += 1;
      await asked("POST", `pipelines/${names[started % PIPELINES]}/jobs/build/runs`, { note: `Run ${started} of the history` });
    }
  };
  let all = false;
  const done = worker.workUntil(() => all);
  await Promise.all(Array.from({ length: AT_ONCE }, start));
  all = true;
  await done;
  return worker.ended;
}

function caller(url) {
  return async (method, path, token, body = null, type = "application/json") => {
    const request = { method, headers: { authorization: `Bearer ${token}`, "content-type": type } };
    request.body = type === "application/json" ? JSON.stringify(body) : body;
    const answer = await fetch(`${url}/api/v1${path}`, request);
    const said = await answer.text();
    assert.ok(answer.ok, `${method} ${path}: ${answer.status} ${said}`);
    return said === "" ? null : JSON.parse(said);
  };
}

class Runner {
  constructor(send) {
    this.send = send;
    this.ended = 0;
  }

  async begin() {
    const about = { name: "history", labels: ["linux"], slots: SLOTS, executor: "none", isolation: "none", notice: null, version: "0" };
    this.id = (await this.send("register", about)).runner;
  }

  /** Goes on until there is nothing left and nothing more will come. */
  async workUntil(isAll) {
    for (;;) {
      const wasAll = isAll();
      const { assignments } = await this.send("claim", { runner: this.id, free: SLOTS, wait_ms: wasAll ? 0 : 500 });
      if (assignments.length === 0 && wasAll) return;
      if (assignments.length > 0) await this.report(assignments);
    }
  }

  async report(assignments) {
    const at = Date.now();
    const reports = assignments.flatMap(({ execution }) => {
      const failed = (this.ended += 1) % 9 === 0;
      const finished = { kind: "finished", outcome: failed ? "failed" : "succeeded", reason: failed ? "exit-code" : null, detail: null };
      return [{ kind: "started" }, { kind: "steps-begun" }, finished].map((body, place) => ({ execution, sequence: place + 1, at, body }));
    });
    await this.send("report", { runner: this.id, running: assignments.map(({ execution }) => execution), reports, draining: false });
  }
}
