import { Link } from "react-router";
import type { CheckResult, UpstreamTests } from "../api/schema";
import type { Evidence } from "../api/types";
import { Moment } from "../kit/Moment";
import { StatusMark } from "../status/StatusMark";
import type { Look } from "../status/status";
import { formatMoment } from "../text/time";
import { describeVersion, formatVersion } from "../text/versions";
import styles from "./GatePage.module.css";

const CHECK_LOOKS: Record<CheckResult["status"], Look> = {
  passed: { shape: "tick", tone: "succeeded", word: "Passed" },
  failed: { shape: "cross", tone: "failed", word: "Failed" },
  waiting: { shape: "ring", tone: "waiting", word: "Waiting" },
  errored: { shape: "bolt", tone: "errored", word: "Could not be asked" },
};

interface ProofProps {
  evidence: Evidence;
  workspace: string;
  pipeline: string;
}

/** What speaks for it: tests upstream, checks, the release window, and everything that it stands on. */
export function Proof({ evidence, workspace, pipeline }: ProofProps) {
  const { tests, checks, window } = evidence;
  return (
    <section aria-labelledby="gate-proof">
      <h2 id="gate-proof">Proof</h2>
      {tests.length === 0 && <p className="quiet">No job before it has reported tests.</p>}
      <ul className={styles.proofs}>
        {tests.map((result) => (
          <TestResult key={result.job_run} result={result} workspace={workspace} />
        ))}
        {checks.map((check) => (
          <li key={check.name} data-check={check.name}>
            <span className={styles.state}>
              <StatusMark look={CHECK_LOOKS[check.status]} />
            </span>
            <span>
              {check.name}: {check.detail}
              {check.next_at && <span className="quiet"> Passes by itself at {formatMoment(check.next_at)}.</span>}
            </span>
            <span className={styles.when}>
              <Moment at={check.at} />
            </span>
          </li>
        ))}
        {!window.open && (
          <li>
            <span className={styles.state}>
              <StatusMark look={{ shape: "bars", tone: "paused", word: "Window closed" }} />
            </span>
            <span>{window.opens_at ? `Releases open again at ${formatMoment(window.opens_at)}` : "No release window opens within 400 days"}</span>
          </li>
        )}
      </ul>
      <Lineage evidence={evidence} workspace={workspace} pipeline={pipeline} />
    </section>
  );
}

function testLook({ failed, passed }: UpstreamTests): Look {
  if (failed > 0) return { shape: "cross", tone: "failed", word: `${failed} failed` };
  return passed > 0 ? { shape: "tick", tone: "succeeded", word: `${passed} passed` } : { shape: "dash", tone: "skipped", word: "None ran" };
}

function TestResult({ result, workspace }: { result: UpstreamTests; workspace: string }) {
  return (
    <li>
      <span className={styles.state}>
        <StatusMark look={testLook(result)} />
      </span>
      <span>
        Tests of <Link to={`/w/${workspace}/job-runs/${result.job_run}`}>{result.job}</Link> <span className="quiet">#{result.number}</span>
        {result.failed > 0 && `: ${result.passed} passed`}
        {result.skipped > 0 && `, ${result.skipped} skipped`}
        {result.failing.length > 0 && <span className={styles.failing}> {result.failing.join(", ")}</span>}
      </span>
    </li>
  );
}

function Lineage({ evidence: { lineage }, workspace, pipeline }: ProofProps) {
  if (lineage.length === 0) return null;
  return (
    <details>
      <summary>
        It stands on {lineage.length} {lineage.length === 1 ? "version" : "versions"}
      </summary>
      <ul className={styles.cargo}>
        {lineage.map(({ resource, version }) => (
          <li key={version.id}>
            {resource}{" "}
            <Link to={`/w/${workspace}/pipelines/${encodeURIComponent(pipeline)}?version=${version.id}`} title={describeVersion(version.values)}>
              <code>{formatVersion(version.values)}</code>
            </Link>{" "}
            <span className="quiet">
              {version.metadata.message?.split("\n")[0] ?? ""} <Moment at={version.created_at} />
            </span>
          </li>
        ))}
      </ul>
    </details>
  );
}
