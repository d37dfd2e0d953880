// Asking: a basket that survives everything, somebody else's access, what one holds, files, and the
// same thing asked for twice.
import { type Page } from "@playwright/test";
import { alive, arrive, ask, choose, emptyBasket, expect, open, people, requestable, RequestForm, state, test, why } from "./pages";

const draft = /^\/request\/[0-9a-f-]{36}/;

async function signOut(page: Page, name: string) {
  await page.locator("summary", { hasText: name }).click();
  await page.getByRole("button", { name: "Sign out" }).click();
  await arrive(page, "/sign-in");
}

/** Until what was typed is kept and the page shows what it means. */
async function kept(page: Page, keeps: () => Promise<void>) {
  await page.waitForResponse((response) => response.url().endsWith("/api/drafts/save") && response.status() < 400, { timeout: 10_000 });
  await keeps();
}

/** Chooses one of those who report to them, by name and title: somebody may have a second account of
    the same name. The page loads again, because other rules hold then. */
async function forReport(page: Page, name: string, title = "Senior Engineer"): Promise<void> {
  await page.locator("#field-subject").fill(name);
  await page.locator('button[name="at"][value="subject"]').click();
  await page.locator("#subject-found").getByRole("button", { name: `Choose ${name}, ${title}` }).click();
  await expect(page.getByText(`For ${name}. Everything typed is kept`)).toBeVisible();
  await alive(page);
}

test("a basket of three survives reload, sign-out and a refusal, and is submitted at once", async ({ as, watch }) => {
  test.slow();
  watch.expectRefusal(422);
  const page = await as("auditor");
  await emptyBasket(page);
  await page.getByRole("button", { name: /^Use it.*Cost review$/ }).click();
  await arrive(page, draft);
  const form = new RequestForm(page);
  await expect(page.getByText("From the template Cost review")).toBeVisible();
  await page.getByRole("link", { name: "Add something else" }).click();
  await arrive(page, "/catalogue");
  await open(page, "/catalogue?q=Virtual+Machine+Contributor");
  await page.getByRole("button", { name: "Request Virtual Machine Contributor", exact: true }).click();
  await arrive(page, draft);
  await expect(page.getByRole("button", { name: /^Remove/ })).toHaveCount(3);

  const machines = page.getByLabel("How many machines");
  await Promise.all([kept(page, async () => expect(page.locator("#draft-saved")).toContainText("Saved")), form.why.fill(why)]);
  const standing = page.locator("#draft-standing");
  await Promise.all([kept(page, async () => expect(standing).not.toBeEmpty()), machines.fill("900")]);
  await open(page, new URL(page.url()).pathname);
  await expect(form.why).toHaveValue(why);
  await expect(machines).toHaveValue("900");
  await signOut(page, people.auditor);
  await page.getByRole("button", { name: people.auditor }).click();
  await arrive(page, "/");
  await open(page, "/request");
  await expect(form.why).toHaveValue(why);
  await expect(machines).toHaveValue("900");

  await form.submit.click();
  await arrive(page, draft);
  await expect(page.getByRole("alert")).toContainText("The request was not submitted");
  await expect(form.why).toHaveValue(why);
  await expect(machines).toHaveValue("900");
  await machines.fill("12");
  await expect(page.locator("#draft-standing")).toContainText("All gates that stop a request are met.");
  await page.getByRole("button", { name: "Submit 3 requests" }).click();
  await arrive(page, /^\/requests\/[0-9a-f-]{36}\?submitted/);
  const together = page.locator("section", { has: page.getByRole("heading", { name: "Asked for together with" }) });
  await expect(together.getByRole("listitem")).toHaveCount(2);
  await page.goBack();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("This was submitted");
  await expect(page.getByRole("main").getByRole("listitem")).toHaveCount(3);
});

test("a manager asks for somebody who reports to them", async ({ as }) => {
  const page = await as("manager");
  const [wanted] = await requestable(page, "apimanagement", "standard");
  await choose(page, wanted);
  const form = new RequestForm(page);
  await form.fill();
  await forReport(page, people.employee);
  await expect(form.why).toHaveValue(why);
  await expect(form.standing).toHaveText(/^All \d+ met$/);
  await form.send();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText(`${wanted.name} for ${people.employee}`);
  await expect(page.locator("dl").getByText(people.manager)).toBeVisible();
  await expect(page.getByRole("button", { name: "Approve" })).toHaveCount(0);
});

test("what I hold is asked for longer, and given back at once", async ({ as }) => {
  const page = await as("employee");
  await emptyBasket(page);
  await open(page, "/");
  const access = page.getByRole("region", { name: /^My access/ });
  const extend = access.getByRole("button", { name: /^Extend / }).first();
  const name = ((await extend.textContent()) ?? "").replace(/^Extend\s+/, "");
  await extend.click();
  await arrive(page, draft);
  const form = new RequestForm(page);
  await form.fill();
  await expect(form.standing).toHaveText(/^All \d+ met$/);
  await form.send();
  await expect(page.locator("dl")).toContainText("Extends");
  await expect(state(page)).toHaveText("In approval");
  await open(page, "/");
  await expect(access.getByRole("row").filter({ hasText: name })).toContainText("Extension asked for: REQ-");

  const back = access.getByRole("button", { name: /^Give back / }).last();
  const gone = ((await back.textContent()) ?? "").replace(/^Give back\s+/, "");
  await back.click();
  await arrive(page, /^\/\?done=given_back/);
  await expect(page.getByRole("status").filter({ hasText: "Given back." })).toBeVisible();
  await expect(access.getByRole("row").filter({ hasText: gone })).toContainText("Being removed");
});

test("a file goes along with the request and is given out as it was; what is no such file is refused", async ({ as }) => {
  const page = await as("employee");
  const [wanted] = await requestable(page, "cdn", "standard");
  await choose(page, wanted);
  const add = async (name: string, mimeType: string, buffer: Buffer) => {
    await page.getByLabel("Add a file").setInputFiles({ name, mimeType, buffer });
    await page.getByRole("button", { name: "Add the file" }).click();
  };
  await add("plan.pdf", "application/pdf", Buffer.from("this is no PDF"));
  await arrive(page, /^\/request\/[0-9a-f-]{36}\?file=/);
  await expect(page.locator("#field-file-error")).toBeVisible();
  const text = "Cut-over on the first Saturday.\n";
  await add("cut-over.txt", "text/plain", Buffer.from(text));
  const files = page.locator("#files");
  await expect(files).toContainText("1 of");
  const form = new RequestForm(page);
  await form.fill();
  await expect(form.standing).toHaveText(/^All \d+ met$/);
  await form.send();
  const [download] = await Promise.all([page.waitForEvent("download"), files.getByRole("link", { name: "cut-over.txt" }).click()]);
  expect(download.suggestedFilename()).toBe("cut-over.txt");
  const chunks: Buffer[] = [];
  for await (const chunk of await download.createReadStream()) chunks.push(chunk as Buffer);
  expect(Buffer.concat(chunks).toString()).toBe(text);
});

test("the same request twice is recognised before it is sent, and nothing comes of sending it", async ({ as }) => {
  const employee = await as("employee");
  const [wanted] = await requestable(employee, "appplatform", "standard");
  await ask(employee, wanted);
  const number = /REQ-\d+-\d+/.exec((await employee.locator(".page-head").textContent()) ?? "")?.[0] ?? "";
  await employee.goBack();
  await expect(employee.getByRole("heading", { level: 1 })).toHaveText("This was submitted");

  // The catalogue has no button for it any more; a page from before still sends it.
  await open(employee, "/catalogue");
  await employee.evaluate((id) => {
    const form = document.querySelector<HTMLFormElement>('form[action="/api/drafts/add"]');
    form?.querySelector('input[name="entitlement"]')?.setAttribute("value", id);
    form?.requestSubmit();
  }, wanted.id);
  await arrive(employee, draft);
  await expect(employee.getByRole("main").getByRole("link", { name: number }).first()).toBeVisible();
  await expect(employee.getByRole("main")).toContainText(`asked for by ${people.employee}`);
  const form = new RequestForm(employee);
  await form.fill();
  await form.submit.click();
  await arrive(employee, draft);
  await expect(employee.getByRole("alert")).toContainText("The request was not submitted");
  await expect(form.why).toHaveValue(why);
  await emptyBasket(employee);
});

test("who asks for what was asked for already joins that request instead, and hears what becomes of it", async ({ as }) => {
  const employee = await as("employee");
  const [wanted] = await requestable(employee, "confidentialledger", "standard");
  const request = await ask(employee, wanted);
  const number = /REQ-\d+-\d+/.exec((await employee.locator(".page-head").textContent()) ?? "")?.[0] ?? "";

  const manager = await as("manager");
  await choose(manager, wanted);
  await forReport(manager, people.employee);
  const offer = manager.locator("#draft-joins");
  await expect(offer).toContainText(`${wanted.name} was asked for already.`);
  await offer.getByRole("button", { name: `Join ${number} and hear about it` }).click();
  await arrive(manager, new RegExp(`^${request}\\?joined`));
  await expect(manager.getByText("Joined. You hear when this request moves.")).toBeVisible();
  await emptyBasket(manager);

  await open(employee, request);
  await employee.getByText("Withdraw this request").click();
  await employee.getByLabel("Why is it no longer needed").fill("Settled another way.");
  await employee.getByRole("button", { name: "Withdraw", exact: true }).click();
  await arrive(employee, /\?withdrawn/);
  await open(manager, "/notifications");
  await expect(manager.getByRole("button", { name: `${number} was withdrawn`, exact: true })).toBeVisible();
});
