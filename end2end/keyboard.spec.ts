// The short line without a mouse: Tab, Enter, typing, and the keys of the inbox.
import { type Locator, type Page } from "@playwright/test";
import { already, arrive, ask, choose, daysAfter, eventually, expect, Inbox, open, people, requestable, RequestForm, state, test, trail, why } from "./pages";

/** Presses Tab until the element has the focus; on the way the focus is always visible, and nothing lies over it. */
async function tabTo(page: Page, element: Locator, most = 150) {
  await expect(element).toBeVisible();
  for (let pressed = 0; pressed < most; pressed += 1) {
    if (await element.evaluate((wanted) => wanted === document.activeElement)) return;
    await page.keyboard.press("Tab");
    const hidden = await page.evaluate(() => {
      const element = document.activeElement;
      if (!element || element === document.body) return "";
      // The parts of a date field, its calendar button among them, are the browser's own.
      if (element.matches("input[type=date]")) return "";
      const style = getComputedStyle(element);
      const outlined = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 0;
      const shown = element.matches(":focus-visible") && (outlined || style.boxShadow !== "none");
      return shown ? "" : element.outerHTML.slice(0, 200);
    });
    expect(hidden, "an element has the focus and does not show it").toBe("");
    const covered = await page.evaluate(() => {
      const element = document.activeElement;
      if (!element || element === document.body) return "";
      const { left, right, top, bottom } = element.getBoundingClientRect();
      const seen = [0.1, 0.5, 0.9].some((across) =>
        [0.1, 0.5, 0.9].some((down) => {
          const there = document.elementFromPoint(left + (right - left) * across, top + (bottom - top) * down);
          return there !== null && (element.contains(there) || there.contains(element));
        }),
      );
      return seen ? "" : element.outerHTML.slice(0, 200);
    });
    expect(covered, "something lies over the element that has the focus").toBe("");
  }
  throw new Error(`Tab does not lead to ${element}`);
}

async function signIn(page: Page, name: string) {
  await open(page, "/sign-in");
  await tabTo(page, page.getByRole("button", { name }));
  await page.keyboard.press("Enter");
  await arrive(page, "/");
}

test("access is asked for, approved and given by keyboard alone", async ({ as, stranger }) => {
  test.slow();
  const [wanted] = await requestable(await as("employee"), "eventgrid", "standard");

  const employee = await stranger();
  await signIn(employee, people.employee);
  await tabTo(employee, employee.getByRole("searchbox"));
  await employee.keyboard.type(wanted.name);
  await employee.keyboard.press("Enter");
  await arrive(employee, /^\/catalogue\?q=/);
  await tabTo(employee, employee.getByRole("button", { name: `Request ${wanted.name}`, exact: true }));
  await employee.keyboard.press("Enter");
  await arrive(employee, /^\/request\/[0-9a-f-]{36}/);
  const form = new RequestForm(employee);
  await tabTo(employee, form.reason);
  await employee.keyboard.type("Proj");
  await expect(form.reason.locator("option:checked")).toHaveText("Project work");
  await tabTo(employee, form.why);
  await employee.keyboard.type(why);
  await expect(form.standing).toHaveText(/^All \d+ met$/);
  await tabTo(employee, form.submit);
  await employee.keyboard.press("Enter");
  await arrive(employee, /^\/requests\/[0-9a-f-]{36}\?submitted/);

  const manager = await stranger();
  await signIn(manager, people.manager);
  await tabTo(manager, manager.getByRole("link", { name: /^Inbox/ }));
  await manager.keyboard.press("Enter");
  await arrive(manager, "/inbox");
  const inbox = new Inbox(manager);
  await manager.keyboard.press("?");
  await expect(manager.getByRole("dialog", { name: "Keys on this page" })).toBeVisible();
  await manager.keyboard.press("Escape");
  await expect(manager.getByRole("dialog")).toHaveCount(0);

  const lines = inbox.list.locator(".list-link");
  const place = (await lines.allTextContents()).findIndex((line) => line.includes(people.employee) && line.includes(`${wanted.name} · `));
  expect(place).toBeGreaterThanOrEqual(0);
  const press = async (key: string, at: number) => {
    const path = await lines.nth(at).getAttribute("href");
    await manager.keyboard.press(key);
    await arrive(manager, path ?? "");
    await expect(lines.nth(at)).toHaveAttribute("aria-current", "true");
    await expect(manager.locator("#chosen")).toBeFocused();
  };
  await press("j", 0);
  await press("j", 1);
  await press("k", 0);
  await tabTo(manager, lines.nth(place));
  await manager.keyboard.press("Enter");
  await arrive(manager, (await lines.nth(place).getAttribute("href")) ?? "");
  await expect(manager.getByRole("heading", { level: 1 })).toHaveText(`${wanted.name} for ${people.employee}`);
  await manager.keyboard.press("a");
  await inbox.decided(wanted);

  const operator = await stranger();
  await signIn(operator, people.operator);
  await tabTo(operator, operator.getByRole("link", { name: /^Releases/ }));
  await operator.keyboard.press("Enter");
  await arrive(operator, "/releases");
  const row = operator.getByRole("row").filter({ hasText: people.employee }).filter({ hasText: wanted.name });
  await eventually(operator, "/releases", () => already(row).toHaveCount(1));
  await tabTo(operator, row.getByRole("link", { name: /^REL-/ }));
  await operator.keyboard.press("Enter");
  await arrive(operator, /^\/releases\/[0-9a-f-]{36}/);
  await tabTo(operator, operator.getByLabel("Evidence"));
  await operator.keyboard.type("Seen in the portal.");
  await tabTo(operator, operator.getByRole("button", { name: "Confirm: access given" }));
  await operator.keyboard.press("Enter");
  await arrive(operator, /\?done=executed$/);
  await expect(state(operator)).toHaveText("Carried out");
  await expect(trail(operator, "decision")).toHaveText(["Submitted", "Asked to decide", "Decided, can be undone", "Approved", "All approvals given"]);
});

test("no line of the inbox that has the focus lies under the bar that approves several", async ({ as }) => {
  const manager = await as("manager");
  for (const size of [
    { width: 1440, height: 600 },
    { width: 360, height: 600 },
  ]) {
    await manager.setViewportSize(size);
    await open(manager, "/inbox");
    await tabTo(manager, manager.getByRole("button", { name: /^Approve \d* ?selected/ }));
  }
});

test("a reason that is missing keeps the decision from being sent, and the keys stay silent while typing", async ({ as }) => {
  const employee = await as("employee");
  const [wanted] = await requestable(employee, "resources", "standard");
  await choose(employee, wanted);
  const form = new RequestForm(employee);
  await form.fill();
  await form.send();

  const manager = await as("manager");
  const inbox = new Inbox(manager);
  await inbox.choose(wanted);
  await manager.keyboard.press("r");
  const reason = inbox.bar.getByLabel("Why it is refused");
  await expect(reason).toBeFocused();
  await manager.keyboard.type("a jar");
  await expect(reason).toHaveValue("a jar");
  await reason.fill("");
  await tabTo(manager, inbox.bar.getByRole("button", { name: "Reject the request" }));
  await manager.keyboard.press("Enter");
  await expect(reason).toBeFocused();
  await expect(inbox.approve).toBeVisible();
  await manager.keyboard.type("Not needed for this work.");
  await tabTo(manager, inbox.bar.getByRole("button", { name: "Reject the request" }));
  await manager.keyboard.press("Enter");
  await inbox.decided(wanted);
});

test("s ends it sooner, e asks back, ? names every key, and switched off they do nothing", async ({ as }) => {
  test.slow();
  const employee = await as("employee");
  const [shorter, asked] = await requestable(employee, "elasticsan", "standard");
  const request = await ask(employee, shorter);
  const returned = await ask(employee, asked);
  const manager = await as("manager");
  const inbox = new Inbox(manager);
  const day = inbox.bar.getByLabel("Last day");
  const question = inbox.bar.getByLabel("Your question");

  await inbox.choose(shorter);
  await manager.keyboard.press("?");
  const keys = manager.getByRole("dialog", { name: "Keys on this page" });
  await expect(keys.locator("dt")).toHaveText(["j", "k", "a", "s", "e", "r", "Ctrl K", "?"]);
  await expect(keys.locator("dd")).toHaveText([
    ...["Next decision", "Previous decision", "Approve", "Approve with an earlier end", "Return with a question", "Reject"],
    ...["Find anything, on every page", "This list"],
  ]);
  const single = keys.getByLabel("Use single keys in this browser");
  await tabTo(manager, single);
  await manager.keyboard.press("Space");
  await expect(single).not.toBeChecked();
  await manager.keyboard.press("Escape");
  await manager.keyboard.press("s");
  await manager.keyboard.press("?");
  await expect(single).not.toBeChecked();
  await expect(day).toBeHidden();
  await tabTo(manager, single);
  await manager.keyboard.press("Space");
  await manager.keyboard.press("Escape");

  await manager.keyboard.press("e");
  await expect(question).toBeFocused();
  await manager.keyboard.press("Shift+Tab");
  await manager.keyboard.press("s");
  await expect(day).toBeFocused();
  await expect(question).toBeHidden();
  const end = daysAfter((await day.getAttribute("min")) ?? "", 20);
  const [year, month, date] = end.split("-");
  await manager.keyboard.type(`${month}${date}${year}`);
  await expect(day).toHaveValue(end);
  await tabTo(manager, inbox.bar.locator("#decide-sooner-comment"));
  await manager.keyboard.type("The work is done by then.");
  await tabTo(manager, inbox.bar.getByRole("button", { name: "Approve with this end" }));
  await manager.keyboard.press("Enter");
  await inbox.decided(shorter);

  await inbox.choose(asked);
  await manager.keyboard.press("e");
  await expect(question).toBeFocused();
  await manager.keyboard.type("Which of the volumes is it about?");
  await tabTo(manager, inbox.bar.getByRole("button", { name: "Send the question" }));
  await manager.keyboard.press("Enter");
  await inbox.decided(asked);
  await eventually(employee, request, () => already(employee.locator("dl")).toContainText("Approved until"));
  await eventually(employee, returned, () => already(state(employee)).toHaveText("Returned with a question"));
});
