import "@patternfly/react-core/dist/styles/base.css";
import "./page.css";
import { TransportProvider } from "@connectrpc/connect-query";
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { iconUrl } from "./base-path.ts";
import { startTheme } from "./frame/theme.ts";
import { readFilter } from "./models/model-filter.ts";
import { router } from "./router.tsx";
import { followDashboard } from "./session/dashboard.ts";
import { onToken } from "./session/token.ts";
import { isWorthRetrying } from "./states/failure-words.ts";
import { transport } from "./transport.ts";

const queryClient = new QueryClient({
  defaultOptions: {
    queries: { retry: (count, error) => count < 3 && isWorthRetrying(error), staleTime: 5000 },
  },
});
onToken(() => queryClient.resetQueries());
// Where the document says it, it is relative to a view, and views change.
document.querySelector<HTMLLinkElement>("link[rel=icon]")!.href = iconUrl;
startTheme();
followDashboard((namespace) => {
  const isList = /\/models\/?$/.test(router.state.location.pathname);
  if (!isList) return;
  const search = (before: Readonly<Record<string, unknown>>) => ({ ...readFilter(before), namespace });
  void router.navigate({ to: "/models", search });
});

createRoot(document.getElementById("root")!).render(
  <StrictMode>
    <TransportProvider transport={transport}>
      <QueryClientProvider client={queryClient}>
        <RouterProvider router={router} />
      </QueryClientProvider>
    </TransportProvider>
  </StrictMode>,
);
