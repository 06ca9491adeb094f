import { QueryCache, QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { createBrowserRouter, createRoutesFromElements, Navigate, Route } from "react-router";
import { RouterProvider } from "react-router/dom";
import { ApiError, isUnauthenticated } from "../api/request";
import { Notices } from "../kit/Notices";
import { keys } from "../live/changes";
import { GateLinkPage } from "../gate/GateLinkPage";
import { MissingPage } from "../screens/MissingPage";
import { LinkSignInPage, SignInPage } from "../screens/SignInPages";
import { SCREENS } from "./screens";
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

// A router of data, because only that one lets a screen hold somebody back who would leave unsaved work.
const router = createBrowserRouter(
  createRoutesFromElements(
    <>
      <Route path="signin" element={<SignInPage />} />
      <Route path="signin/:token" element={<LinkSignInPage />} />
      <Route element={<Shell />}>
        <Route index element={<Home />} />
        <Route path="w/:workspace">
          <Route index element={<Navigate to="runs" replace />} />
          {SCREENS.map(({ path, show: Show }) => (
            <Route key={path} path={path} element={<Show />} />
          ))}
        </Route>
        <Route path="gates/:gate" element={<GateLinkPage />} />
        <Route path="*" element={<MissingPage />} />
      </Route>
    </>,
  ),
);

export function App() {
  return (
    <QueryClientProvider client={client}>
      <Notices>
        {/* Without transitions, so that a change of the address builds on the one just before it. */}
        <RouterProvider router={router} useTransitions={false} />
      </Notices>
    </QueryClientProvider>
  );
}
