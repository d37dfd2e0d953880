// Deciding: what can still be undone, many at once, an earlier end, a question in words, a signature.
import { type Page } from "@playwright/test";
import { inspect } from "./inspect";
import { already, arrive, ask, daysAfter, type Entitlement, eventually, expect, Inbox, open, people, requestable, state, test, trail } from "./pages";

const password = "countersigned";

/** A line of the list, to be ticked. */
const box = (inbox: Inbox, entitlement: Entitlement) => inbox.list.getByRole("checkbox", { name: `Select ${entitlement.name} for ${people.employee}`, exact: true });

/** Signs for the first time in this session: signing in is no proof. */
async function sign(page: Page, form: string, word: string) {
  await page.locator(`#${form}-password`).fill(password);
  await page.locator(`#${form}`).getByRole("button", { name: word }).click();
}

test("a decision that is undone within ten seconds leaves nothing but the trace of it", async ({ as }) => {
  const employee = await as("employee");
  const inbox = new Inbox(await as("manager"));
  const [wanted] = await requestable(employee, "discovery", "standard");
  const request = await ask(employee, wanted);
  await inbox.choose(wanted);
  await inbox.approve.click();
  await inbox.decided(wanted);
  const undo = inbox.list.getByRole("list", { name: "Decided a moment ago" }).getByRole("listitem").filter({ hasText: wanted.name });
  await undo.getByRole("button", { name: /^Undo/ }).click();
  await arrive(inbox.page, /^\/inbox\?(.*&)?undone=/);
  await expect(inbox.said).toContainText("Undone. Nothing was recorded");
  await expect(inbox.line(wanted)).toHaveCount(1);
  await open(employee, request);
  await expect(state(employee)).toHaveText("In approval");
  await expect(trail(employee, "decision")).toHaveText(["Submitted", "Asked to decide", "Decided, can be undone", "Decision undone"]);
  await expect(employee.locator("section", { has: employee.getByRole("heading", { name: "Who decides" }) })).not.toContainText("approved");
});

test("two standard requests are approved at once and marked so, a third with an earlier end", async ({ as }) => {
  test.slow();
  const employee = await as("employee");
  const inbox = new Inbox(await as("manager"));
  const [first, second, third] = await requestable(employee, "azure-general", "standard");
  const paths = [await ask(employee, first), await ask(employee, second), await ask(employee, third)];

  await inbox.choose(third);
  await inbox.unfold("Approve, end sooner");
  const day = inbox.bar.getByLabel("Last day");
  const end = daysAfter((await day.getAttribute("min")) ?? "", 20);
  await day.fill(end);
  await inbox.bar.locator("#decide-sooner-comment").fill("The work is done by then.");
  await inbox.bar.getByRole("button", { name: "Approve with this end" }).click();
  await inbox.decided(third);

  await box(inbox, first).check();
  await box(inbox, second).check();
  await inbox.list.getByRole("button", { name: /^Approve .*selected$/ }).click();
  await arrive(inbox.page, /^\/inbox\?(.*&)?bulk=/);
  await expect(inbox.list).toContainText("2 approved.");
  await expect(inbox.list).toContainText("marked as decided in bulk");
  // Each line of what can be undone counts down here, or has just become final.
  await expect(inbox.list.getByRole("list", { name: "Decided a moment ago" }).getByRole("listitem").filter({ hasText: first.name })).toBeVisible();
  await inspect(inbox.page);

  await eventually(employee, paths[1], () => already(employee.getByText("Decided in bulk, after").first()).toBeVisible());
  await eventually(employee, paths[0], () => already(employee.getByText("Decided in bulk, after").first()).toBeVisible());
  await eventually(employee, paths[2], () => already(employee.locator("dl")).toContainText("Approved until"));
  await expect(employee.locator("dl")).toContainText("earlier than what was asked for");
  await expect(employee.getByText("The work is done by then.").first()).toBeVisible();
});

test("a question is answered in words, and the same revision is decided on", async ({ as }) => {
  test.slow();
  const employee = await as("employee");
  const inbox = new Inbox(await as("manager"));
  const [wanted] = await requestable(employee, "desktopvirtualization", "standard");
  const request = await ask(employee, wanted);
  await inbox.choose(wanted);
  await inbox.unfold("Return with a question");
  await inbox.bar.getByLabel("Your question").fill("Which of the sites is it for?");
  await inbox.bar.getByRole("button", { name: "Send the question" }).click();
  await inbox.decided(wanted);
  await eventually(employee, request, () => already(employee.getByLabel("Your answer")).toBeVisible());
  await inspect(employee);
  await employee.getByLabel("Your answer").fill("For the site in the north, until it moves.");
  await employee.getByRole("button", { name: "Send the answer" }).click();
  await arrive(employee, /\?answered_question$/);
  await expect(state(employee)).toHaveText("In approval");
  await expect(employee.locator(".page-head")).toContainText("revision 1");

  await inbox.choose(wanted);
  await expect(inbox.page.locator("#conversation")).toContainText("For the site in the north, until it moves.");
  await expect(inbox.page.locator("#since")).toContainText("Changed since you looked");
  await inbox.approve.click();
  await inbox.decided(wanted);
});

test("a privileged decision is signed with the password; a wrong one keeps what was typed", async ({ as, watch }) => {
  test.slow();
  watch.expectRefusal(422);
  const employee = await as("employee");
  const inbox = new Inbox(await as("manager"));
  const [wanted] = await requestable(employee, "containerservice", "privileged");
  const request = await ask(employee, wanted);
  await inbox.choose(wanted);
  await expect(inbox.approve).toHaveCount(0);
  await inbox.unfold("Approve, end sooner");
  await expect(inbox.bar.locator("#decide-sooner-password")).toBeVisible();
  await inspect(inbox.page);
  const [day, why] = [inbox.bar.getByLabel("Last day"), inbox.bar.locator("#decide-sooner-comment")];
  const end = daysAfter((await day.getAttribute("min")) ?? "", 10);
  await day.fill(end);
  await why.fill("Ten days are enough to move it.");
  await inbox.bar.locator("#decide-sooner-password").fill("not the right one");
  await inbox.bar.getByRole("button", { name: "Sign the approval with this end" }).click();
  await expect(inbox.bar.locator("#decide-sooner-password-error")).toBeVisible();
  await expect(day).toHaveValue(end);
  await expect(why).toHaveValue("Ten days are enough to move it.");
  await sign(inbox.page, "decide-sooner", "Sign the approval with this end");
  await inbox.decided(wanted);
  const signature = employee.locator(".signature");
  await eventually(employee, request, () => already(signature).toBeVisible());
  await expect(signature).toContainText(people.manager);
  await expect(signature).toContainText("with a password, over");
});

test("a filter is kept under a name and forgotten", async ({ as }) => {
  const page = await as("manager");
  await open(page, "/inbox?filter=elevated");
  const kept = page.locator("#kept-filters");
  await kept.locator("summary").click();
  await kept.getByLabel("Name for the filter that is on now").fill("Only elevated");
  await kept.getByRole("button", { name: "Keep it" }).click();
  await expect(kept.locator("summary")).toHaveText("Kept filters (1)");
  await open(page, "/inbox");
  await kept.locator("summary").click();
  await kept.getByRole("link", { name: "Only elevated" }).click();
  await arrive(page, /^\/inbox\?filter=elevated/);
  await kept.locator("summary").click();
  await kept.getByRole("button", { name: "Forget the filter Only elevated" }).click();
  await expect(kept.locator("summary")).toHaveText("Keep this filter");
});
