import { useCallback, useEffect, useLayoutEffect, useRef, useState } from "react";

export const ROW_HEIGHT = 18;
/** Rows drawn above and below the window. */
const MORE = 40;
/** The window moves in steps, so that not every pixel draws anew. */
const STEP = 20;
/** How near to the end still counts as reading the end, in pixels. */
const END_NEARNESS = 40;

/** Which of `count` rows of one height are drawn, and where; keeps to the end while one follows and reads there. */
export function useWindow(count: number, following: boolean) {
  const box = useRef<HTMLDivElement>(null);
  const lastTop = useRef(0);
  const [first, setFirst] = useState(0);
  const [shown, setShown] = useState(60);
  /** How many lines there were when the reader let go of the end; null while at the end. */
  const [seen, setSeen] = useState<number | null>(null);
  const atEnd = seen === null;

  const place = useCallback(() => {
    const element = box.current;
    if (element === null) return;
    setFirst(Math.floor(element.scrollTop / ROW_HEIGHT / STEP) * STEP);
    setShown(Math.ceil(element.clientHeight / ROW_HEIGHT));
  }, []);

  useLayoutEffect(() => {
    if (following && atEnd) scrollToEnd(box.current);
    place();
  }, [count, following, atEnd, place]);

  useEffect(() => {
    if (box.current === null) return undefined;
    const observer = new ResizeObserver(() => {
      if (following && atEnd) scrollToEnd(box.current);
      place();
    });
    observer.observe(box.current);
    return () => observer.disconnect();
  }, [following, atEnd, place]);

  function onScroll(lineCount: number): void {
    const element = box.current;
    if (element === null) return;
    place();
    const near = element.scrollHeight - element.scrollTop - element.clientHeight < END_NEARNESS;
    // Only a person scrolls up; new lines and a new window size leave the place where it was.
    const upwards = element.scrollTop < lastTop.current;
    lastTop.current = element.scrollTop;
    if (near) setSeen(null);
    else if (upwards && atEnd) setSeen(lineCount);
  }

  const from = Math.max(0, Math.min(first, count - shown) - MORE);
  return {
    box,
    from,
    to: Math.min(count, first + shown + STEP + MORE),
    top: from * ROW_HEIGHT,
    height: count * ROW_HEIGHT,
    seen,
    onScroll,
    follow: () => setSeen(null),
    /** Brings a row to a third of the height. */
    scrollTo: (row: number) => {
      setSeen((old) => old ?? (following ? row : null));
      requestAnimationFrame(() => {
        const element = box.current;
        if (element !== null) element.scrollTop = row * ROW_HEIGHT - element.clientHeight / 3;
      });
    },
  };
}

function scrollToEnd(element: HTMLElement | null): void {
  if (element !== null) element.scrollTop = element.scrollHeight;
}
