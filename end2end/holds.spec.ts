// Nobody can decide: the request is held with a reason, never passed, until it is given to somebody.
import { agree } from "./changing";
import { inspect } from "./inspect";
import { already, arrive, ask, choose, eventually, expect, Inbox, open, people, requestable, state, test, trail } from "./pages";

const reason = "One stage less for what holds no personal data.";

test("a request whose only approver is its requester is held with the reason, and goes on when compliance gives it to somebody", async ({ as }) => {
  test.slow();
  const employee = await as("employee");
  const compliance = await as("compliance");
  const administrator = await as("administrator");
  const [wanted] = await requestable(employee, "sovereign", "standard");
  // Members are named by number: two accounts have this name.
  await open(employee, "/account");
  const employeeNumber = (await employee.locator("dl").getByText(/^\d+$/).first().textContent()) ?? "";
  await agree(administrator, compliance, "/rules/group/new", reason, [
    [/^Code/, "sovereign-keepers"],
    [/^Name/, "Keepers of the sovereign landing zone"],
    [/^Members/, employeeNumber],
  ]);
  await agree(administrator, compliance, "/rules/plan/new", reason, [
    [/^Code/, "sovereign"],
    [/^Name/, "Sovereign landing zone"],
    [/^For the application/, "sovereign"],
    [/^Stages/, "1 | Keepers | group:sovereign-keepers | quorum 1 | due 16"],
  ]);

  await choose(employee, wanted);
  await expect(employee.getByText("until then the request would be held, not passed")).toBeVisible();
  const request = await ask(employee, wanted);
  await expect(state(employee)).toHaveText("In approval");
  await expect(employee.getByRole("main")).toContainText("Held:");
  await inspect(employee);
  const number = /REQ-\d+-\d+/.exec((await employee.locator(".page-head").textContent()) ?? "")?.[0] ?? "";

  const held = compliance.getByRole("row").filter({ hasText: number });
  await open(compliance, "/holds");
  await expect(held).toContainText("Keepers");
  await expect(held).toContainText(people.employee);
  await held.getByRole("link", { name: "Reassign" }).click();
  await arrive(compliance, /^\/reassign\/[0-9a-f-]{36}/);
  await compliance.getByLabel("Who shall decide").fill(people.auditor);
  await compliance.getByLabel("Why").fill("Knows the landing zone and does not ask for it.");
  await compliance.getByRole("button", { name: "Reassign" }).click();
  await arrive(compliance, /^\/holds\?reassigned/);
  await expect(compliance.getByText("Reassigned.", { exact: true })).toBeVisible();
  await expect(held).toHaveCount(0);

  const auditor = new Inbox(await as("auditor"));
  await auditor.choose(wanted);
  await auditor.approve.click();
  await auditor.decided(wanted);
  await eventually(employee, request, () => already(state(employee)).toHaveText("Approved, waits for release"));
  await expect(employee.getByText(`${people.auditor} is asked: Knows the landing zone and does not ask for it.`)).toBeVisible();
  await expect(trail(employee, "decision")).toHaveText([
    ...["Submitted", "Held: nobody can decide", "Reassigned", "Asked to decide"],
    ...["Decided, can be undone", "Approved", "All approvals given"],
  ]);
});

test("who only asks does not see the list of what is held", async ({ as, watch }) => {
  watch.expectRefusal(403);
  const employee = await as("employee");
  await employee.goto("/holds");
  await expect(employee.getByRole("heading", { level: 1 })).not.toHaveText("Held decisions");
  await expect(employee.getByRole("table")).toHaveCount(0);
});
