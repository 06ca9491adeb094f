import { useId } from "react";
import type { Field, Typed } from "./formFields";
import styles from "./GatePage.module.css";

interface FormFieldsProps {
  fields: readonly Field[];
  typed: Typed;
  /** What is wrong, by field; shown once somebody has tried to send. */
  wrong: Readonly<Record<string, string>>;
  onChange: (name: string, text: string) => void;
}

export function FormFields({ fields, typed, wrong, onChange }: FormFieldsProps) {
  return fields.map((field) => (
    <FormField key={field.name} field={field} text={typed[field.name] ?? ""} wrong={wrong[field.name]} onChange={(text) => onChange(field.name, text)} />
  ));
}

interface FormFieldProps {
  field: Field;
  text: string;
  wrong: string | undefined;
  onChange: (text: string) => void;
}

function FormField({ field, text, wrong, onChange }: FormFieldProps) {
  const id = useId();
  const hint = [field.description, field.required ? null : "May be left empty."].filter(Boolean).join(" ");
  const described = { id, "aria-describedby": `${id}-hint`, "aria-invalid": wrong !== undefined, "aria-required": field.required };
  return (
    <div className={styles.field}>
      {field.type === "boolean" ? (
        <label className={styles.tick}>
          <input type="checkbox" id={id} aria-describedby={`${id}-hint`} checked={text === "true"} onChange={(event) => onChange(String(event.target.checked))} />
          {field.name}
        </label>
      ) : (
        <>
          <label htmlFor={id}>{field.name}</label>
          {field.options.length > 0 ? (
            <select {...described} value={text} onChange={(event) => onChange(event.target.value)}>
              <option value="">{field.required ? "Choose one" : "None"}</option>
              {field.options.map((option) => (
                <option key={option}>{option}</option>
              ))}
            </select>
          ) : (
            <input {...described} inputMode={field.type === "string" ? undefined : "decimal"} value={text} onChange={(event) => onChange(event.target.value)} />
          )}
        </>
      )}
      <p id={`${id}-hint`} className={wrong === undefined ? "quiet" : styles.fault}>
        {wrong ?? (field.type === "boolean" ? (field.description ?? "") : hint)}
      </p>
    </div>
  );
}
