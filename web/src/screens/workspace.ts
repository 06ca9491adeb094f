import { useParams } from "react-router";

/** The workspace that the address names. Only for screens under `/w/:workspace`. */
export function useWorkspace(): string {
  return useParams().workspace ?? "main";
}

/** Whether a sign-in may lead on to this address: a path of this page, never another origin. */
export function isOwnPath(target: unknown): target is string {
  return typeof target === "string" && target.startsWith("/") && !target.startsWith("//") && !target.includes("\\") && !target.startsWith("/signin");
}
