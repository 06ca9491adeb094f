import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { Link, useSearchParams } from "react-router";
import { listRuns, type ListedRun } from "../api/calls";
import { keys } from "../live/changes";
import { Command, Empty, Failure, Loading } from "../screens/Answer";
import { orderRuns } from "../screens/runList";
import { useTitle } from "../screens/title";
import { useWorkspace } from "../screens/workspace";
import { isActiveRun } from "../status/status";
import { ALL, isNarrowed, questionText, readQuestion, readTab, TABS, withoutFilters, withPart, type Question, type Tab } from "./question";
import { RunDetails } from "./RunDetails";
import { RunFilters } from "./RunFilters";
import { firstCursor, joinPages, knownRuns, type Cursor, type RunPage } from "./runPages";
import styles from "./RunsPage.module.css";
import { RunTable } from "./RunTable";

export function RunsPage() {
  useTitle("Runs");
  const workspace = useWorkspace();
  const [search, setSearch] = useSearchParams();
  const [tab, question] = [readTab(search), readQuestion(search)];
  const { runs, pages, active } = useRuns(workspace, tab, question);
  const opened = runs.find(({ id }) => id === search.get("details"));
  const setPart = (part: string, value: string | null) => setSearch(withPart(search, part, value), { replace: true });

  return (
    <>
      <h1>Runs</h1>
      <nav className={styles.tabs} aria-label="Which runs">
        {TABS.map(({ name, title }) => (
          <Link
            key={name}
            to={{ search: withPart(search, "tab", name === ALL.name ? null : name).toString() }}
            aria-current={name === tab.name ? "page" : undefined}
          >
            {title}
          </Link>
        ))}
      </nav>
      <RunFilters
        workspace={workspace}
        question={question}
        runs={runs}
        setPart={setPart}
        clear={() => setSearch(withoutFilters(search), { replace: true })}
      />
      <ActiveNote count={active} />
      {pages.error && <Failure error={pages.error} retry={() => void pages.refetch()} />}
      {pages.isPending && <Loading />}
      {pages.data && runs.length === 0 && <NoRuns workspace={workspace} tab={tab} question={question} />}
      <div className={styles.beside}>
        <div className={styles.list}>
          {runs.length > 0 && (
            <RunTable runs={runs} everywhere={question.everywhere} opened={opened?.id ?? null} openDetails={(id) => setPart("details", id)} />
          )}
          {pages.hasNextPage && (
            <button type="button" disabled={pages.isFetchingNextPage} onClick={() => void pages.fetchNextPage()}>
              {question.oldestFirst ? "Show newer runs" : "Show older runs"}
            </button>
          )}
        </div>
        {opened && <RunDetails key={opened.id} run={opened} onClose={() => setPart("details", null)} />}
      </div>
    </>
  );
}

function asked(workspace: string, { everywhere, ...filters }: Question) {
  return { ...filters, workspace: everywhere ? null : workspace };
}

async function fetchRuns(workspace: string, question: Question, cursor: Cursor, signal: AbortSignal): Promise<RunPage> {
  const answers = cursor.map(({ filter, after }) => listRuns({ ...asked(workspace, question), status: filter }, after, signal));
  return joinPages(cursor, await Promise.all(answers));
}

/** The pages fetched so far, with what is active pinned on top however old it is. */
function useRuns(workspace: string, { name, filters }: Tab, question: Question) {
  const text = questionText(question);
  const pages = useInfiniteQuery({
    queryKey: [...keys.runs(workspace, name), text],
    queryFn: ({ pageParam, signal }) => fetchRuns(workspace, question, pageParam, signal),
    initialPageParam: firstCursor(filters),
    getNextPageParam: (page) => page.next,
    // Other filters keep the list in its place until their answer is there.
    placeholderData: (before) => before,
  });
  const isAll = name === ALL.name;
  const pinned = useQuery({
    queryKey: [...keys.runs(workspace, "pinned"), text],
    queryFn: ({ signal }) => listRuns({ ...asked(workspace, question), status: "active" }, null, signal),
    enabled: isAll,
  });
  const known = knownRuns(pages.data?.pages ?? [], question.oldestFirst);
  const runs: ListedRun[] = orderRuns(known, isAll ? (pinned.data?.items ?? []) : [], question.oldestFirst);
  return { runs, pages, active: runs.filter((run) => isActiveRun(run.status)).length };
}

function ActiveNote({ count }: { count: number }) {
  return (
    <p className="visually-hidden" role="status">
      {count === 1 ? "1 run is active" : `${count} runs are active`}
    </p>
  );
}

function NoRuns({ workspace, tab, question }: { workspace: string; tab: Tab; question: Question }) {
  if (tab !== ALL || isNarrowed(question)) {
    const which = tab === ALL ? "No runs" : `No ${tab.name} runs`;
    return (
      <Empty title={isNarrowed(question) ? `${which} fit these filters` : which}>
        <p>
          <Link to=".">See all runs</Link>
        </p>
      </Empty>
    );
  }
  return (
    <Empty title="Nothing has run yet">
      <p>A push to a repository that a pipeline reads starts its first run:</p>
      <Command>{`git push ${window.location.origin}/git/${workspace}/REPOSITORY.git HEAD:main`}</Command>
      <p className="quiet">git asks for your name and your password; a token may stand for the password.</p>
      <p>
        Without a pipeline yet, set one from its file and see it under <Link to="../pipelines">Pipelines</Link>:
      </p>
      <Command>andon set andon.yml</Command>
    </Empty>
  );
}
