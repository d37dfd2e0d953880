// The operator's day: work is taken on, given back by one and done by another, with evidence of two
// kinds; what a machine refused is tried again or rolled back. Every other fault of a machine is
// tested in server/tests.
import { type Page } from "@playwright/test";
import { ask, arrive, eventually, already, expect, Inbox, open, people, requestable, state, test, trail, type Entitlement } from "./pages";

test("work by hand is taken on, shown as taken, given back, and done with a file and words", async ({ as, stranger }) => {
  test.slow();
  const employee = await as("employee");
  const [wanted] = await requestable(employee, "recoveryservices", "standard");
  await ask(employee, wanted);
  const inbox = new Inbox(await as("manager"));
  await inbox.choose(wanted);
  await inbox.approve.click();
  await inbox.decided(wanted);

  const operator = await as("operator");
  const row = operator.getByRole("row").filter({ hasText: people.employee }).filter({ hasText: wanted.name });
  await eventually(operator, "/releases", () => already(row).toHaveCount(1));
  await row.getByRole("link", { name: /^REL-/ }).click();
  await arrive(operator, /^\/releases\/[0-9a-f-]{36}/);
  const release = new URL(operator.url()).pathname;
  const other = await stranger();

  await test.step("what one operator has taken on, another one does not confirm", async () => {
    await operator.getByRole("button", { name: "Take it on" }).click();
    await expect(operator.getByRole("button", { name: "Give it back" })).toBeVisible();
    await open(operator, "/releases?filter=mine");
    await expect(row).toHaveCount(1);
    await open(other, "/sign-in");
    await other.getByRole("button").filter({ hasText: "Operator" }).filter({ hasNotText: people.operator }).click();
    await arrive(other, "/");
    await open(other, release);
    await expect(other.getByText(`${people.operator} has taken it on.`)).toBeVisible();
    await expect(other.getByRole("button", { name: "Confirm: access given" })).toHaveCount(0);
  });

  await test.step("given back, the other one adds a file; blanks are no evidence", async () => {
    await open(operator, release);
    await operator.getByRole("button", { name: "Give it back" }).click();
    await expect(operator.getByRole("button", { name: "Take it on" })).toBeVisible();
    await open(other, release);
    const buffer = Buffer.from("role assigned, read back\n");
    await other.getByLabel("Add a file that shows it").setInputFiles({ name: "console.txt", mimeType: "text/plain", buffer });
    await other.getByRole("button", { name: "Add the file" }).click();
    await expect(other.getByRole("link", { name: "console.txt" })).toBeVisible();
    await other.getByLabel("Evidence").fill("   ");
    await other.getByRole("button", { name: "Confirm: access given" }).click();
    await expect(other.locator("#field-evidence-error")).toContainText("Say what shows");
    await other.getByLabel("Evidence").fill("Role assignment created; read back in the portal.");
    await other.getByRole("button", { name: "Confirm: access given" }).click();
    await arrive(other, /\?done=executed$/);
    await expect(state(other)).toHaveText("Carried out");
    await expect(trail(other, "execution")).toContainText(["Taken on or given back", "Evidence added", "Carried out"]);
  });
});

/** Asks for several things and approves them. Gives the paths of the requests. */
async function approved(employee: Page, manager: Page, entitlements: Entitlement[]): Promise<string[]> {
  const requests = [];
  for (const wanted of entitlements) requests.push(await ask(employee, wanted));
  const inbox = new Inbox(manager);
  for (const wanted of entitlements) {
    await inbox.choose(wanted);
    await inbox.approve.click();
    await inbox.decided(wanted);
  }
  return requests;
}

/** Opens the release for this that a machine could not carry out; gives its path. */
async function failed(operator: Page, wanted: Entitlement): Promise<string> {
  const row = operator.getByRole("row").filter({ hasText: people.employee }).filter({ hasText: wanted.name });
  await eventually(operator, "/releases?filter=failed", () => already(row).toHaveCount(1));
  await row.getByRole("link", { name: /^REL-/ }).click();
  await arrive(operator, /^\/releases\/[0-9a-f-]{36}/);
  return new URL(operator.url()).pathname;
}

/** The line of what somebody holds, on their home page. */
function held(page: Page, wanted: Entitlement) {
  return page.getByRole("table", { name: /^My access/ }).getByRole("row").filter({ hasText: wanted.name });
}

test("what a directory refused is tried again by one click, is proven, and is there", async ({ as }) => {
  test.slow();
  const [employee, manager, operator] = [await as("employee"), await as("manager"), await as("operator")];
  const [wanted] = await requestable(employee, "mixedreality", "standard");
  const [request] = await approved(employee, manager, [wanted]);

  const release = await failed(operator, wanted);
  await expect(state(operator)).toHaveText("Failed, needs a person");
  await expect(operator.getByText("Failed, and does not try again by itself.")).toBeVisible();
  await expect(operator.locator("#hands")).toContainText("without anybody approving again");
  await operator.getByRole("button", { name: "Try again" }).click();
  await eventually(operator, release, () => already(state(operator)).toHaveText("Carried out"));
  await expect(trail(operator, "execution")).toContainText(["Failed", "Tried again", "Done, being proven", "Proven", "Access active"]);
  await expect(operator.getByText("No difference")).toBeVisible();

  await open(employee, request);
  await expect(state(employee)).toHaveText("Access active");
  await open(employee, "/");
  await held(employee, wanted).getByRole("link", { name: "Why" }).click();
  await arrive(employee, /^\/grants\/[0-9a-f-]{36}/);
  await expect(employee.getByText("Read back through Field directory")).toBeVisible();
});

test("what a directory refused is rolled back with a reason, and nothing is there", async ({ as }) => {
  test.slow();
  const [employee, manager, operator] = [await as("employee"), await as("manager"), await as("operator")];
  const [wanted] = await requestable(employee, "mixedreality", "standard");
  await approved(employee, manager, [wanted]);

  const release = await failed(operator, wanted);
  await operator.locator("summary").filter({ hasText: "Roll back" }).click();
  await operator.getByLabel("Why it is rolled back").fill("   ");
  await operator.getByRole("button", { name: "Roll back" }).click();
  await expect(operator.locator("#field-reason-error")).not.toBeEmpty();
  await operator.getByLabel("Why it is rolled back").fill("The field service is moving to the cloud directory this week.");
  await operator.getByRole("button", { name: "Roll back" }).click();
  await eventually(operator, release, () => already(state(operator)).toHaveText("Rolled back"));
  await expect(trail(operator, "execution")).toContainText(["Failed", "Rolled back"]);
  await open(employee, "/");
  await expect(held(employee, wanted)).toHaveCount(0);
});
