import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { openResumable, retryDelayMs } from "./resumable";
import { sequenceOf } from "./stream";

class FakeSource extends EventTarget {
  static made: FakeSource[] = [];
  closed = false;

  constructor(readonly address: string) {
    super();
    FakeSource.made.push(this);
  }

  close(): void {
    this.closed = true;
  }
}

class FakeDocument extends EventTarget {
  hidden = false;

  show(visible: boolean): void {
    this.hidden = !visible;
    this.dispatchEvent(new Event("visibilitychange"));
  }
}

let page: FakeDocument;

beforeEach(() => {
  vi.useFakeTimers();
  FakeSource.made = [];
  page = new FakeDocument();
  vi.stubGlobal("EventSource", FakeSource);
  vi.stubGlobal("document", page);
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

function openCounting() {
  let place = 0;
  const breaks: number[] = [];
  const close = openResumable({
    address: () => `/from/${place}`,
    attach: (source) => source.addEventListener("step", () => (place += 1)),
    onOpen: () => {},
    onBreak: () => void breaks.push(place),
  });
  return { close, breaks };
}

test("after a break it goes on from where it was", async () => {
  const { close, breaks } = openCounting();
  FakeSource.made[0]?.dispatchEvent(new Event("step"));
  FakeSource.made[0]?.dispatchEvent(new Event("error"));
  expect(breaks).toEqual([1]);
  await vi.advanceTimersByTimeAsync(1000);
  expect(FakeSource.made.map(({ address, closed }) => [address, closed])).toEqual([
    ["/from/0", true],
    ["/from/1", false],
  ]);
  close();
  expect(FakeSource.made[1]?.closed).toBe(true);
});

test("repeated breaks wait longer, and a connection that stands starts anew", async () => {
  const { close } = openCounting();
  FakeSource.made[0]?.dispatchEvent(new Event("error"));
  await vi.advanceTimersByTimeAsync(1000);
  FakeSource.made[1]?.dispatchEvent(new Event("error"));
  await vi.advanceTimersByTimeAsync(1000);
  expect(FakeSource.made).toHaveLength(2);
  await vi.advanceTimersByTimeAsync(1000);
  expect(FakeSource.made).toHaveLength(3);
  FakeSource.made[2]?.dispatchEvent(new Event("open"));
  FakeSource.made[2]?.dispatchEvent(new Event("error"));
  await vi.advanceTimersByTimeAsync(1000);
  expect(FakeSource.made).toHaveLength(4);
  close();
});

test("a hidden page holds no connection, and a closed one never comes back", async () => {
  const { close } = openCounting();
  page.show(false);
  expect(FakeSource.made[0]?.closed).toBe(true);
  await vi.advanceTimersByTimeAsync(60_000);
  expect(FakeSource.made).toHaveLength(1);
  page.show(true);
  expect(FakeSource.made).toHaveLength(2);
  close();
  page.show(false);
  page.show(true);
  await vi.advanceTimersByTimeAsync(60_000);
  expect(FakeSource.made).toHaveLength(2);
});

test("waiting for the server grows and stays bounded", () => {
  expect([0, 1, 2, 3, 4, 5, 6, 60].map(retryDelayMs)).toEqual([1000, 2000, 4000, 8000, 16_000, 30_000, 30_000, 30_000]);
});

test("only a whole number is a sequence", () => {
  expect(sequenceOf("42")).toBe(42);
  for (const id of ["", "-1", "4.2", "x", "99999999999999999999"]) expect(sequenceOf(id)).toBeNull();
});
