import type { Page } from "playwright-core";

/** A view of the demo, and what brings it to where a person looks at it. */
export interface View {
  readonly name: string;
  readonly path: string;
  /** What is there once the view is. */
  readonly text: string;
  /** What a person does then. */
  readonly act?: (page: Page) => Promise<void>;
}

/** Every view, as it is looked through for accessibility and shown in the documentation. */
export const views: readonly View[] = [
  { name: "models", path: "/ui/models", text: "predictive-analytics" },
  {
    name: "model",
    path: "/ui/models/disk-failure-predictor",
    text: "Add row",
    act: async (page) => {
      await page.getByRole("button", { name: "JSON", exact: true }).click();
      await page
        .getByLabel("Instances as JSON")
        .fill("[[91.2, 5000, 365], [20, 100, 10], [88, 9000, 3000], [60, 2000, 900], [84, 4200, 1200]]");
      await page.getByRole("button", { name: "Form", exact: true }).click();
      await page.getByRole("button", { name: "Predict", exact: true }).click();
      await page.getByText("5 predictions in").waitFor();
    },
  },
  {
    name: "wrong-cell",
    path: "/ui/models/disk-failure-predictor",
    text: "Add row",
    act: async (page) => {
      await page.getByLabel("iops, row 1").fill("many");
      await page.getByRole("button", { name: "Predict", exact: true }).click();
      await page.getByText("Invalid request").waitFor();
    },
  },
  { name: "call", path: "/ui/models/disk-failure-predictor", text: "Add row", act: openTab("Call it", "curl http") },
  { name: "details", path: "/ui/models/disk-failure-predictor", text: "Add row", act: openTab("Details", "Breaker") },
  {
    name: "examination",
    path: "/ui/models/disk-failure-predictor",
    text: "Add row",
    act: async (page) => {
      await page.getByRole("tab", { name: "Examine" }).click();
      await page.getByRole("button", { name: "Examine" }).click();
      await page.getByText("The model can be called").waitFor();
    },
  },
  {
    name: "contract",
    path: "/ui/models/disk-failure-predictor",
    text: "Add row",
    act: openTab("Contract", "syntax ="),
  },
  {
    name: "triggers",
    path: "/ui/triggers",
    text: "Add metric",
    act: async (page) => {
      await page.getByLabel("Value of disk_utilization").fill("91.2");
      await page.getByLabel("Value of iops").fill("5000");
      await page.getByLabel("Value of disk_age_days").fill("365");
      await page.getByRole("button", { name: "Evaluate" }).click();
      await page.getByText("It predicts").waitFor();
    },
  },
  { name: "registered-models", path: "/ui/registered", text: "storage-team" },
  { name: "registered-model", path: "/ui/registered/disk-failure-predictor", text: "champion" },
  { name: "version", path: "/ui/registered/disk-failure-predictor/versions/1.1.0", text: "s3://models" },
  {
    name: "deploy",
    path: "/ui/registered/disk-failure-predictor/versions/1.1.0/deploy",
    text: "What KServe gets",
    act: async (page) => {
      await page.getByLabel("Format", { exact: true }).fill("sklearn");
      await page.getByLabel("Namespace").fill("storage");
      await page.getByText("namespace: storage").waitFor();
    },
  },
  { name: "register", path: "/ui/register", text: "Where its files are" },
  {
    name: "compare",
    path: `/ui/compare?name=disk-failure-predictor&versions=${encodeURIComponent('["1.0.0","1.1.0"]')}`,
    text: "accuracy",
  },
  { name: "catalog", path: "/ui/catalog", text: "heron/heron-chat-20b" },
  {
    name: "catalog-model",
    path: "/ui/catalog/model?source=validated&name=heron%2Fheron-chat-2b",
    text: "Small enough for one card",
  },
  {
    name: "benchmarks",
    path: "/ui/catalog/model?source=validated&name=heron%2Fheron-chat-2b",
    text: "Small enough for one card",
    act: openTab("Performance", "Requests/s per replica"),
  },
  {
    name: "register-from-catalog",
    path: "/ui/catalog/model?source=validated&name=heron%2Fheron-chat-2b",
    text: "Small enough for one card",
    act: async (page) => {
      await page.getByRole("button", { name: "Register" }).click();
      await page.getByLabel("Registered model").waitFor();
    },
  },
  { name: "mcp-servers", path: "/ui/mcp", text: "Tells the time anywhere" },
  {
    name: "mcp-server",
    path: "/ui/mcp",
    text: "Tells the time anywhere",
    act: async (page) => {
      await page.getByRole("link", { name: "clock" }).click();
      await page.getByText("The time in a zone").waitFor();
    },
  },
  {
    name: "sign-in",
    path: "/ui/models",
    text: "predictive-analytics",
    act: async (page) => {
      await page.getByRole("button", { name: "Sign in" }).click();
      await page.getByLabel("Bearer token").waitFor();
    },
  },
  { name: "unknown-model", path: "/ui/models/no-such-model", text: "Not found" },
  { name: "unknown-view", path: "/ui/no-such-view", text: "Page not found" },
];

function openTab(tab: string, text: string): (page: Page) => Promise<void> {
  return async (page) => {
    await page.getByRole("tab", { name: tab }).click();
    await page.getByText(text).first().waitFor();
  };
}

/** Goes to a view, and waits until it is as a person looks at it. */
export async function show(page: Page, url: string, { path, text, act }: View): Promise<void> {
  await page.goto(`${url}${path}`);
  await page.getByText(text).first().waitFor();
  await act?.(page);
}
