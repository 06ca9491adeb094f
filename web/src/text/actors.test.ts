import { expect, test } from "vitest";
import { actorWords } from "./actors";

test("people go by their names, everything else says what it is", () => {
  expect(["user:ada", "push:ada", "token:ci", "runner:eu-1", "andon"].map(actorWords)).toEqual(["ada", "ada", "token ci", "runner eu-1", "Andon"]);
});
