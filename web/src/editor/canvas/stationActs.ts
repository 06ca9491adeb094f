import { createContext } from "react";
import type { End } from "../document/sketch";

export type Direction = "left" | "right" | "up" | "down";

/** What can be done with a station, from the picture and from the list. */
export interface StationActs {
  choose: (end: End) => void;
  /** Begins to lead a way from here; null ends that without one. */
  lead: (from: End | null) => void;
  connect: (from: End, to: End) => void;
  remove: (end: End) => void;
  /** Moves the focus to the next station in a direction. */
  move: (from: End, direction: Direction) => void;
  /** The station from which a way is being led. */
  leading: End | null;
}

const nothing = (): void => undefined;

export const StationActsContext = createContext<StationActs>({ choose: nothing, lead: nothing, connect: nothing, remove: nothing, move: nothing, leading: null });

const ARROWS: Record<string, Direction> = { ArrowLeft: "left", ArrowRight: "right", ArrowUp: "up", ArrowDown: "down" };

interface Press {
  key: string;
  ctrlKey: boolean;
  metaKey: boolean;
  altKey: boolean;
}

/** What a key does on a station; null where it is not ours. */
export function actOfKey(press: Press, end: End, acts: StationActs): (() => void) | null {
  if (press.ctrlKey || press.metaKey || press.altKey) return null;
  const direction = ARROWS[press.key];
  if (direction !== undefined) return () => acts.move(end, direction);
  if (press.key === "c") return () => acts.lead(end);
  if (press.key === "Escape" && acts.leading !== null) return () => acts.lead(null);
  if (press.key === "Delete") return () => acts.remove(end);
  return null;
}

/** A press of the station itself: the end of the way that is led, else the choice. */
export function pressStation(end: End, { leading, connect, choose }: StationActs): void {
  if (leading === null) choose(end);
  else connect(leading, end);
}
