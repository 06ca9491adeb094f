import type { ReactNode } from "react";
import { Link } from "react-router";

/** A figure that leads to what it counts. */
export function FigureLink({ to, what, children }: { to: string; what: string; children: ReactNode }) {
  return (
    <Link to={to} title={`See ${what}`}>
      {children}
    </Link>
  );
}
