// Change control: an administrator and the owner of an application propose, a second person reads
// the difference and confirms or refuses, every version stays readable. Once with and once without
// script: the pages are the same plain forms.
import { type Page } from "@playwright/test";
import { arrive, daysAfter, expect, open, people, requestable, state, test } from "./pages";

const reason = "Found in the review of the quarter.";

/** The record of an entitlement under change control. */
async function record(page: Page, application: string, scripting = {}): Promise<{ path: string; name: string }> {
  const [wanted] = await requestable(page, application, "standard", scripting);
  return { path: `/rules/entitlement/${wanted.id}`, name: wanted.name };
}

async function propose(page: Page, path: string, scripting = {}): Promise<string> {
  await open(page, `${path}?edit#edit`, scripting);
  await page.getByLabel(/^Risk tier/).selectOption({ label: "Elevated" });
  await page.getByLabel(/^Why this tier/).fill("It shows what customers owe.");
  await page.getByLabel("Why", { exact: true }).fill(reason);
  await page.getByRole("button", { name: "Propose the change" }).click();
  await arrive(page, /^\/changes\/[0-9a-f-]{36}\?proposed/, scripting);
  await expect(page.getByRole("status").filter({ hasText: "CHG-" })).toContainText("waits for a second person.");
  return new URL(page.url()).pathname;
}

for (const scripting of [{}, { javaScriptEnabled: false }]) {
  const how = "javaScriptEnabled" in scripting ? "without script" : "with script";

  test(`a tier is changed by one person and confirmed by another, ${how}`, async ({ as }) => {
    test.slow();
    const administrator = await as("administrator", scripting);
    const { path, name } = await record(administrator, how === "with script" ? "healthcareapis" : "cognitiveservices", scripting);
    await open(administrator, "/rules", scripting);
    await administrator.getByRole("link", { name: "Entitlements", exact: true }).click();
    await arrive(administrator, "/rules/entitlement", scripting);
    const change = await propose(administrator, path, scripting);
    await expect(administrator.getByRole("button", { name: "Confirm the change" })).toHaveCount(0);

    const compliance = await as("compliance", scripting);
    await open(compliance, "/changes?filter=mine", scripting);
    await compliance.locator(`main a[href="${change}"]`).click();
    await arrive(compliance, change, scripting);
    await expect(compliance.getByRole("heading", { level: 1 })).toHaveText(`Change to ${name}`);
    const row = compliance.getByRole("row").filter({ hasText: "Risk tier" });
    await expect(row).toContainText("Standard");
    await expect(row).toContainText("Elevated");
    await expect(row).toContainText("Second person");
    await expect(state(compliance)).toHaveText("Waits for a second person");
    await compliance.getByRole("button", { name: "Confirm the change" }).click();
    await arrive(compliance, new RegExp(`^${change}\\?confirmed`), scripting);
    await expect(state(compliance)).toHaveText("In force");

    await open(administrator, `${path}#versions`, scripting);
    const first = administrator.locator("#version-1");
    await first.locator("summary").click();
    await expect(first).toContainText("Standard");
    const second = administrator.locator("#version-2");
    await second.locator("summary").click();
    await expect(second).toContainText(`proposed by ${people.administrator}`);
    await expect(second).toContainText(`confirmed by ${people.compliance}`);
  });
}

test("what was typed stays when the form is refused, and a change is refused with a reason", async ({ as, watch }) => {
  watch.expectRefusal(422);
  const administrator = await as("administrator");
  const { path } = await record(administrator, "monitor");
  await open(administrator, `${path}?edit#edit`);
  await administrator.getByLabel(/^Name/).fill("");
  await administrator.getByLabel(/^Description/).fill("A word\nand <another>");
  await administrator.getByRole("button", { name: "Propose the change" }).click();
  await arrive(administrator, path);
  await expect(administrator.getByRole("alert")).toContainText("The change was not proposed");
  await expect(administrator.getByLabel(/^Description/)).toHaveValue("A word\nand <another>");
  await expect(administrator.locator("#field-name-error")).not.toBeEmpty();
  await expect(administrator.locator("#field-reason-error")).not.toBeEmpty();
  await administrator.getByRole("link", { name: /^Name: / }).click();
  await expect(administrator.locator("#field-name")).toBeFocused();

  const change = await propose(administrator, path);
  const compliance = await as("compliance");
  await open(compliance, change);
  await compliance.getByText("Refuse this change").click();
  await compliance.getByLabel("Why it is refused").fill("The reports show less.");
  await compliance.getByRole("button", { name: "Refuse", exact: true }).click();
  await arrive(compliance, new RegExp(`^${change}\\?refused`));
  await open(administrator, change);
  await expect(state(administrator)).toHaveText("Refused");
  await expect(administrator.getByText("The reports show less.")).toBeVisible();
});

test("a change for a later day waits for it, and an owner is led to it from the catalogue", async ({ as }) => {
  const administrator = await as("administrator");
  const { path } = await record(administrator, "documentdb");
  await open(administrator, path.replace("/rules/entitlement/", "/catalogue/"));
  await administrator.getByRole("link", { name: "Edit", exact: true }).click();
  await arrive(administrator, new RegExp(`^${path}\\?edit`));
  const day = administrator.getByLabel(/^In force from/);
  await administrator.getByLabel(/^Name/).fill("Renamed for the browser test");
  await day.fill(daysAfter((await day.getAttribute("min")) ?? "", 30));
  await administrator.getByLabel("Why", { exact: true }).fill(reason);
  await administrator.getByRole("button", { name: "Propose the change" }).click();
  await arrive(administrator, /^\/changes\/[0-9a-f-]{36}\?proposed/);
  await expect(state(administrator)).toHaveText("Waits for its time");
  await administrator.getByText("Take this change back").click();
  await administrator.getByRole("button", { name: "Take back", exact: true }).click();
  await arrive(administrator, /\?withdrawn/);
  await expect(state(administrator)).toHaveText("Taken back");
});
