// Changing a request that was submitted: the next revision, on the same request. Decisions on the one
// before no longer count, a signature is struck through, and both sides see what differs.
import { inspect } from "./inspect";
import { already, arrive, ask, eventually, expect, Inbox, people, requestable, RequestForm, state, test, trail, why } from "./pages";

const password = "countersigned";
const longer = "The order service moves to the north branch, and its night run has to be watched until it stands.";

test("an edit makes the next revision, voids the decisions on the one before, and shows both sides what differs", async ({ as }) => {
  test.slow();
  const employee = await as("employee");
  const inbox = new Inbox(await as("manager"));
  const [wanted] = await requestable(employee, "keyvault", "standard");
  const request = await ask(employee, wanted);
  const card = employee.locator("section", { has: employee.getByRole("heading", { name: "Who decides" }) });

  await inbox.choose(wanted);
  await inbox.approve.click();
  await inbox.decided(wanted);
  await eventually(employee, request, () => already(card.locator(".decision")).toHaveCount(1));
  await expect(card.locator(".decision")).toContainText(`${people.manager} approved`);

  await employee.getByRole("button", { name: "Change the request" }).click();
  await arrive(employee, /^\/request\/[0-9a-f-]{36}/);
  await expect(employee.locator(".page-head")).toContainText("next revision 2");
  await expect(employee.getByRole("main")).toContainText("Everyone decides on the next revision.");
  const form = new RequestForm(employee);
  await expect(form.why).toHaveValue(why);
  await form.why.fill(longer);
  await expect(form.standing).toHaveText(/^All \d+ met$/);
  await employee.getByRole("button", { name: "Submit the next revision" }).click();
  await arrive(employee, new RegExp(`^${request}\\?submitted`));
  await expect(employee.locator(".page-head")).toContainText("revision 2");
  await expect(state(employee)).toHaveText("In approval");
  await expect(card).not.toContainText("approved");

  await test.step("the requester sees what differs and what no longer counts", async () => {
    const revisions = employee.locator("#revisions");
    const row = revisions.getByRole("row").filter({ hasText: "Why is it needed" });
    await expect(row.getByRole("cell")).toHaveText([why, longer]);
    await expect(revisions).toContainText("Decisions on it, which no longer count:");
    await expect(revisions.locator("s")).toContainText(`${people.manager} approved`);
  });

  await test.step("the approver sees what differs since the last look, and decides anew", async () => {
    await inbox.choose(wanted);
    const since = inbox.page.locator("#since");
    await expect(since).toContainText("It was revision 1 then and is revision 2 now.");
    await since.locator("summary").click();
    await expect(since.getByRole("row").filter({ hasText: "Why is it needed" }).getByRole("cell")).toHaveText([why, longer]);
    await expect(inbox.page.locator("#revisions s")).toContainText(`${people.manager} approved`);
    await inbox.approve.click();
    await inbox.decided(wanted);
  });
  await eventually(employee, request, () => already(card.locator(".decision")).toHaveCount(1));
});

test("a signature is struck through, and says why, when the request was changed after it", async ({ as }) => {
  test.slow();
  const employee = await as("employee");
  const inbox = new Inbox(await as("manager"));
  const [wanted] = await requestable(employee, "kubernetes", "privileged");
  const request = await ask(employee, wanted);
  await inbox.choose(wanted);
  await inbox.page.keyboard.press("a");
  const field = inbox.bar.locator("#decide-approve-password");
  await expect(field).toBeFocused();
  await field.fill(password);
  await inbox.bar.getByRole("button", { name: "Sign the approval" }).first().click();
  await inbox.decided(wanted);
  const signature = employee.locator(".signature");
  await eventually(employee, request, () => already(signature).toBeVisible());
  await expect(signature.locator("s")).toHaveCount(0);

  await employee.getByRole("button", { name: "Change the request" }).click();
  await arrive(employee, /^\/request\/[0-9a-f-]{36}/);
  const form = new RequestForm(employee);
  await form.why.fill(longer);
  await expect(form.standing).toHaveText(/^All \d+ met$/);
  await employee.getByRole("button", { name: "Submit the next revision" }).click();
  await arrive(employee, new RegExp(`^${request}\\?submitted`));
  await expect(signature).toHaveClass(/signature-past/);
  await expect(signature.locator("s")).toContainText(people.manager);
  await expect(signature).toContainText("No longer counts: the request was changed after this was signed.");
  await expect(trail(employee, "decision")).toContainText(["Submitted", "Approved"]);
  await expect(employee.locator("#revisions")).toBeVisible();
  await inspect(employee);

  await test.step("in print it stands with name, time and meaning, struck through", async () => {
    await employee.emulateMedia({ media: "print" });
    const struck = signature.locator("s");
    await expect(struck).toBeVisible();
    await expect(struck.locator(".signature-name")).toHaveText(people.manager);
    await expect(struck).toContainText("I approve this access in revision 1 as shown.");
    await expect(struck).toHaveCSS("text-decoration-line", "line-through");
    await expect(signature.locator("time")).toBeVisible();
    await expect(signature.locator("time")).toHaveAttribute("datetime", /^\d{4}-\d\d-\d\dT/);
    await expect(signature).toContainText("No longer counts: the request was changed after this was signed.");
    await employee.emulateMedia({ media: null });
  });
});
