// The pictures of the documentation (`make screenshots`): taken from the demonstration as it is, so
// that they stay true. Nothing is tested here.
import path from "node:path";
import { type Page } from "@playwright/test";
import { arrive, choose, daysAfter, expect, Inbox, open, requestable, RequestForm, test, why } from "./pages";

const size = { viewport: { width: 1440, height: 900 } };

async function picture(page: Page, name: string) {
  // Neither the mouse nor the caret belongs into it.
  await page.mouse.move(720, 20);
  await page.evaluate(() => (document.activeElement as HTMLElement | null)?.blur());
  await page.screenshot({ path: path.join(__dirname, "../docs/images", `${name}.png`), animations: "disabled" });
}

test("inbox, light and dark", async ({ as }) => {
  const manager = await as("manager", size);
  await open(manager, "/inbox?filter=elevated");
  await manager.locator(".list-link").first().click();
  await arrive(manager, /^\/inbox\/[0-9a-f-]{36}/);
  await open(manager, new URL(manager.url()).pathname);
  await expect(new Inbox(manager).approve).toBeVisible();
  await picture(manager, "inbox");
  await manager.emulateMedia({ colorScheme: "dark" });
  await picture(manager, "inbox-dark");
});

test("request form with a gate that is not met", async ({ as }) => {
  const employee = await as("employee", size);
  const wanted = (await requestable(employee, "servicebus", "elevated")).at(-1);
  if (!wanted) throw new Error("nothing to ask for");
  await choose(employee, wanted);
  const form = new RequestForm(employee);
  await form.reason.selectOption({ label: "Project work" });
  await form.why.fill(why);
  await form.until.fill(daysAfter(await form.from.inputValue(), 500));
  await expect(form.standing).toHaveText("1 not met");
  await expect(form.gates).toContainText("Ends after 500 days");
  await picture(employee, "request");
});

test("release that was carried out", async ({ as }) => {
  const operator = await as("operator", size);
  await open(operator, "/releases?filter=closed");
  const elevated = operator.getByRole("row").filter({ hasText: "Elevated" });
  const row = (await elevated.count()) > 0 ? elevated.first() : operator.getByRole("row").nth(1);
  await row.getByRole("link", { name: /^REL-/ }).click();
  await arrive(operator, /^\/releases\/[0-9a-f-]{36}/);
  await picture(operator, "release");
});
