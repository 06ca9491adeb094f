// Events as a busy installation sends them.

/**
 * Presses a button that no job waits for, so many times a second: each press is a version, and so an event that the open line asks anew for.
 * `resource` is `PIPELINE/NAME`. Answers how many were sent so far, and a way to stop.
 */
export function sendEvents({ url, token, resource, rate }) {
  const state = { sent: 0, stop: null };
  let on = true;
  const began = Date.now();
  const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
  const press = async () => {
    while (on) {
      const due = began + (state.sent * 1000) / rate;
      state.sent += 1;
      if (due > Date.now()) await new Promise((resolve) => setTimeout(resolve, due - Date.now()));
      const answer = await fetch(`${url}/api/v1/workspaces/main/resources/${resource}/versions`, { method: "POST", headers, body: JSON.stringify({ version: {} }) });
      // A server that has no time now says so; the next one comes later.
      if (answer.status === 503) await new Promise((resolve) => setTimeout(resolve, 250));
      else if (!answer.ok) throw new Error(`the server refused an event: ${await answer.text()}`);
      await answer.arrayBuffer();
    }
  };
  const senders = Array.from({ length: 8 }, press);
  state.stop = async () => {
    on = false;
    await Promise.all(senders);
  };
  return state;
}
