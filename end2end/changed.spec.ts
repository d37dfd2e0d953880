// What you saw is what you sign: a decision on something that moved on is not recorded.
import { type Page } from "@playwright/test";
import { already, arrive, ask, eventually, expect, Inbox, open, requestable, RequestForm, state, test, trail } from "./pages";

const changed = (inbox: Inbox) => inbox.page.getByRole("alert").filter({ hasText: "Changed since you looked." });

async function withdraw(page: Page, request: string) {
  await open(page, request);
  await page.getByText("Withdraw this request").click();
  await page.getByLabel("Why is it no longer needed").fill("Settled another way.");
  await page.getByRole("button", { name: "Withdraw", exact: true }).click();
  await arrive(page, /\?withdrawn/);
}

test("approving what was withdrawn meanwhile records nothing", async ({ as, watch }) => {
  watch.expectRefusal(404, 409);
  const employee = await as("employee");
  const inbox = new Inbox(await as("manager"));
  const [wanted] = await requestable(employee, "web", "standard");
  const request = await ask(employee, wanted);
  await inbox.choose(wanted);
  await withdraw(employee, request);

  await inbox.approve.click();
  await expect(changed(inbox)).toContainText("Nothing was recorded.");
  await inbox.page.getByRole("link", { name: "Show what is there now" }).click();
  await expect(inbox.page.getByText("It may have been decided.")).toBeVisible();

  await open(employee, request);
  await expect(state(employee)).toHaveText("Withdrawn");
  await expect(trail(employee, "decision")).toHaveText(["Submitted", "Asked to decide", "Withdrawn"]);
});

test("approving the revision before the answer records nothing; the new one can be approved", async ({ as, watch }) => {
  test.slow();
  watch.expectRefusal(409);
  const employee = await as("employee");
  const manager = await as("manager");
  const [wanted] = await requestable(employee, "network", "standard");
  const request = await ask(employee, wanted);
  const old = new Inbox(manager);
  await old.choose(wanted);
  const other = new Inbox(await manager.context().newPage());
  await other.choose(wanted);
  await other.unfold("Return with a question");
  await other.bar.getByLabel("Your question").fill("For which of the networks?");
  await other.bar.getByRole("button", { name: "Send the question" }).click();
  await other.decided(wanted);
  await eventually(employee, request, () => already(state(employee)).toHaveText("Returned with a question"));
  await employee.getByRole("button", { name: "Change the request" }).click();
  await arrive(employee, /^\/request\/[0-9a-f-]{36}/);
  const form = new RequestForm(employee);
  await form.why.fill("For the network of the north branch, where the night run stopped.");
  await expect(form.standing).toHaveText(/^All \d+ met$/);
  await form.submit.click();
  await arrive(employee, /\?submitted/);

  await old.approve.click();
  await expect(changed(old)).toContainText("Nothing was recorded.");
  await open(employee, request);
  await expect(trail(employee, "decision")).toHaveText(["Submitted", "Asked to decide", "Decided, can be undone", "Returned with a question", "Answered with a new revision", "Asked to decide"]);

  await other.choose(wanted);
  await other.approve.click();
  await other.decided(wanted);
});

test("a decision whose answer was lost is sent again and recorded once", async ({ as, watch }) => {
  watch.expectLostAnswer();
  const employee = await as("employee");
  const inbox = new Inbox(await as("manager"));
  const [wanted] = await requestable(employee, "insights", "standard");
  const request = await ask(employee, wanted);
  await inbox.choose(wanted);
  // The server records it; the answer never arrives.
  await inbox.page.route("**/api/inbox/decide", async (route) => {
    await route.fetch({ maxRedirects: 0 });
    await route.abort("failed");
  });
  await inbox.approve.click();
  await expect(inbox.page.getByRole("alert").filter({ hasText: "No answer came." })).toContainText("nothing is recorded twice");
  await inbox.page.unroute("**/api/inbox/decide");
  await inbox.approve.click();
  await inbox.decided(wanted);
  await open(employee, request);
  await expect(trail(employee, "decision")).toHaveText(["Submitted", "Asked to decide", "Decided, can be undone"]);
});

test("going back after a decision offers nothing to decide again", async ({ as, watch }) => {
  watch.expectRefusal(404, 409);
  const employee = await as("employee");
  const inbox = new Inbox(await as("manager"));
  const [wanted] = await requestable(employee, "containerservice", "standard");
  const request = await ask(employee, wanted);
  await inbox.choose(wanted);
  await inbox.approve.click();
  await inbox.decided(wanted);
  await inbox.page.goBack();
  await expect(inbox.page.getByText("It may have been decided.")).toBeVisible();
  await expect(inbox.approve).toHaveCount(0);
  await open(employee, request);
  await expect(trail(employee, "decision")).toHaveText(["Submitted", "Asked to decide", "Decided, can be undone"]);
});

test("of two tabs that decide the same request, the second records nothing and says so", async ({ as, watch }) => {
  watch.expectRefusal(404, 409);
  const employee = await as("employee");
  const manager = await as("manager");
  const [wanted] = await requestable(employee, "devcenter", "standard");
  const request = await ask(employee, wanted);
  const [first, second] = [new Inbox(manager), new Inbox(await manager.context().newPage())];
  await first.choose(wanted);
  await second.choose(wanted);
  await first.approve.click();
  await first.decided(wanted);

  await second.unfold("Reject");
  await second.bar.getByLabel("Why it is refused").fill("Not needed for this work.");
  await second.bar.getByRole("button", { name: "Reject the request" }).click();
  await expect(second.page.getByRole("alert").filter({ hasText: "Nothing was recorded." })).toBeVisible();
  await eventually(employee, request, () => already(state(employee)).toHaveText("Approved, waits for release"));
  await expect(trail(employee, "decision")).toHaveText(["Submitted", "Asked to decide", "Decided, can be undone", "Approved", "All approvals given"]);
});
