import { expect, test } from "vitest";
import { includesRole } from "./role";

test("each role includes those before it", () => {
  expect(includesRole("operator", "operator")).toBe(true);
  expect(includesRole("admin", "operator")).toBe(true);
  expect(includesRole("viewer", "operator")).toBe(false);
  expect(includesRole(undefined, "viewer")).toBe(false);
});
