// The line through everything, each step by the person whose turn it is.
import { already, ask, arrive, daysAfter, eventually, expect, Inbox, open, people, requestable, RequestForm, state, test, trail, why } from "./pages";

/** Two letters in the middle of the longest word change places. */
function mistyped(name: string): string {
  const word = name.split(" ").reduce((longest, word) => (word.length > longest.length ? word : longest));
  const at = Math.floor(word.length / 2);
  return name.replace(word, word.slice(0, at) + word[at + 1] + word[at] + word.slice(at + 2));
}

test("elevated access is found, asked for, approved twice, given, and stands on both trails", async ({ as }) => {
  test.slow();
  const employee = await as("employee");
  const [wanted] = await requestable(employee, "servicebus", "elevated");

  await test.step("found in the catalogue in spite of a slip of the finger", async () => {
    await open(employee, "/catalogue");
    await employee.getByRole("searchbox").fill(mistyped(wanted.name));
    await employee.getByRole("searchbox").press("Enter");
    await arrive(employee, /^\/catalogue\?q=/);
    await employee.getByRole("link", { name: wanted.name, exact: true }).click();
    await arrive(employee, `/catalogue/${wanted.id}`);
    await expect(employee.getByRole("heading", { level: 1 })).toHaveText(wanted.name);
    await expect(employee.getByRole("link", { name: people.owner })).toBeVisible();
    await employee.getByRole("button", { name: /^Request this/ }).click();
    await arrive(employee, /^\/request\/[0-9a-f-]{36}/);
  });

  const request = await test.step("a gate fails while typing, and its remedy cures it", async () => {
    const form = new RequestForm(employee);
    await expect(form.standing).toHaveText("1 not met");
    await expect(form.gates).toContainText("No reason is chosen.");
    await form.fill();
    await expect(form.standing).toHaveText(/^All \d+ met$/);
    const today = await form.from.inputValue();
    await form.until.fill(daysAfter(today, 1000));
    await expect(form.standing).toHaveText("1 not met");
    await expect(form.gates).toContainText("Ends after 1000 days; at most 365 are allowed.");
    await expect(form.error("ends_on")).toContainText("at most 365 are allowed");
    await form.gates.getByRole("button", { name: /^Set / }).click();
    await expect(form.until).toHaveValue(daysAfter(today, 365));
    await expect(form.until).toBeFocused();
    await expect(form.standing).toHaveText(/^All \d+ met$/);
    await expect(form.error("ends_on")).toHaveCount(0);
    const request = await form.send();
    await expect(employee.getByRole("heading", { level: 1 })).toHaveText(`${wanted.name} for ${people.employee}`);
    await expect(employee.getByText("Submitted.", { exact: true })).toBeVisible();
    await expect(state(employee)).toHaveText("In approval");
    return request;
  });

  await test.step("the line manager approves", async () => {
    const inbox = new Inbox(await as("manager"));
    await inbox.choose(wanted);
    await expect(inbox.page.locator("#gates .card-aside")).toHaveText(/^All \d+ met$/);
    await expect(inbox.page.getByText(why)).toBeVisible();
    await inbox.approve.click();
    await inbox.decided(wanted);
  });

  await test.step("the application owner approves", async () => {
    const inbox = new Inbox(await as("owner"));
    await inbox.choose(wanted);
    await expect(inbox.bar).toContainText("You decide as application owner");
    await inbox.approve.click();
    await inbox.decided(wanted);
  });

  await test.step("an operator gives the access and says what shows it", async () => {
    const operator = await as("operator");
    const row = operator.getByRole("row").filter({ hasText: people.employee }).filter({ hasText: wanted.name });
    await eventually(operator, "/releases", () => already(row).toHaveCount(1));
    await row.getByRole("link", { name: /^REL-/ }).click();
    await arrive(operator, /^\/releases\/[0-9a-f-]{36}/);
    await expect(state(operator)).toHaveText("Waits to be carried out");
    await operator.getByLabel("Evidence").fill("Role assignment 4711 created; read back in the portal.");
    await operator.getByRole("button", { name: "Confirm: access given" }).click();
    await arrive(operator, /\?done=executed$/);
    await expect(operator.getByRole("status").filter({ hasText: "Recorded." })).toBeVisible();
    await expect(operator.getByRole("button", { name: "Confirm: access given" })).toHaveCount(0);
    await expect(operator.getByText("Role assignment 4711 created")).not.toHaveCount(0);
    await expect(trail(operator, "execution")).toHaveText(["Release planned", "Carried out", "Access active"]);
  });

  await test.step("the employee sees the access and how it came about", async () => {
    await open(employee, request);
    await expect(state(employee)).toHaveText("Access active");
    await expect(trail(employee, "decision")).toHaveText([
      "Submitted",
      ...["Asked to decide", "Decided, can be undone", "Approved"],
      ...["Asked to decide", "Decided, can be undone", "Approved"],
      "All approvals given",
    ]);
    await expect(trail(employee, "execution")).toHaveText(["Release planned", "Carried out", "Access active"]);
    const happened = employee.locator("#trails");
    await expect(happened.locator(".trail-decision").filter({ hasText: "Approved · " })).toContainText([people.manager, people.owner]);
    await expect(happened.locator(".trail-execution").filter({ hasText: "Carried out" })).toContainText(people.operator);
    await open(employee, "/");
    const access = employee.getByRole("region", { name: /^My access/ }).getByRole("row").filter({ hasText: wanted.name });
    await expect(access).toContainText("Active");
  });
});

test("a question is answered with the next revision, and a rejection gives its reason", async ({ as }) => {
  test.slow();
  const employee = await as("employee");
  const inbox = new Inbox(await as("manager"));
  const [wanted] = await requestable(employee, "azurestackhci", "standard");
  const request = await ask(employee, wanted);

  await inbox.choose(wanted);
  await inbox.unfold("Return with a question");
  await inbox.bar.getByLabel("Your question").fill("Which of the clusters is it about?");
  await inbox.bar.getByRole("button", { name: "Send the question" }).click();
  await inbox.decided(wanted);

  const waits = employee.locator("section", { has: employee.getByRole("heading", { name: "Waits for me" }) });
  const asked = waits.getByRole("listitem").filter({ hasText: wanted.name });
  await eventually(employee, "/", () => already(asked).toHaveCount(1));
  await asked.getByRole("link").click();
  await arrive(employee, /^\/requests\/[0-9a-f-]{36}/);
  await expect(employee.locator("#answer")).toContainText("Which of the clusters is it about?");
  await employee.getByRole("button", { name: "Change the request" }).click();
  await arrive(employee, /^\/request\/[0-9a-f-]{36}/);
  const form = new RequestForm(employee);
  await form.why.fill("It is about the cluster of the north branch, which the failed run used.");
  await expect(form.standing).toHaveText(/^All \d+ met$/);
  await form.submit.click();
  await arrive(employee, /^\/requests\/[0-9a-f-]{36}\?submitted/);
  await expect(employee.locator(".page-head")).toContainText("revision 2");

  await inbox.choose(wanted);
  await expect(inbox.page.getByText("the cluster of the north branch").filter({ visible: true }).first()).toBeVisible();
  await inbox.unfold("Reject");
  await inbox.bar.getByLabel("Why it is refused").fill("Two colleagues of the team have it; ask them.");
  await inbox.bar.getByRole("button", { name: "Reject the request" }).click();
  await inbox.decided(wanted);

  await eventually(employee, request, () => already(state(employee)).toHaveText("Rejected"));
  await expect(employee.getByText("Two colleagues of the team have it; ask them.")).not.toHaveCount(0);
  await expect(trail(employee, "decision")).toHaveText([
    "Submitted",
    ...["Asked to decide", "Decided, can be undone", "Returned with a question", "Answered with a new revision"],
    ...["Asked to decide", "Decided, can be undone", "Rejected"],
  ]);
  await expect(trail(employee, "execution")).toHaveCount(0);
});
