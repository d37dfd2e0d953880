// Who decides in place of whom: delegation, taking on and giving back, reassignment.
import { inspect } from "./inspect";
import { alive, already, arrive, ask, eventually, expect, Inbox, open, people, requestable, test } from "./pages";

test("somebody stands in while the manager is away, takes a decision on, gives it back and decides", async ({ as }) => {
  test.slow();
  const employee = await as("employee");
  const manager = await as("manager");
  const [wanted] = await requestable(employee, "containerregistry", "standard");

  await open(manager, "/account#delegations");
  const card = manager.locator("#delegations");
  await card.locator("summary", { hasText: "Let somebody decide for me" }).click();
  await card.getByRole("textbox", { name: "Who decides for me" }).fill(people.security);
  const day = await card.getByLabel("First day").inputValue();
  await card.getByLabel("Last day").fill(day);
  await card.getByLabel(/container ?registry/i).check();
  await card.getByLabel("Why").fill("At a conference.");
  await card.getByRole("button", { name: "Delegate" }).click();
  await arrive(manager, /^\/account\?delegated/);
  await expect(card.getByRole("row").filter({ hasText: people.security })).toContainText("In force");

  const request = await ask(employee, wanted);
  const inbox = new Inbox(await as("security"));
  await eventually(inbox.page, "/inbox", () => already(inbox.line(wanted)).toContainText(`you stand in for ${people.manager}`));
  await inbox.choose(wanted);
  await inbox.page.getByRole("button", { name: "Take it on" }).click();
  await expect(inbox.page.getByRole("button", { name: "Give back to the team" })).toBeVisible();
  // What somebody else has taken on leaves the list of what waits; it stays in the team queue.
  const other = new Inbox(manager);
  await open(manager, "/inbox");
  await expect(other.line(wanted)).toHaveCount(0);
  await open(manager, "/inbox?whose=team");
  await expect(other.line(wanted)).toContainText(`taken on by ${people.security}`);
  await other.line(wanted).click();
  await arrive(manager, /^\/inbox\/[0-9a-f-]{36}/);
  await expect(manager.getByText(`${people.security} has taken this on until`)).toBeVisible();
  await expect(other.approve).toHaveCount(0);
  await inbox.page.getByRole("button", { name: "Give back to the team" }).click();
  await expect(inbox.page.getByRole("button", { name: "Take it on" })).toBeVisible();
  await expect(inbox.page.getByText(`You decide for ${people.manager}, who is away.`)).toBeVisible();
  await inbox.approve.click();
  await inbox.decided(wanted);

  // Ended within the ten seconds, it would take the decision with it: all of it is checked again then.
  const decided = employee.locator(".decision");
  await eventually(employee, request, () => already(decided).toHaveCount(1));
  await expect(decided).toContainText(`${people.security}, standing in for ${people.manager}, approved`);

  await open(manager, "/account");
  await card.getByRole("button", { name: `End the delegation to ${people.security}` }).click();
  await arrive(manager, /^\/account\?delegation_ended/);
  await expect(card.getByRole("row").filter({ hasText: people.security })).toContainText("Ended early");
});

test("a delegation that cannot be is refused at its field and keeps what was typed", async ({ as, watch }) => {
  test.slow();
  watch.expectRefusal(422);
  const page = await as("manager");
  await open(page, "/account#delegations");
  const card = page.locator("#delegations");
  await card.locator("summary", { hasText: "Let somebody decide for me" }).click();
  const to = card.getByRole("textbox", { name: "Who decides for me" });
  await to.fill(people.manager);
  await card.getByLabel("Last day").fill(await card.getByLabel("First day").inputValue());
  await card.getByLabel("Why").fill("At a conference.");
  await card.getByRole("button", { name: "Delegate" }).click();
  await expect(card.locator("#field-to-error")).toContainText("This is you, or another account of yours");
  await alive(page);
  await expect(to).toHaveValue(people.manager);
  await expect(card.getByLabel("Why")).toHaveValue("At a conference.");
  await inspect(page);
});

test("a decision is given to somebody else with the reason, and stands on the request", async ({ as, watch }) => {
  watch.expectRefusal(422);
  const employee = await as("employee");
  const inbox = new Inbox(await as("manager"));
  const [wanted] = await requestable(employee, "documentdb", "standard");
  const request = await ask(employee, wanted);
  await inbox.choose(wanted);
  const page = inbox.page;
  await page.getByRole("link", { name: "Give it to somebody else" }).click();
  await arrive(page, /^\/reassign\/[0-9a-f-]{36}/);
  await page.getByLabel("Who shall decide").fill(people.employee);
  await page.getByLabel("Why").fill("She knows the system.");
  await page.getByRole("button", { name: "Reassign" }).click();
  await expect(page.getByRole("alert")).toContainText("Nothing was reassigned");
  await expect(page.getByLabel("Why")).toHaveValue("She knows the system.");
  await page.getByLabel("Who shall decide").fill(people.auditor);
  await page.getByRole("button", { name: "Reassign" }).click();
  await page.waitForURL((url) => !url.pathname.startsWith("/reassign"));
  await open(employee, request);
  await expect(employee.getByText(`${people.auditor} is asked instead of ${people.manager}: She knows the system.`)).toBeVisible();
  const auditor = new Inbox(await as("auditor"));
  await auditor.choose(wanted);
  await expect(auditor.approve).toBeVisible();
});
