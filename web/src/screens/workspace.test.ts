import { expect, test } from "vitest";
import { isOwnPath } from "./workspace";

test("sign-in leads on only inside the page", () => {
  expect(isOwnPath("/w/main/runs?tab=failed")).toBe(true);
  for (const target of ["//elsewhere.example", "https://elsewhere.example", "/\\elsewhere.example", "/signin/abc", undefined, 7]) {
    expect(isOwnPath(target)).toBe(false);
  }
});
