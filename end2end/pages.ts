// The people, the pages as they are used, and what every test watches for: errors on the console,
// faults in scripts, refused content, requests that came to nothing.
import { test as plain, expect, type BrowserContext, type BrowserContextOptions, type Locator, type Page } from "@playwright/test";

export { expect };

/** Whom the demonstration's sign-in page offers, by their part. */
export const people = {
  employee: "Georgi Facello",
  manager: "Dietrich Journel",
  owner: "Anneke Preusig",
  security: "Vidya Awdeh",
  compliance: "Ayakannu Skrikant",
  auditor: "Kazuhito Encarnacion",
  administrator: "Karsten Szmurlo",
  operator: "Claudi Stavenow",
} as const;
export type Part = keyof typeof people;

/** Why, in enough words for the gates. */
export const why = "The night run of the order service failed twice and its cause has to be found.";

/** Collects what must not happen on any page of a test. */
export class Watch {
  readonly problems: string[] = [];
  private readonly refusals = new Set<number>();
  private lost = false;

  /** The browser writes every refusal to its console; these are part of the test. */
  expectRefusal(...statuses: number[]) {
    for (const status of statuses) this.refusals.add(status);
  }

  /** A request of this test gets no answer. */
  expectLostAnswer() {
    this.lost = true;
  }

  async follow(context: BrowserContext, { javaScriptEnabled = true }: Scripting = {}) {
    await context.addInitScript(() => {
      document.addEventListener("securitypolicyviolation", (event) => {
        console.error(`content security policy: ${event.violatedDirective} ${event.blockedURI}`);
      });
    });
    context.on("page", (page) => this.listen(page, javaScriptEnabled));
  }

  private listen(page: Page, scripting: boolean) {
    page.on("console", (message) => {
      const text = message.text();
      // Where scripts are off, what the page announces for them is of no use.
      if (!scripting && text.includes("preloaded using link preload but not used")) return;
      const status = /the server responded with a status of (\d+)/.exec(text)?.[1];
      if (status && this.refusals.has(Number(status))) return;
      if (this.lost && text.includes("net::ERR_FAILED")) return;
      if (["error", "warning", "assert"].includes(message.type())) this.note(page, `console ${message.type()}: ${text}`);
    });
    page.on("pageerror", (error) => this.note(page, `script: ${error.message}`));
    page.on("requestfailed", (request) => {
      const failure = request.failure()?.errorText ?? "failed";
      // Leaving a page ends what it was still asking for.
      if (failure === "net::ERR_ABORTED" || (this.lost && failure === "net::ERR_FAILED")) return;
      if (!scripting && failure === "csp" && request.url().endsWith(".js")) return;
      this.note(page, `${failure}: ${request.url()}`);
    });
  }

  private note(page: Page, problem: string) {
    this.problems.push(`${new URL(page.url(), "http://none").pathname}: ${problem}`);
  }
}

type Scripting = Pick<BrowserContextOptions, "javaScriptEnabled">;

interface Fixtures {
  watch: Watch;
  /** A browser of its own for one person, signed in, on the home page. */
  as: (part: Part, options?: BrowserContextOptions) => Promise<Page>;
  /** A browser of its own for somebody who is not signed in. */
  stranger: (options?: BrowserContextOptions) => Promise<Page>;
}

export const test = plain.extend<Fixtures>({
  // Playwright reads the fixtures that are asked for from this pattern.
  // eslint-disable-next-line no-empty-pattern
  watch: async ({}, use) => {
    const watch = new Watch();
    await use(watch);
    expect(watch.problems, "problems seen by the browser").toEqual([]);
  },
  stranger: async ({ browser, watch }, use) => {
    const contexts: BrowserContext[] = [];
    await use(async (options = {}) => {
      const context = await browser.newContext(options);
      contexts.push(context);
      await watch.follow(context, options);
      return context.newPage();
    });
    for (const context of contexts) await context.close();
  },
  as: async ({ stranger }, use) => {
    await use(async (part, options = {}) => {
      const page = await stranger(options);
      await open(page, "/sign-in", options);
      await page.getByRole("button", { name: people[part] }).click();
      await arrive(page, "/", options);
      await expect(page.locator("header.topbar")).toContainText(people[part]);
      return page;
    });
  },
});

/** Waits until the page reacts: a click before that may be lost. */
export async function alive(page: Page, { javaScriptEnabled = true }: Scripting = {}) {
  if (javaScriptEnabled) await expect(page.locator("html")).toHaveAttribute("data-hydrated", "true");
}

/** Goes to an address. */
export async function open(page: Page, path: string, scripting: Scripting = {}) {
  await page.goto(path);
  await alive(page, scripting);
}

/** Waits for the page that something led to: a path, or a pattern for path and query. */
export async function arrive(page: Page, where: string | RegExp, scripting: Scripting = {}) {
  const fits = (url: URL) => (typeof where === "string" ? url.pathname === where : where.test(url.pathname + url.search));
  await page.waitForURL(fits);
  await alive(page, scripting);
}

/** For what is on the page already or is not: without the patience of `expect`. */
export const already = expect.configure({ timeout: 250 });

/**
 * Opens a page until it shows what a job does in the background: a decision becomes final after ten
 * seconds and is recorded by the next run.
 */
export async function eventually(page: Page, path: string, shows: () => Promise<void>, scripting: Scripting = {}) {
  await expect(async () => {
    await open(page, path, scripting);
    await shows();
  }).toPass({ timeout: 40_000, intervals: [500] });
}

/** What the caller could ask for. */
export interface Entitlement {
  name: string;
  id: string;
}

/**
 * Entitlements that nobody of the test holds or has asked for, from one application and tier. Each
 * test has an application of its own, so that tests do not meet.
 */
export async function requestable(page: Page, application: string, tier: string, scripting: Scripting = {}): Promise<Entitlement[]> {
  await open(page, `/catalogue?application=${application}&tier=${tier}`, scripting);
  const forms = page.locator('form[action="/api/drafts/add"]');
  await expect(forms.first()).toBeVisible();
  const found = [];
  for (const form of await forms.all()) {
    const name = ((await form.getByRole("button").textContent()) ?? "").replace(/^Request\s+/, "").trim();
    const id = (await form.locator('input[name="entitlement"]').getAttribute("value")) ?? "";
    found.push({ name, id });
  }
  return found;
}

/** Lets go what is in the basket. */
export async function emptyBasket(page: Page, scripting: Scripting = {}) {
  await open(page, "/request", scripting);
  const discard = page.getByRole("button", { name: "Discard this draft" });
  while ((await discard.count()) > 0) {
    await discard.click();
    await arrive(page, /^\/request\?discarded/, scripting);
  }
}

/** Puts something into an empty basket from its page in the catalogue; ends on the form. */
export async function choose(page: Page, entitlement: Entitlement, scripting: Scripting = {}) {
  await emptyBasket(page, scripting);
  await open(page, `/catalogue/${entitlement.id}`, scripting);
  await page.getByRole("button", { name: /^Request this/ }).click();
  await arrive(page, /^\/request\/[0-9a-f-]{36}/, scripting);
}

/** A day some days after another, as date fields have it. */
export function daysAfter(day: string, days: number): string {
  const date = new Date(`${day}T00:00:00Z`);
  date.setUTCDate(date.getUTCDate() + days);
  return date.toISOString().slice(0, 10);
}

/** The request form. */
export class RequestForm {
  readonly reason: Locator;
  readonly why: Locator;
  readonly from: Locator;
  readonly until: Locator;
  readonly submit: Locator;
  readonly check: Locator;
  readonly gates: Locator;
  /** How the gates stand, in words. */
  readonly standing: Locator;

  constructor(readonly page: Page) {
    this.reason = page.locator("#field-reason_code");
    this.why = page.locator("#field-justification");
    this.from = page.locator("#field-starts_on");
    this.until = page.locator("#field-ends_on");
    this.submit = page.getByRole("button", { name: /^Submit/ });
    this.check = page.getByRole("button", { name: "Save and check the gates" });
    this.gates = page.locator("#gates");
    this.standing = this.gates.locator(".card-aside");
  }

  /** What is said to be wrong at a field. */
  error(field: "reason_code" | "justification" | "starts_on" | "ends_on"): Locator {
    return this.page.locator(`#field-${field}-error`);
  }

  /** Fills what a standard request needs; the period stays as proposed. */
  async fill() {
    await this.reason.selectOption({ label: "Project work" });
    await this.why.fill(why);
  }

  /** Submits and gives the path of the request. */
  async send(scripting: Scripting = {}): Promise<string> {
    await this.submit.click();
    await arrive(this.page, /^\/requests\/[0-9a-f-]{36}\?submitted/, scripting);
    return new URL(this.page.url()).pathname;
  }
}

/** Asks for something in the shortest way; gives the path of the request. */
export async function ask(page: Page, entitlement: Entitlement, scripting: Scripting = {}): Promise<string> {
  await choose(page, entitlement, scripting);
  const form = new RequestForm(page);
  await form.fill();
  if (scripting.javaScriptEnabled !== false) await expect(form.standing).toHaveText(/^All \d+ met$/);
  return form.send(scripting);
}

/** The list of decisions and the chosen one. */
export class Inbox {
  readonly list: Locator;
  readonly said: Locator;
  readonly bar: Locator;
  readonly approve: Locator;

  constructor(readonly page: Page) {
    this.list = page.getByRole("region", { name: "Decisions that wait for you" });
    this.said = this.list.getByRole("status");
    this.bar = page.getByRole("group", { name: "Your decision" });
    this.approve = this.bar.getByRole("button", { name: "Approve", exact: true });
  }

  /** The line of the employee's request for this. */
  line(entitlement: Entitlement): Locator {
    return this.list.getByRole("link").filter({ hasText: people.employee }).filter({ hasText: `${entitlement.name} · ` });
  }

  /** Unfolds the form that gives it for a shorter time, sends it back with a question, or refuses it. */
  async unfold(word: "Approve, end sooner" | "Return with a question" | "Reject") {
    await this.bar.locator("summary").filter({ hasText: word }).click();
  }

  /** Opens the list and in it the decision, as soon as it is asked for. */
  async choose(entitlement: Entitlement, scripting: Scripting = {}) {
    await eventually(this.page, "/inbox", () => already(this.line(entitlement)).toHaveCount(1), scripting);
    await this.line(entitlement).click();
    await arrive(this.page, /^\/inbox\/[0-9a-f-]{36}/, scripting);
    await expect(this.page.getByRole("heading", { level: 1 })).toHaveText(`${entitlement.name} for ${people.employee}`);
  }

  /** The list after a decision was made: it can be undone for ten seconds and is recorded then. */
  async decided(entitlement: Entitlement, scripting: Scripting = {}) {
    await arrive(this.page, /^\/inbox\?(.*&)?decided=/, scripting);
    await expect(this.said).toContainText("Decided.");
    await expect(this.line(entitlement)).toHaveCount(0);
  }
}

/** What happened, on one of the two trails, oldest first. */
export function trail(page: Page, side: "decision" | "execution"): Locator {
  return page.locator(`#trails .trail-${side} strong`);
}

/** The state beside the title of a record. */
export function state(page: Page): Locator {
  return page.locator(".page-title .status");
}
