// Who decides in place of whom: reassignment. Delegation and the team queue: server/tests/approvals.
import { arrive, ask, expect, Inbox, open, people, requestable, test } from "./pages";

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
