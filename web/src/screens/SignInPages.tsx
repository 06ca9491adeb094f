import { useMutation, useQueryClient } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { useId, useState } from "react";
import { useLocation, useNavigate, useParams } from "react-router";
import { redeemSigninLink, signIn } from "../api/client";
import { Command, Failure } from "./Answer";
import styles from "./SignInPages.module.css";
import { useTitle } from "./title";
import { isOwnPath } from "./workspace";

const SHORTEST_PASSWORD = 10;

interface Credentials {
  name: string;
  password: string;
}

/** Name and password for somebody who has an account. */
export function SignInPage() {
  useTitle("Sign in");
  return (
    <SignInFrame title="Sign in" submit={async ({ name, password }) => void await signIn({ name, password })} action="Sign in" isNew={false}>
      <p className="quiet">No account yet? An administrator makes one:</p>
      <Command>andon user create NAME</Command>
    </SignInFrame>
  );
}

/** Where a one-time link leads: the first administrator's, or one for somebody who needs a new password. */
export function LinkSignInPage() {
  useTitle("Choose a password");
  const { token = "" } = useParams();
  return (
    <SignInFrame
      title="Choose a password"
      submit={async ({ name, password }) => void (await redeemSigninLink({ token }, { name: name === "" ? null : name, password }))}
      action="Set the password and sign in"
      isNew
    >
      <p className="quiet">This link works once. The first administrator of an installation also chooses a name here.</p>
    </SignInFrame>
  );
}

interface FrameProps {
  title: string;
  action: string;
  isNew: boolean;
  submit: (credentials: Credentials) => Promise<void>;
  children: ReactNode;
}

function SignInFrame({ title, action, isNew, submit, children }: FrameProps) {
  const client = useQueryClient();
  const navigate = useNavigate();
  const { state } = useLocation();
  const from: unknown = (state as { from?: unknown } | null)?.from;
  const [name, setName] = useState("");
  const [password, setPassword] = useState("");
  const enter = useMutation({
    mutationFn: submit,
    onSuccess: () => {
      client.clear();
      void navigate(isOwnPath(from) ? from : "/", { replace: true });
    },
  });

  return (
    <main className={styles.frame}>
      <h1>
        <img src="/andon.svg" alt="" width="28" height="28" /> {title}
      </h1>
      {isNew && children}
      <form
        className={styles.form}
        onSubmit={(event) => {
          event.preventDefault();
          enter.mutate({ name: name.trim(), password });
        }}
      >
        <Field
          label="Name"
          autoComplete="username"
          required={!isNew}
          hint={isNew ? "An account that exists keeps its name; leave this empty then." : undefined}
          value={name}
          onChange={setName}
        />
        <Field
          label="Password"
          type="password"
          autoComplete={isNew ? "new-password" : "current-password"}
          hint={isNew ? `At least ${SHORTEST_PASSWORD} characters.` : undefined}
          minLength={isNew ? SHORTEST_PASSWORD : undefined}
          value={password}
          onChange={setPassword}
        />
        {enter.error && <Failure error={enter.error} />}
        <button type="submit" data-weight="first" disabled={enter.isPending}>
          {action}
        </button>
      </form>
      {!isNew && children}
    </main>
  );
}

interface FieldProps {
  label: string;
  autoComplete: string;
  value: string;
  onChange: (value: string) => void;
  type?: "text" | "password";
  required?: boolean;
  hint?: string | undefined;
  minLength?: number | undefined;
}

function Field({ label, hint, onChange, type = "text", required = true, ...input }: FieldProps) {
  const id = useId();
  return (
    <div>
      <label htmlFor={id}>{label}</label>
      <input
        id={id}
        type={type}
        required={required}
        spellCheck={false}
        autoCapitalize="none"
        aria-describedby={hint ? `${id}-hint` : undefined}
        onChange={(event) => onChange(event.target.value)}
        {...input}
      />
      {hint && (
        <p id={`${id}-hint`} className="quiet">
          {hint}
        </p>
      )}
    </div>
  );
}
