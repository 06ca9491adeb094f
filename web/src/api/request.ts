import type { Problem } from "./schema";

const BASE = "/api/v1";

/** An answer that is not 2xx, or none at all (`status` 0). The message is a sentence for people. */
export class ApiError extends Error {
  override readonly name = "ApiError";

  constructor(
    readonly status: number,
    message: string,
    readonly requestId: string | null,
  ) {
    super(message);
  }
}

export function isUnauthenticated(error: unknown): boolean {
  return error instanceof ApiError && error.status === 401;
}

/** The value of one cookie in the text of `document.cookie`, or null. */
export function cookieValue(cookies: string, name: string): string | null {
  for (const pair of cookies.split(";")) {
    const at = pair.indexOf("=");
    if (at > 0 && pair.slice(0, at).trim() === name) return decodeURIComponent(pair.slice(at + 1).trim());
  }
  return null;
}

/** What to tell a person about a refused request: the server's own words where it sent some. */
export function problemMessage(status: number, problem: Partial<Problem> | null): string {
  const said = problem?.detail ?? problem?.title;
  if (said) return said;
  return status >= 500 ? `The server could not answer (status ${status}). Nothing was changed.` : `The server refused the request (status ${status}).`;
}

async function readProblem(response: Response): Promise<Problem | null> {
  if (!(response.headers.get("content-type") ?? "").includes("json")) return null;
  try {
    return (await response.json()) as Problem;
  } catch {
    return null;
  }
}

async function send(path: string, init: RequestInit): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(BASE + path, { credentials: "same-origin", ...init });
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    throw new ApiError(0, "The server does not answer. Nothing was changed; try again when it is back.", null);
  }
  if (response.ok) return response;
  const problem = await readProblem(response);
  const requestId = problem?.request_id ?? response.headers.get("x-request-id");
  throw new ApiError(response.status, problemMessage(response.status, problem), requestId);
}

export async function getJson<T>(path: string, signal?: AbortSignal): Promise<T> {
  const response = await send(path, { headers: { accept: "application/json" }, signal: signal ?? null });
  return (await response.json()) as T;
}

export async function getBytes(path: string, signal?: AbortSignal): Promise<Uint8Array> {
  const response = await send(path, { headers: { accept: "text/plain" }, signal: signal ?? null });
  return new Uint8Array(await response.arrayBuffer());
}

/** A changing request with a JSON body, or with none at all for `null`. An empty answer is `null`. */
export function write<T>(method: Method, path: string, body: unknown = null): Promise<T> {
  return change<T>(method, path, body === null ? null : JSON.stringify(body), "application/json");
}

/** A changing request whose body is a pipeline's text. */
export function writeText<T>(method: Method, path: string, text: string): Promise<T> {
  return change<T>(method, path, text, "application/yaml");
}

type Method = "POST" | "PUT" | "PATCH" | "DELETE";

/** Carries the CSRF token. */
async function change<T>(method: Method, path: string, body: string | null, type: string): Promise<T> {
  const headers: Record<string, string> = { accept: "application/json" };
  const token = cookieValue(document.cookie, "andon_csrf");
  if (token !== null) headers["x-andon-csrf"] = token;
  if (body !== null) headers["content-type"] = type;
  const response = await send(path, { method, headers, body });
  const text = await response.text();
  return (text === "" ? null : JSON.parse(text)) as T;
}

/** `?a=1&b=2` from what is set; the empty string where nothing is. */
export function queryText(values: Record<string, string | number | null | undefined>): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(values)) {
    if (value !== null && value !== undefined && value !== "") query.set(name, String(value));
  }
  const text = query.toString();
  return text === "" ? "" : `?${text}`;
}

/** One segment of an address. */
export const segment = encodeURIComponent;

/** The address of something inside a workspace, under the API's base. */
export function inWorkspace(workspace: string, ...segments: string[]): string {
  return `/workspaces/${[workspace, ...segments].map(encodeURIComponent).join("/")}`;
}

/** The full address for links and event sources. */
export function address(path: string): string {
  return BASE + path;
}
