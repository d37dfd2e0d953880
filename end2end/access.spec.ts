// Every page for every fitting role, light and dark, wide and at 360 px: no violation that axe can
// see, nothing wider than the window, one first-level heading, a title.
import { type Page } from "@playwright/test";
import { inspect } from "./inspect";
import { already, arrive, ask, choose, eventually, expect, Inbox, open, people, requestable, RequestForm, test } from "./pages";

async function inspectAll(page: Page, paths: string[]) {
  for (const path of paths) {
    await test.step(path, async () => {
      await open(page, path);
      await inspect(page);
    });
  }
}

/** Path of the first link to a record of this kind on the page. */
async function first(page: Page, from: string, prefix: string): Promise<string> {
  await open(page, from);
  const path = await page.locator(`main a[href^="${prefix}"]:not([href$="/new"])`).first().getAttribute("href");
  expect(path).not.toBeNull();
  return path ?? "";
}

test.describe.configure({ timeout: 180_000 });

test("without a session", async ({ stranger }) => {
  const page = await stranger();
  await inspectAll(page, ["/sign-in", "/sign-in?error=credentials", "/sign-in?return_to=/inbox", "/setup"]);
  // The demonstration has its administrators: there is nothing to fill in, and the page says where to go.
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Countersign is set up");
  await expect(page.getByLabel("Password")).toHaveCount(0);
  await page.getByRole("main").getByRole("link", { name: "Sign in" }).click();
  await arrive(page, /^\/sign-in$/);
});

test("the employee's pages", async ({ as, watch }) => {
  watch.expectRefusal(403, 404);
  const page = await as("employee");
  const [wanted] = await requestable(page, "compute", "elevated");
  await choose(page, wanted);
  const form = new URL(page.url()).pathname;
  const fields = new RequestForm(page);
  await fields.why.fill("short");
  await fields.until.fill("2000-01-01");
  await expect(fields.error("justification")).toBeVisible();
  await inspectAll(page, ["/", "/catalogue", "/catalogue?q=servise+buss", "/catalogue?q=zzzzzz", `/catalogue/${wanted.id}`, "/request", form]);
  await inspectAll(page, ["/requests", "/requests?state=rejected", await first(page, "/requests", "/requests/"), "/inbox", "/account"]);
  const self = await first(page, await first(page, "/requests", "/requests/"), "/identities/");
  await inspectAll(page, [self, `${self}/access`, `${self}/access?state=ended`, await first(page, "/", "/grants/"), "/admin", "/no/such/page"]);
  await open(page, "/");
  await page.locator("summary", { hasText: people.employee }).click();
  await expect(page.getByRole("button", { name: "Sign out" })).toBeVisible();
  await inspect(page, ".menu");
});

test("the manager's pages", async ({ as }) => {
  const employee = await as("employee");
  const [wanted] = await requestable(employee, "compute", "standard");
  await ask(employee, wanted);
  const page = await as("manager");
  await inspectAll(page, ["/", "/inbox", "/inbox?filter=late"]);
  const inbox = new Inbox(page);
  await inbox.choose(wanted);
  await inspect(page);
  await page.keyboard.press("r");
  await expect(inbox.bar.getByLabel("Why it is refused")).toBeFocused();
  await inspect(page);
  await page.getByRole("link", { name: "Give it to somebody else" }).click();
  await arrive(page, /^\/reassign\/[0-9a-f-]{36}/);
  await inspect(page);
  await open(page, "/account");
  await page.locator("summary", { hasText: "Let somebody decide for me" }).click();
  await inspect(page);
  await open(page, "/inbox");
  await page.keyboard.press("?");
  await expect(page.getByRole("dialog")).toBeVisible();
  await inspect(page);
});

test("the operator's pages", async ({ as }) => {
  test.slow();
  const page = await as("operator");
  const employee = await as("employee");
  const [refused] = await requestable(employee, "mixedreality", "standard");
  await ask(employee, refused);
  const inbox = new Inbox(await as("manager"));
  await inbox.choose(refused);
  await inbox.approve.click();
  await inbox.decided(refused);
  const row = page.getByRole("row").filter({ hasText: people.employee }).filter({ hasText: refused.name });
  await eventually(page, "/releases?filter=failed", () => already(row).toHaveCount(1));
  await inspect(page);
  await row.getByRole("link", { name: /^REL-/ }).click();
  await arrive(page, /^\/releases\/[0-9a-f-]{36}/);
  await page.locator("summary").filter({ hasText: "Roll back" }).click();
  await page.locator("summary").filter({ hasText: "Request and answer" }).last().click();
  await inspect(page);
  await inspectAll(page, ["/", "/releases", "/releases?filter=held", await first(page, "/releases?filter=closed", "/releases/")]);
});

test("the pages of compliance and of the auditor", async ({ as }) => {
  const page = await as("compliance");
  await inspectAll(page, ["/controls", "/requests?scope=all", await first(page, "/requests?scope=all", "/requests/"), await first(page, "/requests?scope=all", "/identities/")]);
  const record = await first(page, "/rules/entitlement", "/rules/entitlement/");
  await inspectAll(page, ["/rules", "/rules/specification", await first(page, "/rules/specification", "/rules/specification/"), record]);
  await inspectAll(page, ["/holds", "/notifications", "/find?q=reader", "/admin/jobs"]);
  const auditor = await as("auditor");
  await inspectAll(auditor, ["/controls", await first(auditor, "/releases?filter=closed", "/releases/")]);
});

test("the administrator's pages", async ({ as }) => {
  const page = await as("administrator");
  await inspectAll(page, ["/admin", "/admin/jobs", "/admin/jobs?state=waiting", "/admin?q=facello", await first(page, "/admin?q=facello", "/identities/")]);
});

test("connections and who has access through what they serve", async ({ as }) => {
  const page = await as("administrator");
  const kinds = ["scim", "webhook", "manual", "memory"].map((kind) => `/admin/connections/new?kind=${kind}`);
  await inspectAll(page, ["/admin/connections", ...kinds]);
  await open(page, "/admin/connections");
  await page.getByRole("link", { name: "Cloud directory" }).click();
  await arrive(page, /^\/admin\/connections\/[0-9a-f-]{36}/);
  await page.getByRole("button", { name: "Test", exact: true }).click();
  await expect(page.getByText(/The directory answers and holds/)).toBeVisible();
  await inspect(page);
  const auditor = await as("auditor");
  const entitlement = await first(auditor, "/catalogue?application=security", "/catalogue/");
  const application = await first(auditor, entitlement, "/catalogue/applications/");
  await inspectAll(auditor, [`${entitlement.split("?")[0]}/access`, application]);
  await expect(auditor.getByRole("heading", { level: 1 })).toHaveText(/^Access to /);
});

test("the pages of change control", async ({ as }) => {
  const page = await as("administrator");
  await inspectAll(page, ["/rules", "/rules/entitlement", "/rules/conflict?q=zzzzzz", "/rules/plan/new", "/changes", "/changes?filter=all"]);
  for (const kind of ["unit", "application", "entitlement", "conflict", "template", "specification", "plan", "calendar", "group"]) {
    const record = await first(page, `/rules/${kind}`, `/rules/${kind}/`);
    await inspectAll(page, [`${record}?edit`]);
  }
});

test("a change that is refused, proposed and read by the second person", async ({ as, watch }) => {
  watch.expectRefusal(422);
  const page = await as("administrator");
  const record = await first(page, "/rules/entitlement", "/rules/entitlement/");
  await open(page, `${record}?edit`);
  await page.getByLabel(/^Name/).fill("");
  await page.getByRole("button", { name: "Propose the change" }).click();
  await expect(page.getByRole("alert")).toContainText("The change was not proposed");
  await inspect(page);
  await page.getByLabel(/^Name/).fill("Looked at by axe");
  await page.getByLabel(/^Risk tier/).selectOption({ label: "Privileged" });
  await page.getByLabel(/^Why this tier/).fill("It can change more than it seemed.");
  await page.getByLabel("Why", { exact: true }).fill("For the test.");
  await page.getByLabel(/^Longest time in days/).fill("30");
  await page.getByRole("button", { name: "Propose the change" }).click();
  await expect(page.getByRole("status").filter({ hasText: "CHG-" })).toBeVisible();
  await inspect(page);
  const change = new URL(page.url()).pathname;
  const compliance = await as("compliance");
  await open(compliance, change);
  await compliance.getByText("Refuse this change").click();
  await inspect(compliance);
  await inspectAll(compliance, ["/", "/changes?filter=mine"]);
});

test("colours can be chosen and stay chosen", async ({ as }) => {
  const page = await as("employee");
  await page.locator("summary", { hasText: people.employee }).click();
  await page.getByRole("button", { name: "Dark" }).click();
  await expect(page.locator("html")).toHaveAttribute("data-theme", "dark");
  await open(page, "/catalogue");
  await expect(page.locator("html")).toHaveAttribute("data-theme", "dark");
  await inspect(page);
});
