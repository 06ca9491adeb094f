import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, useParams, useSearchParams } from "react-router";
import { checkResource, listResources, listVersions } from "../api/client";
import type { Resource } from "../api/types";
import { useMay } from "../app/role";
import { Moment } from "../kit/Moment";
import { useNotify } from "../kit/Notices";
import { keys } from "../live/changes";
import { Command, Empty, Failure, Loading } from "../screens/Answer";
import { useTitle } from "../screens/title";
import { useWorkspace } from "../screens/workspace";
import { actorWords } from "../text/actors";
import { formatMoment } from "../text/time";
import { LineageView } from "./LineageView";
import styles from "./ResourcePage.module.css";
import { VersionTable } from "./VersionTable";

export interface Place {
  workspace: string;
  pipeline: string;
  resource: string;
}

/** A resource with its versions: where each came from and got to, the pin, what is disabled, and a look for new ones. */
export function ResourcePage() {
  const workspace = useWorkspace();
  const { pipeline = "", resource: name = "" } = useParams();
  const place = { workspace, pipeline, resource: name };
  useTitle(`${name}, ${pipeline}`);
  const resources = useQuery({
    queryKey: keys.resources(workspace, pipeline),
    queryFn: async ({ signal }) => (await listResources({ workspace, pipeline }, signal)).items,
  });
  const resource = resources.data?.find((each) => each.name === name);
  return (
    <>
      <p>
        <Link to={`/w/${workspace}/pipelines`}>Pipelines</Link> /{" "}
        <Link to={`/w/${workspace}/pipelines/${encodeURIComponent(pipeline)}`}>{pipeline}</Link>
      </p>
      <header className={styles.head}>
        <h1>{name}</h1>
        {resource && <span className="quiet">{resource.kind}</span>}
        {resource && <Check place={place} resource={resource} />}
      </header>
      {resources.error && <Failure error={resources.error} retry={() => void resources.refetch()} />}
      {resources.isPending && <Loading />}
      {resources.data && !resource && (
        <Empty title={`${pipeline} has no resource ${name}`}>
          <p>
            <Link to={`/w/${workspace}/pipelines/${encodeURIComponent(pipeline)}`}>See its line</Link>
          </p>
        </Empty>
      )}
      {resource && <Standing resource={resource} />}
      {resource && <Versions place={place} resource={resource} />}
    </>
  );
}

/** What holds for the whole resource: its pin and its last check. */
function Standing({ resource: { pin, checked_at: checkedAt, check_at: nextAt, check_error: error } }: { resource: Resource }) {
  return (
    <>
      {pin && (
        <p className={styles.pinned}>
          Pinned{pin.by && ` by ${actorWords(pin.by)}`}: every job takes that version{pin.comment && `. ${pin.comment}`}
        </p>
      )}
      {error && (
        <p className={styles.fault} role="alert">
          The last check failed: {error}
        </p>
      )}
      {checkedAt !== null && (
        <p className="quiet">
          Checked <Moment at={checkedAt} />
          {nextAt !== null && <span title={formatMoment(nextAt)}>, again by itself</span>}
        </p>
      )}
    </>
  );
}

function Check({ place, resource }: { place: Place; resource: Resource }) {
  const client = useQueryClient();
  const notify = useNotify();
  const may = useMay(place.workspace, "operator");
  const check = useMutation({
    mutationFn: () => checkResource(place),
    onSuccess: () => {
      notify(`Looking for new versions of ${place.resource}`);
      return client.invalidateQueries({ queryKey: keys.resources(place.workspace, place.pipeline) });
    },
  });
  if (!may) return null;
  const isPolled = resource.check_at !== null;
  return (
    <span className={styles.check}>
      <button type="button" disabled={!isPolled || check.isPending} aria-describedby={isPolled ? undefined : "not-polled"} onClick={() => check.mutate()}>
        Check now
      </button>
      {!isPolled && (
        <span id="not-polled" className="quiet">
          Not polled: its versions are pushed.
        </span>
      )}
      {check.error && <Failure error={check.error} />}
    </span>
  );
}

function Versions({ place, resource }: { place: Place; resource: Resource }) {
  const { workspace, pipeline, resource: name } = place;
  const [search, setSearch] = useSearchParams();
  const opened = search.get("version");
  const pages = useInfiniteQuery({
    queryKey: keys.versions(workspace, pipeline, name),
    queryFn: ({ pageParam, signal }) => listVersions(place, { after: pageParam, limit: 50 }, signal),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next,
  });
  const versions = pages.data?.pages.flatMap(({ items }) => items) ?? [];
  const open = (version: string | null) => setSearch(version === null ? {} : { version }, { replace: true });
  return (
    <div className={styles.beside}>
      <section className={styles.versions} aria-label="Versions">
        {pages.error && <Failure error={pages.error} retry={() => void pages.refetch()} />}
        {pages.isPending && <Loading />}
        {pages.data && versions.length === 0 && (
          <Empty title="No version yet">
            <p>Publish one from outside, or let a job make it:</p>
            <Command>{`andon publish ${pipeline}/${name} key=value`}</Command>
          </Empty>
        )}
        {versions.length > 0 && (
          <VersionTable place={place} versions={versions} pinned={resource.pin?.version ?? null} opened={opened} open={open} />
        )}
        {pages.hasNextPage && (
          <button type="button" disabled={pages.isFetchingNextPage} onClick={() => void pages.fetchNextPage()}>
            Show older versions
          </button>
        )}
      </section>
      {opened !== null && <LineageView key={opened} place={place} version={opened} onClose={() => open(null)} />}
    </div>
  );
}
