// The palette by keyboard and by pointer, the bell, and what stands in for the palette without
// JavaScript.
import { AxeBuilder } from "@axe-core/playwright";
import { arrive, expect, open, people, test } from "./pages";

test("Ctrl K opens the palette, arrows choose, Enter goes there, Escape gives the focus back", async ({ as }) => {
  const page = await as("compliance");
  const home = page.getByRole("navigation", { name: "Main" }).getByRole("link", { name: "Catalogue" });
  await home.focus();
  await page.keyboard.press("Control+k");
  const palette = page.getByRole("dialog", { name: "Find" });
  const field = palette.getByRole("combobox");
  await expect(field).toBeFocused();
  const options = palette.getByRole("option");
  await expect(options.first()).toHaveAttribute("aria-selected", "true");

  await page.keyboard.press("Escape");
  await expect(palette).toBeHidden();
  await expect(home).toBeFocused();

  await page.keyboard.press("Control+k");
  await field.fill("controls");
  const first = options.first();
  await expect(first).toContainText("Controls");
  await expect(field).toHaveAttribute("aria-activedescendant", (await first.getAttribute("id")) ?? "");
  await page.keyboard.press("ArrowDown");
  const chosen = palette.locator("[role=option][aria-selected=true]");
  await expect(chosen).toHaveCount(1);
  await expect(field).toHaveAttribute("aria-activedescendant", (await chosen.getAttribute("id")) ?? "");
  await page.keyboard.press("ArrowUp");
  await page.keyboard.press("Enter");
  await arrive(page, "/controls");
});

test("a person is found by a few letters and opened by a click", async ({ as }) => {
  const page = await as("operator");
  await page.getByRole("button", { name: "Find" }).click();
  const palette = page.getByRole("dialog", { name: "Find" });
  await palette.getByRole("combobox").fill(people.employee.toLowerCase());
  await palette.getByRole("option").filter({ hasText: people.employee }).filter({ hasText: "Person" }).first().click();
  await arrive(page, /^\/identities\/[0-9a-f-]{36}$/);
  await expect(page.getByRole("heading", { level: 1 })).toHaveText(people.employee);
});

test("what is written as typed stands before what only resembles it", async ({ as }) => {
  const page = await as("manager");
  await page.keyboard.press("Control+k");
  const palette = page.getByRole("dialog", { name: "Find" });
  await palette.getByRole("combobox").fill("purge");
  await expect(palette.getByRole("option").first()).toContainText("Purge");
});

test("what nobody may see is not found, and the palette says so", async ({ as }) => {
  const page = await as("employee");
  await page.keyboard.press("Control+k");
  const palette = page.getByRole("dialog", { name: "Find" });
  await palette.getByRole("combobox").fill("zzzzqqqq");
  await expect(palette.getByRole("status")).toHaveText("Nothing was found that you may see.");
  await expect(palette.getByRole("listbox")).toBeHidden();
});

test("the open palette and the notifications have no accessibility faults", async ({ as }) => {
  const page = await as("compliance");
  await page.keyboard.press("Control+k");
  await expect(page.getByRole("option").first()).toBeVisible();
  expect((await new AxeBuilder({ page }).analyze()).violations).toEqual([]);
  await page.keyboard.press("Escape");
  for (const path of ["/notifications", "/find?q=inbox", "/account"]) {
    await open(page, path);
    expect((await new AxeBuilder({ page }).analyze()).violations).toEqual([]);
  }
});

test("without JavaScript the button leads to a page that finds the same", async ({ as }) => {
  const scripting = { javaScriptEnabled: false };
  const page = await as("operator", scripting);
  await page.getByRole("button", { name: "Find" }).click();
  await arrive(page, /^\/find/, scripting);
  await page.getByRole("searchbox", { name: "Find" }).fill("releases");
  await page.getByRole("main").getByRole("button", { name: "Find" }).click();
  await arrive(page, /^\/find\?q=releases$/, scripting);
  await page.getByRole("main").getByRole("link", { name: /^Releases/ }).first().click();
  await arrive(page, "/releases", scripting);
  await page.getByRole("link", { name: /^Notifications/ }).click();
  await arrive(page, "/notifications", scripting);
});
