// Change control as it is used: the form of a record, the second person, and what came of it.
import { type Locator, type Page } from "@playwright/test";
import { arrive, expect, open, state } from "./pages";

/** Fields by their labels, each with what is typed, or with the word that is chosen. */
export type Fields = [label: RegExp, value: string][];

/** Types and chooses on the form of a record. */
export async function fill(page: Page, fields: Fields) {
  for (const [label, value] of fields) {
    const field = page.getByLabel(label);
    const chosen = await field.evaluate((element) => element instanceof HTMLSelectElement);
    await (chosen ? field.selectOption({ label: value }) : field.fill(value));
  }
}

/** Sends the form of a record as it is filled, from today on; it may be refused. */
export async function send(page: Page, reason: string) {
  await page.getByLabel("Why", { exact: true }).fill(reason);
  const day = page.getByLabel(/^In force from/);
  await day.fill((await day.getAttribute("min")) ?? "");
  await page.getByRole("button", { name: /^Propose (this record|the change)$/ }).click();
}

/** Proposes a record (`/rules/<kind>/new`) or a change to one; gives the path of the change. */
export async function propose(page: Page, path: string, reason: string, fields: Fields): Promise<string> {
  await open(page, path.endsWith("/new") ? path : `${path}?edit#edit`);
  await fill(page, fields);
  await send(page, reason);
  await arrive(page, /^\/changes\/[0-9a-f-]{36}\?proposed/);
  return new URL(page.url()).pathname;
}

/** Confirms it as the second person. */
export async function confirm(page: Page, change: string) {
  await open(page, change);
  await page.getByRole("button", { name: "Confirm the change" }).click();
  await arrive(page, new RegExp(`^${change}\\?confirmed`));
  await expect(state(page)).toHaveText("In force");
}

/** What one person proposes and another confirms; gives the path of the record. */
export async function agree(proposer: Page, second: Page, path: string, reason: string, fields: Fields): Promise<string> {
  const change = await propose(proposer, path, reason, fields);
  await expect(state(proposer)).toHaveText("Waits for a second person");
  await expect(proposer.getByRole("button", { name: "Confirm the change" })).toHaveCount(0);
  await confirm(second, change);
  return recordOf(second);
}

/** The record that the open page of a change is about. */
export async function recordOf(page: Page): Promise<string> {
  const path = await page.locator('main a[href^="/rules/"]').first().getAttribute("href");
  expect(path).not.toBeNull();
  return path ?? "";
}

/** What the card of what is in force, or a version, says under a term. */
export function fact(within: Locator, term: string): Locator {
  return within.locator(".facts > div").filter({ has: within.page().getByText(term, { exact: true }) }).locator("dd");
}

/** The card with what is in force. */
export function inForce(page: Page): Locator {
  return page.locator("#in-force");
}

/** One of the versions, unfolded. */
export async function version(page: Page, number: number): Promise<Locator> {
  const version = page.locator(`#version-${number}`);
  await version.locator("summary").click();
  return version;
}
