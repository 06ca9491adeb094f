// Writes src/api/schema.ts and src/api/client.ts from the description of the API, server/openapi.json. With --check it writes
// nothing and fails where the files differ from what it would write. No package makes them: the part of OpenAPI that our
// server uses is small, and a generator of our own runs offline and with any TypeScript.

import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const api = JSON.parse(readFileSync(here("../../server/openapi.json"), "utf8"));
const schemas = api.components.schemas;
const PREFIX = "/api/v1";
const HEAD = "// Made from server/openapi.json by `npm run client`. Edit neither this file nor its order: a check compares them.\n\n";
const SKIPPED_TAGS = new Set(["runner", "runners-protocol"]);
// Their absent fields are left out; everywhere else in answers they are null.
const LEAVES_OUT = new Set(["Problem", "ChannelSettings", "ChannelView", "UserView", "CreateUser", "ChangeUser", "NewTokenView"]);

const typeName = (name) => name.replace(/^Page_/, "PageOf");
const byText = new Map(Object.entries(schemas).map(([name, schema]) => [JSON.stringify(schema), name]));

/** The schemas that some request sends: their optional fields may be left out. */
function listSent() {
  const sent = new Set();
  const visit = (value) => {
    if (Array.isArray(value)) value.forEach(visit);
    else if (value !== null && typeof value === "object") {
      const name = value.$ref?.split("/").at(-1);
      if (name !== undefined && !sent.has(name)) {
        sent.add(name);
        visit(schemas[name]);
      }
      Object.values(value).forEach(visit);
    }
  };
  for (const { operation } of operations()) visit(operation.requestBody ?? null);
  return sent;
}

function operations() {
  return Object.entries(api.paths).flatMap(([path, item]) =>
    Object.entries(item).map(([method, operation]) => ({ path, method: method.toUpperCase(), operation })),
  );
}

const literal = (value) => JSON.stringify(value);
const comment = (text, indent) => (text ? `${indent}/** ${text.replace(/\s+/g, " ").replaceAll("*/", "* /")} */\n` : "");

/** The TypeScript type of a schema; `mayOmit` where absent fields are left out. */
function typeOf(schema, mayOmit, known = true) {
  if (schema === undefined || schema === true) return "unknown";
  if (schema.$ref) return typeName(schema.$ref.split("/").at(-1));
  const same = known ? byText.get(JSON.stringify(schema)) : undefined;
  if (same !== undefined && schema.properties) return typeName(same);
  if (schema.enum) return schema.enum.map(literal).join(" | ");
  if (schema.const !== undefined) return literal(schema.const);
  const among = schema.oneOf ?? schema.anyOf;
  if (among) return among.map((part) => wrap(typeOf(part, mayOmit))).join(" | ");
  if (schema.allOf) return schema.allOf.map((part) => wrap(typeOf(part, mayOmit))).join(" & ");
  if (Array.isArray(schema.type)) return schema.type.map((type) => typeOf({ ...schema, type }, mayOmit, false)).join(" | ");
  switch (schema.type) {
    case "string":
      return "string";
    case "integer":
    case "number":
      return "number";
    case "boolean":
      return "boolean";
    case "null":
      return "null";
    case "array":
      return `${wrap(typeOf(schema.items, mayOmit))}[]`;
    case "object":
      return objectOf(schema, mayOmit);
    default:
      return "unknown";
  }
}

function wrap(type) {
  return / [|&] /.test(type) && !type.startsWith("{") ? `(${type})` : type;
}

function objectOf(schema, mayOmit, indent = "") {
  if (!schema.properties) {
    return schema.additionalProperties ? `Record<string, ${typeOf(schema.additionalProperties, mayOmit)}>` : "Record<string, unknown>";
  }
  const required = new Set(schema.required ?? []);
  const fields = Object.entries(schema.properties).map(([name, property]) => {
    const absent = !required.has(name) && (mayOmit || !isNullable(property));
    const key = /^[a-z_][a-z0-9_]*$/i.test(name) ? name : literal(name);
    return `${comment(property.description, `${indent}  `)}${indent}  ${key}${absent ? "?" : ""}: ${typeOf(property, mayOmit)};\n`;
  });
  return `{\n${fields.join("")}${indent}}`;
}

function isNullable(schema) {
  return [schema.type].flat().includes("null") || (schema.oneOf ?? []).some((part) => part.type === "null");
}

function writeSchema() {
  const sent = listSent();
  const types = Object.entries(schemas).map(([name, schema]) => {
    const mayOmit = sent.has(name) || LEAVES_OUT.has(name);
    const plain = schema.type === "object" && schema.properties;
    const body = plain ? objectOf(schema, mayOmit) : typeOf(schema, mayOmit, false);
    return `${comment(schema.description, "")}${plain ? `export interface ${typeName(name)} ${body}` : `export type ${typeName(name)} = ${body};`}\n`;
  });
  return HEAD + types.join("\n");
}

function writeClient() {
  const used = new Set();
  const note = (schema) => {
    const type = typeOf(schema, false);
    for (const name of Object.keys(schemas)) if (new RegExp(`\\b${typeName(name)}\\b`).test(type)) used.add(typeName(name));
    return type;
  };
  const calls = operations().filter(isCall).map((found) => writeCall(found, note));
  const imports = `import { getJson, queryText, segment, write, writeText } from "./request";\nimport type {\n${[...used].toSorted().map((name) => `  ${name},\n`).join("")}} from "./schema";\n`;
  return `${HEAD}${imports}\n${calls.join("\n")}`;
}

/** Streams, files and what only runners and forges ask are no calls of the page. */
function isCall({ path, operation }) {
  const answers = Object.entries(operation.responses).filter(([status]) => status.startsWith("2"));
  const kinds = answers.flatMap(([, answer]) => Object.keys(answer.content ?? {}));
  return path.startsWith(PREFIX) && !path.startsWith(`${PREFIX}/runner/`) && !SKIPPED_TAGS.has(operation.tags?.[0]) && kinds.every((kind) => kind === "application/json");
}

function writeCall({ path, method, operation }, note) {
  const parameters = operation.parameters ?? [];
  const within = (place) => parameters.filter((parameter) => parameter.in === place);
  const names = [...path.matchAll(/\{([a-z_]+)\}/g)].map((found) => found[1]);
  const args = [];
  if (names.length > 0) args.push(`at: { ${names.map((name) => `${name}: string`).join("; ")} }`);
  const bodies = operation.requestBody?.content ?? {};
  const isText = bodies["application/yaml"] !== undefined;
  const body = bodies["application/json"];
  if (isText) args.push("text: string");
  else if (body) args.push(`body: ${note(body.schema)}`);
  const query = within("query");
  // A word of an enum is imported like a body.
  for (const { schema } of query) note(schema);
  if (query.length > 0) args.push(`query: { ${query.map(({ name, schema }) => `${name}?: ${typeOf(schema, true).replace(/ \| null/, "")} | null`).join("; ")} } = {}`);
  if (method === "GET") args.push("signal?: AbortSignal");
  const answer = Object.entries(operation.responses).find(([status, { content }]) => status.startsWith("2") && content?.["application/json"]);
  const type = answer ? note(answer[1].content["application/json"].schema) : "null";
  const filled = path.slice(PREFIX.length).replaceAll(/\{([a-z_]+)\}/g, (_, name) => `\${segment(at.${name})}`);
  const address = `\`${filled}${query.length > 0 ? "${queryText(query)}" : ""}\``;
  const promise = answer ? type : "null";
  const call =
    method === "GET"
      ? `getJson<${type}>(${address}, signal)`
      : isText
        ? `writeText<${promise}>("${method}", ${address}, text)`
        : `write<${promise}>("${method}", ${address}${body ? ", body" : ""})`;
  return `${comment(operation.summary, "")}export function ${operation.operationId}(${args.join(", ")}): Promise<${promise}> {\n  return ${call};\n}\n`;
}

let stale = false;
for (const [path, text] of [
  ["../src/api/schema.ts", writeSchema()],
  ["../src/api/client.ts", writeClient()],
]) {
  if (!process.argv.includes("--check")) writeFileSync(here(path), text);
  else if (readFileSync(here(path), "utf8") !== text) stale = true;
}
if (stale) {
  process.stderr.write("src/api is not what server/openapi.json describes; run: npm run client\n");
  process.exitCode = 1;
}
