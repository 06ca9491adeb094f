import { expect, test } from "vitest";
import { dropDraft, findDraft, keepDraft } from "./drafts";

function memory() {
  const kept = new Map<string, string>();
  return {
    kept,
    getItem: (key: string) => kept.get(key) ?? null,
    setItem: (key: string, value: string) => void kept.set(key, value),
    removeItem: (key: string) => void kept.delete(key),
  };
}

const DRAFT = { text: "pipeline: shop\n", base: { revision: 3, text: "" }, at: 7 };

test("a draft is found again under its pipeline alone, until it is dropped", () => {
  const store = memory();
  expect(keepDraft(store, "main", "shop", DRAFT)).toBe(true);
  expect(findDraft(store, "main", "shop")).toEqual(DRAFT);
  expect(findDraft(store, "main", "store")).toBeNull();
  dropDraft(store, "main", "shop");
  expect(findDraft(store, "main", "shop")).toBeNull();
});

test("what is no draft is none, and a full store is said", () => {
  const store = memory();
  store.kept.set("andon-draft main/shop", '{"text":7}');
  expect(findDraft(store, "main", "shop")).toBeNull();
  store.kept.set("andon-draft main/shop", "{");
  expect(findDraft(store, "main", "shop")).toBeNull();
  const full = {
    ...store,
    setItem: () => {
      throw new Error("full");
    },
  };
  expect(keepDraft(full, "main", "shop", DRAFT)).toBe(false);
});
