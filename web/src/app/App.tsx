import { QueryCache, QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { BrowserRouter, Navigate, Route, Routes } from "react-router";
import { ApiError, isUnauthenticated } from "../api/request";
import { keys } from "../live/changes";
import { GateLinkPage } from "../screens/GateLinkPage";
import { LogPage } from "../screens/LogPage";
import { MissingPage } from "../screens/MissingPage";
import { PipelinesPage } from "../screens/PipelinesPage";
import { RunnersPage } from "../screens/RunnersPage";
import { RunPage } from "../screens/RunPage";
import { RunsPage } from "../screens/RunsPage";
import { LinkSignInPage, SignInPage } from "../screens/SignInPages";
import { Home, Shell } from "./Shell";

// The stream says when an answer is stale, so nothing is fetched on a timer; a refusal is not asked again.
const client: QueryClient = new QueryClient({
  queryCache: new QueryCache({
    onError: (error, query) => {
      if (isUnauthenticated(error) && query.queryKey[0] !== "me") void client.invalidateQueries({ queryKey: keys.me() });
    },
  }),
  defaultOptions: {
    queries: {
      staleTime: 30_000,
      retry: (failures, error) => failures < 3 && !(error instanceof ApiError && error.status >= 400 && error.status < 500),
    },
  },
});

export function App() {
  return (
    <QueryClientProvider client={client}>
      <BrowserRouter>
        <Routes>
          <Route path="signin" element={<SignInPage />} />
          <Route path="signin/:token" element={<LinkSignInPage />} />
          <Route element={<Shell />}>
            <Route index element={<Home />} />
            <Route path="w/:workspace">
              <Route index element={<Navigate to="runs" replace />} />
              <Route path="pipelines" element={<PipelinesPage />} />
              <Route path="runs" element={<RunsPage />} />
              <Route path="runs/:run" element={<RunPage />} />
              <Route path="runs/:run/job-runs/:jobRun" element={<LogPage />} />
              <Route path="runners" element={<RunnersPage />} />
            </Route>
            <Route path="gates/:gate" element={<GateLinkPage />} />
            <Route path="*" element={<MissingPage />} />
          </Route>
        </Routes>
      </BrowserRouter>
    </QueryClientProvider>
  );
}
