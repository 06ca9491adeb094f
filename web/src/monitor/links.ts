// From a figure to the runs that it counts: the address of the Runs screen with the filters that the figure stands for.

/** What every figure of one answer has in common. */
export interface Ground {
  workspace: string;
  from: number;
  to: number;
  pipeline: string;
  project: string;
}

/** Which runs a figure counts; times are milliseconds. */
export interface Counted {
  tab?: "active" | "completed" | "failed" | "stopped";
  pipeline?: string;
  from?: number;
  to?: number;
  lasting?: number;
  queued?: number;
  /** `PIPELINE/ENVIRONMENT`; then the times are those of the deliveries. */
  environment?: string;
  change?: "deployed" | "failed" | "rollback" | "restored";
}

export function runsAddress(ground: Ground, counted: Counted = {}): string {
  const { tab, pipeline = counted.environment === undefined ? ground.pipeline : "", from = ground.from, to = ground.to } = counted;
  const project = counted.environment === undefined ? ground.project : "";
  const parts: [string, string | number | undefined][] = [
    ["tab", tab],
    ["pipeline", pipeline],
    ["project", project],
    ["from", from],
    ["to", to],
    ["lasting", counted.lasting],
    ["queued", counted.queued],
    ["environment", counted.environment],
    ["change", counted.change],
  ];
  const search = new URLSearchParams(parts.flatMap(([name, value]) => (value === undefined || value === "" ? [] : [[name, String(value)]])));
  return `/w/${encodeURIComponent(ground.workspace)}/runs?${search.toString()}`;
}

/** `12 %`, and never `0 %` or `100 %` for what is not. */
export function formatShare(share: number): string {
  const percent = share * 100;
  if (percent > 0 && percent < 1) return "< 1 %";
  if (percent < 100 && percent > 99) return "> 99 %";
  return `${Math.round(percent)} %`;
}

/** How often something happens: `4.2 a day`, `2.5 a week`, `1.0 in 30 days`. */
export function formatRate(perDay: number): string {
  if (perDay >= 1) return `${perDay.toFixed(1)} a day`;
  if (perDay * 7 >= 1) return `${(perDay * 7).toFixed(1)} a week`;
  return `${(perDay * 30).toFixed(1)} in 30 days`;
}
