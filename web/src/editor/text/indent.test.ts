import { expect, test } from "vitest";
import { indentAfter } from "./indent";

test.each([
  ["jobs:", 2],
  ["  build: # makes it", 4],
  ["    steps:", 6],
  ["      - run: |", 10],
  ["      - run: make", 8],
  ["      - make", 6],
  ["    timeout: 5m", 4],
  ["          echo done", 10],
  ["    # why", 4],
  ["    ", 4],
  ["", 0],
])("after %j the next line begins at %i", (line, indent) => expect(indentAfter(line)).toBe(indent));
