import { useNow } from "../live/clock";
import { formatAge, formatMoment } from "../text/time";

/** How long ago, with the exact moment on hover. */
export function Moment({ at }: { at: number }) {
  const now = useNow(false);
  return (
    <time dateTime={new Date(at).toISOString()} title={formatMoment(at)}>
      {formatAge(at, now)}
    </time>
  );
}
