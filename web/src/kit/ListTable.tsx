import type { ReactNode } from "react";
import styles from "./ListTable.module.css";

/** A column by its title; one of numbers stands at the right. The column of acts has a title that only screen readers say. */
export type Column = string | { title: string; is: "number" | "acts" };

interface ListTableProps {
  columns: readonly Column[];
  /** How the cells of this list differ from those of others. */
  className?: string | undefined;
  children: ReactNode;
}

/** A list whose rows are compared; on a phone each row is a small block. A cell with `data-label` is one of its lesser facts. */
export function ListTable({ columns, className, children }: ListTableProps) {
  return (
    <table className={`${styles.table} ${className ?? ""}`}>
      <TableHead columns={columns} />
      <tbody>{children}</tbody>
    </table>
  );
}

export function TableHead({ columns }: Pick<ListTableProps, "columns">) {
  return (
    <thead>
      <tr>
        {columns.map((column) => {
          const { title, is } = typeof column === "string" ? { title: column, is: null } : column;
          return (
            <th key={title} scope="col" className={is === "number" ? "number" : undefined}>
              {is === "acts" ? <span className="visually-hidden">{title}</span> : title}
            </th>
          );
        })}
      </tr>
    </thead>
  );
}
