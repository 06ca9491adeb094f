// When the lines of a log were written, from the server's marks.

import type { LogMark } from "../api/schema";
import { twoDigits } from "../text/time";

/** Milliseconds from the beginning of the log to the line at this offset; null where nothing is known. */
export function timeOfOffset(marks: readonly LogMark[], offset: number): number | null {
  let [low, high] = [0, marks.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((marks[middle]?.offset ?? 0) <= offset) low = middle + 1;
    else high = middle;
  }
  const [first, found] = [marks[0], marks[low - 1]];
  return first && found ? found.at - first.at : null;
}

/** `0:07`, `12:00`, `1:02:03`. */
export function formatClock(milliseconds: number): string {
  const seconds = Math.max(0, Math.floor(milliseconds / 1000));
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60];
  return hours === 0 ? `${minutes}:${twoDigits(seconds % 60)}` : `${hours}:${twoDigits(minutes)}:${twoDigits(seconds % 60)}`;
}
