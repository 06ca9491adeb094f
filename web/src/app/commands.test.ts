import { expect, test } from "vitest";
import { findCommands, type Command } from "./commands";

const command = (title: string, group = "Go to"): Command => ({ id: title, title, group, run: () => undefined });
const COMMANDS = [command("Runs"), command("Runners"), command("shop", "Pipeline"), command("web-shop", "Pipeline")];
const titles = (wanted: string) => findCommands(COMMANDS, wanted).map(({ title }) => title);

test("nothing typed offers everything in its order", () => {
  expect(titles("")).toEqual(["Runs", "Runners", "shop", "web-shop"]);
});

test("every word must fit, and beginnings come first", () => {
  expect(titles("run")).toEqual(["Runs", "Runners"]);
  expect(titles("shop")).toEqual(["shop", "web-shop"]);
  expect(titles("pipeline web")).toEqual(["web-shop"]);
  expect(titles("nothing")).toEqual([]);
});
