// A gate's form: its fields from the JSON Schema that the server sends, and the answers from what was typed.

export interface Field {
  name: string;
  type: "string" | "integer" | "number" | "boolean";
  required: boolean;
  description: string | null;
  pattern: string | null;
  options: readonly string[];
  least: number | null;
  most: number | null;
}

type Schema = Record<string, unknown>;

const TYPES: ReadonlySet<unknown> = new Set(["string", "integer", "number", "boolean"]);

export function readFields(schema: Schema | null): Field[] {
  const properties = (schema?.properties ?? {}) as Record<string, Schema>;
  const required = new Set((schema?.required ?? []) as string[]);
  return Object.entries(properties).map(([name, field]) => {
    const isText = field.type === "string";
    return {
      name,
      type: TYPES.has(field.type) ? (field.type as Field["type"]) : "string",
      required: required.has(name),
      description: textOf(field.description),
      pattern: textOf(field.pattern),
      options: Array.isArray(field.enum) ? field.enum.map(String) : [],
      least: numberOf(isText ? field.minLength : field.minimum),
      most: numberOf(isText ? field.maxLength : field.maximum),
    };
  });
}

function textOf(value: unknown): string | null {
  return typeof value === "string" ? value : null;
}

function numberOf(value: unknown): number | null {
  return typeof value === "number" ? value : null;
}

/** What was typed, by field; a box that is ticked is `true`. */
export type Typed = Readonly<Record<string, string>>;

export interface Answers {
  answers: Record<string, string | number | boolean>;
  /** What is wrong, by field. Empty where the server may be asked; it has the last word. */
  wrong: Record<string, string>;
}

export function readAnswers(fields: readonly Field[], typed: Typed): Answers {
  const found: Answers = { answers: {}, wrong: {} };
  for (const field of fields) {
    const text = (typed[field.name] ?? "").trim();
    if (field.type === "boolean") found.answers[field.name] = text === "true";
    else if (text !== "") {
      const wrong = faultOf(field, text);
      if (wrong !== null) found.wrong[field.name] = wrong;
      else found.answers[field.name] = field.type === "string" ? text : Number(text);
    } else if (field.required) found.wrong[field.name] = `${field.name} is required`;
  }
  return found;
}

function faultOf(field: Field, text: string): string | null {
  if (field.type === "string") {
    if (field.options.length > 0 && !field.options.includes(text)) return `${field.name} is one of ${field.options.join(", ")}`;
    return lengthFault(field, text);
  }
  const value = Number(text);
  if (!Number.isFinite(value)) return `${field.name} is a number`;
  if (field.type === "integer" && !Number.isInteger(value)) return `${field.name} is a whole number`;
  if (field.least !== null && value < field.least) return `${field.name} is at least ${field.least}`;
  if (field.most !== null && value > field.most) return `${field.name} is at most ${field.most}`;
  return null;
}

function lengthFault({ name, least, most, pattern }: Field, text: string): string | null {
  const length = [...text].length;
  if (least !== null && length < least) return `${name} has at least ${least} characters`;
  if (most !== null && length > most) return `${name} has at most ${most} characters`;
  return pattern !== null && !fits(pattern, text) ? `${name} has to fit ${pattern}` : null;
}

/** The server's patterns are not the browser's in every detail: one that the browser cannot read is left to the server. */
function fits(pattern: string, text: string): boolean {
  try {
    return new RegExp(pattern, "u").test(text);
  } catch {
    return true;
  }
}
