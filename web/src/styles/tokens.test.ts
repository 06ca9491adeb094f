import { readFileSync } from "node:fs";
import { expect, test } from "vitest";

const css = readFileSync(new URL("tokens.css", import.meta.url), "utf8");

function tokensOf(opening: string): Map<string, string> {
  const start = css.indexOf(`${opening} {`);
  const block = css.slice(start, css.indexOf("}", start));
  return new Map([...block.matchAll(/(--[a-z-]+): (#[0-9a-f]{6});/g)].map((found) => [found[1] ?? "", found[2] ?? ""]));
}

function luminance(colour: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
    const share = Number.parseInt(colour.slice(at, at + 2), 16) / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function contrast(one: string, other: string): number {
  const [dark = 0, light = 0] = [luminance(one), luminance(other)].toSorted((a, b) => a - b);
  return (light + 0.05) / (dark + 0.05);
}

const light = tokensOf(":root");
const dark = tokensOf(':root[data-theme="dark"]');

test("the chosen dark theme and the system's dark theme are the same", () => {
  expect(tokensOf(':root:not([data-theme="light"])')).toEqual(dark);
  expect(dark.size).toBeGreaterThan(20);
});

test.each([
  ["light", light],
  ["dark", dark],
])("every text colour of the %s theme reaches 4.5:1", (_name, tokens) => {
  const states = [...tokens.keys()].filter((token) => token.startsWith("--state-") && !token.endsWith("-ground"));
  expect(states).toHaveLength(10);
  for (const token of [...states, "--text", "--text-quiet", "--link"]) {
    const grounds = token === "--state-awaiting" ? ["--state-awaiting-ground"] : ["--ground"];
    for (const ground of grounds) {
      expect(contrast(tokens.get(token) ?? "", tokens.get(ground) ?? ""), `${token} on ${ground}`).toBeGreaterThanOrEqual(4.5);
    }
  }
  expect(contrast(tokens.get("--button-text") ?? "", tokens.get("--button") ?? "")).toBeGreaterThanOrEqual(4.5);
  expect(contrast(tokens.get("--line-strong") ?? "", tokens.get("--ground") ?? "")).toBeGreaterThanOrEqual(3);
});
