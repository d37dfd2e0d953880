// The main paths in a browser that runs no script.
import { already, arrive, ask, choose, daysAfter, eventually, expect, Inbox, open, people, requestable, RequestForm, state, test, trail, why } from "./pages";

const off = { javaScriptEnabled: false };

test("signing in and out, and a wrong password", async ({ as, stranger }) => {
  const page = await stranger(off);
  await open(page, "/inbox", off);
  await arrive(page, /^\/sign-in\?return_to=/, off);
  await page.getByLabel("Sign-in name").fill("nobody");
  await page.getByLabel("Password").fill("not the right one at all");
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
  await arrive(page, /^\/sign-in\?error=credentials/, off);
  await expect(page.getByRole("alert")).toContainText("The sign-in name or the password is not right.");
  await page.getByRole("button", { name: people.manager }).click();
  await arrive(page, "/inbox", off);

  const employee = await as("employee", off);
  await employee.locator("summary", { hasText: people.employee }).click();
  await employee.getByRole("button", { name: "Sign out" }).click();
  await arrive(employee, "/sign-in", off);
  await open(employee, "/requests", off);
  await arrive(employee, /^\/sign-in\?return_to=\/requests$/, off);
});

test("a request is checked, refused at its fields, cured and submitted; the manager approves it", async ({ as }) => {
  test.slow();
  const employee = await as("employee", off);
  const [wanted] = await requestable(employee, "app", "elevated", off);
  await employee.getByRole("searchbox").fill(wanted.name);
  await employee.getByRole("button", { name: "Search" }).click();
  await arrive(employee, /^\/catalogue\?.*q=/, off);
  await employee.getByRole("button", { name: `Request ${wanted.name}`, exact: true }).click();
  await arrive(employee, /^\/request\/[0-9a-f-]{36}/, off);

  const form = new RequestForm(employee);
  const today = await form.from.inputValue();
  await form.reason.selectOption({ label: "Project work" });
  await form.why.fill("too short");
  await form.until.fill(daysAfter(today, 1000));
  await form.check.click();
  await arrive(employee, /^\/request\/[0-9a-f-]{36}/, off);
  await expect(form.standing).toHaveText("2 not met");
  await expect(form.error("justification")).toContainText("at least 20 characters");
  await expect(form.error("ends_on")).toContainText("Ends after 1000 days; at most 365 are allowed.");

  await form.submit.click();
  await arrive(employee, /^\/request\/[0-9a-f-]{36}/, off);
  await expect(employee.getByRole("alert")).toContainText("The request was not submitted");
  await expect(form.error("ends_on")).toContainText("at most 365 are allowed");
  await expect(form.reason.locator("option:checked")).toHaveText("Project work");
  await expect(form.why).toHaveValue("too short");

  await form.why.fill("The order service runs there and its failed runs have to be looked into.");
  await form.gates.getByRole("button", { name: /^Set / }).click();
  await arrive(employee, /^\/request\/[0-9a-f-]{36}/, off);
  await expect(form.until).toHaveValue(daysAfter(today, 365));
  await expect(form.standing).toHaveText(/^All \d+ met$/);
  const request = await form.send(off);
  await expect(state(employee)).toHaveText("In approval");

  const inbox = new Inbox(await as("manager", off));
  await inbox.choose(wanted, off);
  await inbox.approve.click();
  await inbox.decided(wanted, off);
  const events = ["Submitted", "Asked to decide", "Decided, can be undone", "Approved", "Asked to decide"];
  await eventually(employee, request, () => already(trail(employee, "decision")).toHaveText(events), off);
});

test("what was typed is kept when a file is added, refused and removed, and the Enter key does none of it", async ({ as }) => {
  const page = await as("employee", off);
  const [wanted] = await requestable(page, "cdn", "elevated", off);
  await choose(page, wanted, off);
  const form = new RequestForm(page);
  const files = page.locator("#files");
  const add = async (name: string, mimeType: string, said: string) => {
    await form.why.fill(`${said} ${why}`);
    await page.getByLabel("Add a file").setInputFiles({ name, mimeType, buffer: Buffer.from("Cut-over on the first Saturday.\n") });
    await page.getByRole("button", { name: "Add the file" }).click();
  };
  await add("plan.pdf", "application/pdf", "First.");
  await arrive(page, /^\/request\/[0-9a-f-]{36}\?file=/, off);
  await expect(page.locator("#field-file-error")).toBeVisible();
  await expect(form.why).toHaveValue(`First. ${why}`);
  await add("cut-over.txt", "text/plain", "Second.");
  await arrive(page, /^\/request\/[0-9a-f-]{36}$/, off);
  await expect(files).toContainText("cut-over.txt");
  await expect(form.why).toHaveValue(`Second. ${why}`);

  await form.why.fill(`Third. ${why}`);
  const today = await form.from.inputValue();
  await form.until.fill(daysAfter(today, 20));
  await form.until.press("Enter");
  // Saved, and not led back to the files.
  await page.waitForURL((url) => url.hash === "" && url.search === "");
  await expect(form.until).toHaveValue(daysAfter(today, 20));
  await expect(form.why).toHaveValue(`Third. ${why}`);
  await expect(files).toContainText("cut-over.txt");

  await form.why.fill(`Fourth. ${why}`);
  await files.getByRole("button", { name: "Remove cut-over.txt" }).click();
  await expect(files).toContainText("0 of");
  await expect(form.why).toHaveValue(`Fourth. ${why}`);
});

test("a request is rejected with a reason, another withdrawn", async ({ as }) => {
  const employee = await as("employee", off);
  const [refused, dropped] = await requestable(employee, "storage", "standard", off);
  const request = await ask(employee, refused, off);

  const inbox = new Inbox(await as("manager", off));
  await inbox.choose(refused, off);
  await inbox.unfold("Reject");
  await inbox.bar.getByLabel("Why it is refused").fill("The reports have what is needed.");
  await inbox.bar.getByRole("button", { name: "Reject the request" }).click();
  await inbox.decided(refused, off);
  await eventually(employee, request, () => already(state(employee)).toHaveText("Rejected"), off);
  await expect(employee.getByText("The reports have what is needed.")).not.toHaveCount(0);

  await ask(employee, dropped, off);
  await employee.getByText("Withdraw this request").click();
  await employee.getByLabel("Why is it no longer needed").fill("Settled another way.");
  await employee.getByRole("button", { name: "Withdraw", exact: true }).click();
  await arrive(employee, /^\/requests\/[0-9a-f-]{36}\?withdrawn/, off);
  await expect(state(employee)).toHaveText("Withdrawn");
});

test("a basket of two is kept by the button and submitted as two; a decision is undone, a question answered", async ({ as }) => {
  test.slow();
  const employee = await as("employee", off);
  const [first, second] = await requestable(employee, "hybridcompute", "standard", off);
  await choose(employee, first, off);
  await open(employee, `/catalogue/${second.id}`, off);
  await employee.getByRole("button", { name: /^Request this/ }).click();
  await arrive(employee, /^\/request\/[0-9a-f-]{36}/, off);
  const form = new RequestForm(employee);
  await form.fill();
  await form.check.click();
  await arrive(employee, /^\/request\/[0-9a-f-]{36}/, off);
  await expect(employee.locator("#draft-saved")).toContainText("Saved");
  await employee.getByRole("button", { name: "Submit 2 requests" }).click();
  await arrive(employee, /^\/requests\/[0-9a-f-]{36}\?submitted/, off);
  await expect(employee.getByRole("heading", { name: "Asked for together with" })).toBeVisible();
  const request = new URL(employee.url()).pathname;

  const inbox = new Inbox(await as("manager", off));
  await inbox.choose(second, off);
  await inbox.approve.click();
  await inbox.decided(second, off);
  const undo = inbox.list.getByRole("list", { name: "Decided a moment ago" }).getByRole("listitem").filter({ hasText: second.name });
  await undo.getByRole("button", { name: /^Undo/ }).click();
  await arrive(inbox.page, /^\/inbox\?(.*&)?undone=/, off);
  await expect(inbox.line(second)).toHaveCount(1);

  await inbox.choose(first, off);
  await inbox.unfold("Return with a question");
  await inbox.bar.getByLabel("Your question").fill("For which machines?");
  await inbox.bar.getByRole("button", { name: "Send the question" }).click();
  await inbox.decided(first, off);
  await eventually(employee, request, () => already(employee.getByLabel("Your answer")).toBeVisible(), off);
  await employee.getByLabel("Your answer").fill("For the two of the north branch.");
  await employee.getByRole("button", { name: "Send the answer" }).click();
  await arrive(employee, /\?answered_question$/, off);
  await expect(employee.locator("#conversation")).toContainText("For the two of the north branch.");
  await expect(state(employee)).toHaveText("In approval");
});
