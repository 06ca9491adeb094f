import { expect, test } from "vitest";
import { settingsOf, typedOf } from "./channelKinds";
import { NAME_PATTERN, readAddresses } from "./parts";
import { partsOf, templateOf } from "./wording";

test("addresses stand on lines or between commas", () => {
  expect(readAddresses("ada@example.org, bo@example.org\n\n cy@example.org;")).toEqual(["ada@example.org", "bo@example.org", "cy@example.org"]);
  expect(readAddresses(" \n")).toEqual([]);
});

test("names are those that the server takes", () => {
  const takes = (name: string) => new RegExp(`^(?:${NAME_PATTERN})$`, "v").test(name);
  expect(["ada", "0", "ada.l@example.org", "a_b-c", "x".repeat(64)].map(takes)).toEqual([true, true, true, true, true]);
  expect(["", "-a", "A", "a b", "a/b", "x".repeat(65)].map(takes)).toEqual([false, false, false, false, false, false]);
});

test("a channel is set with what its kind needs, and with nothing else", () => {
  const typed = { ...typedOf(null), url: " https://hooks.example.org/x ", token: "t", repository: " https://github.com/acme/* ", addresses: "a@example.org" };
  expect(settingsOf({ ...typed, kind: "email" })).toEqual({ kind: "email", addresses: ["a@example.org"] });
  expect(settingsOf({ ...typed, kind: "slack" })).toEqual({ kind: "slack", url: "https://hooks.example.org/x" });
  expect(settingsOf({ ...typed, kind: "forge" })).toEqual({
    kind: "forge",
    forge: "github",
    api: "https://api.github.com",
    token: "t",
    repository: "https://github.com/acme/*",
  });
});

test("a form of a channel that is there begins with what everybody may see of it", () => {
  expect(typedOf({ kind: "forge", target: "https://github.com/acme/shop" })).toMatchObject({ kind: "forge", repository: "https://github.com/acme/shop", token: "" });
  expect(typedOf({ kind: "slack", target: "hooks.slack.com" })).toMatchObject({ kind: "slack", url: "", addresses: "" });
});

test("only the parts that a kind has are worded, and nothing in them is the built-in form", () => {
  expect(["email", "slack", "webhook"].map((kind) => partsOf(kind).map(({ part }) => part))).toEqual([["subject", "body", "html"], ["subject", "body"], ["body"]]);
  expect(templateOf("slack", { subject: " ", body: "", html: "<p>" })).toBeNull();
  expect(templateOf("email", { subject: "{{ headline }}", body: "", html: "<p>" })).toEqual({ subject: "{{ headline }}", html: "<p>" });
});
