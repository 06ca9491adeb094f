import { useInfiniteQuery } from "@tanstack/react-query";
import { useSearchParams } from "react-router";
import { auditCsvAddress } from "../api/calls";
import { listAudit } from "../api/client";
import { useMay } from "../app/role";
import { keys } from "../live/changes";
import { Command, Empty, Failure, Loading } from "../screens/Answer";
import { useTitle } from "../screens/title";
import { useWorkspace } from "../screens/workspace";
import { AuditFilters } from "./AuditFilters";
import styles from "./AuditPage.module.css";
import { AuditTable } from "./AuditTable";
import { EntryDetails } from "./EntryDetails";
import { asked, isNarrowed, readQuestion, withPart, type Question } from "./question";
import { TrailCheck } from "./TrailCheck";

const PAGE_SIZE = 50;

/** Who did what, when and from where. */
export function AuditPage() {
  useTitle("Audit");
  const workspace = useWorkspace();
  const may = useMay(workspace, "admin");
  return (
    <>
      <h1>Audit</h1>
      {may ? <Trail workspace={workspace} /> : <NotAllowed />}
    </>
  );
}

function Trail({ workspace }: { workspace: string }) {
  const [search, setSearch] = useSearchParams();
  const question = readQuestion(search);
  const pages = useEntries(workspace, question);
  const entries = pages.data?.pages.flatMap((page) => page.items) ?? [];
  const opened = entries.find(({ sequence }) => String(sequence) === search.get("entry"));
  const open = (entry: string) => setSearch(withPart(search, "entry", entry), { replace: true });
  return (
    <>
      <div className={styles.top}>
        <p className="quiet">Every act of a person or a token. Entries are added, never changed.</p>
        <TrailCheck />
      </div>
      <AuditFilters
        question={question}
        entries={entries}
        setPart={(part, value) => setSearch(withPart(search, part, value), { replace: true })}
        clear={() => setSearch(new URLSearchParams(), { replace: true })}
      >
        <a className={styles.csv} href={auditCsvAddress(workspace, asked(question))} download>
          Download CSV
        </a>
      </AuditFilters>
      {pages.error && <Failure error={pages.error} retry={() => void pages.refetch()} />}
      {pages.isPending && <Loading />}
      {pages.data && entries.length === 0 && <NoEntries narrowed={isNarrowed(question)} clear={() => setSearch(new URLSearchParams())} />}
      <div className={styles.beside}>
        <div className={styles.list}>
          {entries.length > 0 && <AuditTable entries={entries} opened={opened?.sequence ?? null} open={open} />}
          {pages.hasNextPage && (
            <button type="button" disabled={pages.isFetchingNextPage} onClick={() => void pages.fetchNextPage()}>
              Show older entries
            </button>
          )}
        </div>
        {opened && <EntryDetails key={opened.sequence} entry={opened} onClose={() => open("")} />}
      </div>
    </>
  );
}

function useEntries(workspace: string, question: Question) {
  return useInfiniteQuery({
    queryKey: [...keys.audit(workspace), JSON.stringify(question)],
    queryFn: ({ pageParam, signal }) => listAudit({ workspace }, { ...asked(question), after: pageParam, limit: PAGE_SIZE }, signal),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next ?? null,
    // Other filters keep the list in its place until their answer is there.
    placeholderData: (before) => before,
  });
}

function NoEntries({ narrowed, clear }: { narrowed: boolean; clear: () => void }) {
  if (!narrowed) {
    return (
      <Empty title="Nothing has been done yet">
        <p>What people and tokens do in this workspace shows here, as soon as they do it:</p>
        <Command>{"andon trigger PIPELINE/JOB -m 'first run'"}</Command>
      </Empty>
    );
  }
  return (
    <Empty title="No entries fit these filters">
      <p>
        <button type="button" onClick={clear}>
          See all entries
        </button>
      </p>
    </Empty>
  );
}

function NotAllowed() {
  return (
    <Empty title="Only administrators read the audit trail">
      <p>An administrator of the workspace can give you the role:</p>
      <Command>andon member set YOUR-NAME admin</Command>
    </Empty>
  );
}
