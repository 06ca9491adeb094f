// Fails the build when the page has become heavy: everything that it may load, compressed, without the editor (whose chunks
// are called editor-*) and without the fonts, which are fetched after the first picture.

import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";

const LIMIT_KB = 250;
const assets = fileURLToPath(new URL("../dist/assets/", import.meta.url));
const counted = readdirSync(assets).filter((name) => /\.(js|css)$/.test(name) && !name.startsWith("editor-"));
const bytes = counted.reduce((sum, name) => sum + gzipSync(readFileSync(assets + name)).length, 0);
const weight = `${(bytes / 1000).toFixed(1)} kB of script and style, compressed; at most ${LIMIT_KB} kB`;
if (bytes > LIMIT_KB * 1000) {
  process.stderr.write(`The page is too heavy: ${weight}\n`);
  process.exitCode = 1;
} else {
  process.stdout.write(`${weight}\n`);
}
