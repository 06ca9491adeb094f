/** Who did something, from the form that events have: `user:ada` and `push:ada` are Ada, `token:ci` is a token, `andon` the server. */
export function actorWords(actor: string): string {
  const at = actor.indexOf(":");
  if (at < 0) return actor === "andon" ? "Andon" : actor;
  const kind = actor.slice(0, at);
  const name = actor.slice(at + 1);
  return kind === "user" || kind === "push" ? name : `${kind} ${name}`;
}
