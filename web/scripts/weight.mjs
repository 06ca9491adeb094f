// Fails the build when the first load has become heavy: for each screen, what the browser fetches to show it first, compressed.
// Left out are fonts, which come after the first picture, and what a screen itself loads later (the editor, workers).

import { readFileSync, rmSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";

const LIMIT_KB = 250;
const dist = fileURLToPath(new URL("../dist/", import.meta.url));
const manifest = JSON.parse(readFileSync(`${dist}manifest.json`, "utf8"));
// Only this script reads it.
rmSync(`${dist}manifest.json`);

/** The files of a chunk and of all that it imports at once. */
function filesOf(name, found = new Set()) {
  const { file, css = [], imports = [] } = manifest[name];
  if (found.has(file)) return found;
  for (const each of [file, ...css]) found.add(each);
  for (const each of imports) filesOf(each, found);
  return found;
}

const weigh = (files) => [...files].reduce((sum, file) => sum + gzipSync(readFileSync(dist + file)).length, 0);
const entry = Object.keys(manifest).find((name) => manifest[name].isEntry);
const screens = manifest[entry].dynamicImports ?? [];
const weights = [entry, ...screens].map((name) => ({ name, kilobytes: weigh(filesOf(name, filesOf(entry))) / 1000 }));
const [heaviest] = weights.toSorted((one, other) => other.kilobytes - one.kilobytes);
const words = `The heaviest first load is ${heaviest.kilobytes.toFixed(1)} kB (${heaviest.name}); at most ${LIMIT_KB} kB`;
if (heaviest.kilobytes > LIMIT_KB) {
  process.stderr.write(`${words}. Load what a screen needs later, or leave it out.\n`);
  process.exitCode = 1;
} else {
  process.stdout.write(`${words}\n`);
}
