// Each kind of record under change control: proposed in the browser, confirmed where somebody else is
// needed, and then looked at where it governs something.
import { type Page } from "@playwright/test";
import { agree, confirm, fact, type Fields, fill, inForce, propose, recordOf, send, version } from "./changing";
import { arrive, ask, choose, emptyBasket, type Entitlement, expect, open, people, requestable, RequestForm, state, test } from "./pages";

const reason = "Found in the review of the quarter.";
const draft = /^\/request\/[0-9a-f-]{36}/;

/** How rules name an entitlement. */
async function identifier(page: Page, entitlement: Entitlement): Promise<string> {
  await open(page, `/rules/entitlement/${entitlement.id}`);
  return (await fact(inForce(page), "Identifier").textContent()) ?? "";
}

/** Who decides, on the form of a request. */
const route = (page: Page) => page.locator("section", { has: page.getByRole("heading", { name: "Who will decide" }) });

test("a conflict keeps two entitlements apart once a second person has confirmed it, as sides and as a set, until it is retired", async ({ as }) => {
  test.slow();
  const employee = await as("employee");
  const administrator = await as("administrator");
  const compliance = await as("compliance");
  const [read, draw] = await requestable(employee, "maps", "standard");
  const [left, right] = [await identifier(administrator, read), await identifier(administrator, draw)];
  const record = await agree(administrator, compliance, "/rules/conflict/new", reason, [
    [/^Code/, "SOD-901"],
    [/^What it keeps apart/, "Who reads maps does not draw them"],
    [/^Severity/, "High"],
    [/^Shape/, "Two sides"],
    [/^Left side/, left],
    [/^Right side/, right],
    [/^Permitted mitigation/, "None is known."],
  ]);

  const conflicts = employee.locator("section", { has: employee.getByRole("heading", { name: "Conflicts" }) });
  await choose(employee, read);
  await open(employee, `/catalogue/${draw.id}`);
  await expect(conflicts).toContainText("Who reads maps does not draw them");
  await expect(conflicts).toContainText(`Not together with: ${read.name}`);
  await employee.getByRole("button", { name: /^Request this/ }).click();
  await arrive(employee, draft);
  const basket = new URL(employee.url()).pathname;
  const form = new RequestForm(employee);
  await form.fill();
  await expect(form.standing).toHaveText("1 not met");
  await expect(form.gates).toContainText("SOD-901");

  await agree(administrator, compliance, record, reason, [
    [/^Shape/, "At most so many of a set"],
    [/^At most/, "1"],
    [/^Left side/, ""],
    [/^Right side/, ""],
    [/^Set/, `${left}\n${right}`],
  ]);
  await open(employee, `/catalogue/${read.id}`);
  await expect(conflicts).toContainText(`At most 1 of a set with: ${draw.name}`);
  await open(employee, basket);
  await expect(form.standing).toHaveText("1 not met");

  await agree(administrator, compliance, record, reason, [[/^State/, "Retired"]]);
  await open(employee, `/catalogue/${read.id}`);
  await expect(conflicts).toContainText("No separation-of-duties rule names it.");
  await open(employee, basket);
  await expect(form.standing).toHaveText(/^All \d+ met$/);
  await emptyBasket(employee);
});

test("a template needs nobody else, is offered at once with all that it fills in, and no longer when it is retired", async ({ as }) => {
  const employee = await as("employee");
  const administrator = await as("administrator");
  const wanted = (await requestable(employee, "maps", "standard")).slice(0, 2);
  const items = [];
  for (const one of wanted) items.push(await identifier(administrator, one));
  await propose(administrator, "/rules/template/new", reason, [
    [/^Code/, "map-reading"],
    [/^Name/, "Map reading"],
    [/^Description/, "Who looks at maps and changes none."],
    [/^Entitlements/, items.join("\n")],
    [/^Reason/, "New role or team"],
    [/^Days/, "30"],
  ]);
  await expect(state(administrator)).toHaveText("In force");
  await expect(administrator.getByRole("status").filter({ hasText: "CHG-" })).toContainText("is in force as version 1.");
  const record = await recordOf(administrator);

  await emptyBasket(employee);
  const offer = employee.getByRole("button", { name: /^Use it.*Map reading$/ });
  await offer.click();
  await arrive(employee, draft);
  await expect(employee.getByText("From the template Map reading")).toBeVisible();
  for (const one of wanted) await expect(employee.getByRole("button", { name: `Remove ${one.name}`, exact: true })).toBeVisible();
  const form = new RequestForm(employee);
  await expect(form.reason.locator("option:checked")).toHaveText("New role or team");
  const days = (Date.parse(await form.until.inputValue()) - Date.parse(await form.from.inputValue())) / 86_400_000;
  expect([29, 30]).toContain(days);

  await propose(administrator, record, reason, [[/^State/, "Retired"]]);
  await expect(state(administrator)).toHaveText("In force");
  await emptyBasket(employee);
  await expect(employee.getByRole("button", { name: /^Use it/ })).not.toHaveCount(0);
  await expect(offer).toHaveCount(0);
});

test("an identity specification is changed with a second person, and both versions can be read", async ({ as }) => {
  const administrator = await as("administrator");
  const compliance = await as("compliance");
  const record = "/rules/specification/vendor";
  await open(administrator, `${record}?edit#edit`);
  await administrator.getByRole("checkbox", { name: "Title", exact: true }).check();
  await fill(administrator, [[/^Days between reviews/, "60"]]);
  await send(administrator, reason);
  await arrive(administrator, /^\/changes\/[0-9a-f-]{36}\?proposed/);
  const change = new URL(administrator.url()).pathname;
  await expect(administrator.getByRole("row").filter({ hasText: "Second person" })).toHaveCount(2);
  await confirm(compliance, change);

  await open(administrator, `${record}#versions`);
  await expect(fact(inForce(administrator), "Days between reviews")).toHaveText("60");
  const first = await version(administrator, 1);
  await expect(fact(first, "Days between reviews")).toHaveText("90");
  await expect(fact(first, "Required attributes")).not.toContainText("Title");
  const second = await version(administrator, 2);
  await expect(fact(second, "Days between reviews")).toContainText("60");
  await expect(fact(second, "Required attributes")).toContainText("Title");
  await expect(second).toContainText(`proposed by ${people.administrator}`);
  await expect(second).toContainText(`confirmed by ${people.compliance}`);
});

test("a calendar is made, its holidays are changed, and the unit that is given it counts by its newest version", async ({ as }) => {
  test.slow();
  const administrator = await as("administrator");
  const compliance = await as("compliance");
  const calendar = await agree(administrator, compliance, "/rules/calendar/new", reason, [
    [/^Code/, "laboratory"],
    [/^Name/, "Tuesday to Friday, 8 to 16"],
    [/^Time zone/, "Europe/Berlin"],
    [/^Monday/, ""],
    ...[/^Tuesday/, /^Wednesday/, /^Thursday/, /^Friday/].map((day): Fields[number] => [day, "08:00-12:00 12:30-16:00"]),
  ]);
  expect(calendar).toBe("/rules/calendar/laboratory");
  await agree(administrator, compliance, calendar, reason, [[/^Holidays/, "2026-12-24 Christmas Eve"]]);
  await open(administrator, calendar);
  await expect(fact(inForce(administrator), "Monday")).toHaveText("none");
  await expect(fact(inForce(administrator), "Holidays")).toHaveText("2026-12-24 Christmas Eve");
  await expect(fact(await version(administrator, 1), "Holidays")).toHaveText("none");

  await agree(administrator, compliance, "/rules/unit/new", reason, [
    [/^Name/, "Measuring laboratory"],
    [/^Business calendar/, "Tuesday to Friday, 8 to 16"],
  ]);
  await open(administrator, "/rules/unit");
  await expect(administrator.getByRole("row").filter({ hasText: "Measuring laboratory" })).toContainText("laboratory");

  // A unit with people in it, for as long as the test asks.
  await administrator.getByRole("link", { name: "Quality Management" }).click();
  await arrive(administrator, /^\/rules\/unit\/[0-9a-f-]{36}/);
  const unit = new URL(administrator.url()).pathname;
  await agree(administrator, compliance, unit, reason, [[/^Business calendar/, "Tuesday to Friday, 8 to 16"]]);
  const security = await as("security");
  const [wanted] = await requestable(security, "maps", "standard");
  await ask(security, wanted);
  await expect(fact(security.getByRole("main"), "Time")).toContainText("Calendar: Tuesday to Friday, 8 to 16, version 2");
  await security.getByText("Withdraw this request").click();
  await security.getByLabel("Why is it no longer needed").fill("Settled another way.");
  await security.getByRole("button", { name: "Withdraw", exact: true }).click();
  await arrive(security, /\?withdrawn/);
  await agree(administrator, compliance, unit, reason, [[/^Business calendar/, "Monday to Friday, 9 to 17"]]);
});

test("an application, what it offers, a group and a plan made in the browser say who is asked, and who is newly named cannot confirm it", async ({ as }) => {
  test.slow();
  const administrator = await as("administrator");
  const compliance = await as("compliance");
  const application = await agree(administrator, compliance, "/rules/application/new", reason, [
    [/^Code/, "laboratory"],
    [/^Name/, "Measuring laboratory"],
    [/^Owner/, people.owner],
    [/^Deputy/, people.security],
    [/^Classification/, "Internal"],
    [/^Logging/, "Covered"],
  ]);
  await open(administrator, application);
  await expect(fact(inForce(administrator), "Owner")).toContainText(people.owner);
  await agree(administrator, compliance, "/rules/entitlement/new", reason, [
    [/^Application/, "laboratory"],
    [/^Identifier/, "laboratory.read"],
    [/^Name/, "Read measurements"],
    [/^Why this tier/, "It only reads."],
  ]);
  const group = await agree(administrator, compliance, "/rules/group/new", reason, [
    [/^Code/, "laboratory-keepers"],
    [/^Name/, "Keepers of the laboratory"],
    [/^Members/, people.auditor],
  ]);
  const plan = await agree(administrator, compliance, "/rules/plan/new", reason, [
    [/^Code/, "laboratory"],
    [/^Name/, "Measurements"],
    [/^For the application/, "laboratory"],
    [/^Stages/, "1 | Keepers | group:laboratory-keepers | quorum 1 | due 16"],
  ]);

  const employee = await as("employee");
  const [wanted] = await requestable(employee, "laboratory", "standard");
  expect(wanted.name).toBe("Read measurements");
  await choose(employee, wanted);
  const basket = new URL(employee.url()).pathname;
  const stages = route(employee).getByRole("listitem");
  await expect(route(employee)).toContainText("Made for Measuring laboratory.");
  await expect(stages).toHaveText([/Keepers/]);
  await expect(stages).toContainText(people.auditor);

  const refused = await propose(administrator, group, reason, [[/^Members/, people.compliance]]);
  await open(compliance, refused);
  await expect(state(compliance)).toHaveText("Waits for a second person");
  await expect(compliance.getByRole("button", { name: "Confirm the change" })).toHaveCount(0);
  await administrator.getByText("Take this change back").click();
  await administrator.getByRole("button", { name: "Take back", exact: true }).click();
  await arrive(administrator, /\?withdrawn/);
  await agree(administrator, compliance, group, reason, [[/^Members/, `${people.auditor}\n${people.security}`]]);
  await agree(administrator, compliance, plan, reason, [
    [/^Stages/, "1 | Keepers | group:laboratory-keepers | quorum 2 | due 16\n2 | Owner | application_owner | quorum 1 | due 8"],
  ]);
  await open(employee, basket);
  await expect(stages).toHaveText([/Keepers/, /Owner/]);
  await expect(stages.first()).toContainText(people.security);
  await expect(stages.last()).toContainText(people.owner);
  await emptyBasket(employee);
  await open(administrator, plan);
  await expect(fact(await version(administrator, 1), "Stages")).toHaveText("1 | Keepers | group:laboratory-keepers | quorum 1 | due 16");
});

test("what a record cannot say is told at its field and line, and what was typed stays", async ({ as, watch }) => {
  watch.expectRefusal(422);
  const page = await as("administrator");
  const named: Fields = [[/^Code/, "told-at-its-field"], [/^Name/, "Told at its field"]];
  const wrong: [record: string, field: string, fields: Fields, sentence: string][] = [
    ["conflict/new", "right", [[/^Left side/, "one\ntwo"], [/^Right side/, "three\ntwo"]], "Line 2: An entitlement on both sides would be kept apart from itself: remove it from one."],
    ["template/new", "items", [...named, [/^Entitlements/, "\nno-such-thing"]], "Line 2: There is no entitlement with this identifier."],
    ["specification/vendor", "longest_days", [[/^Longest time in days/, "0"]], "This is outside of what is allowed: see the limits at the field."],
    ["plan/new", "stages", [...named, [/^Stages/, "1 | Keepers | nobody | due 16"]], "Line 1: This is no source of approvers: see the list at the field."],
    ["calendar/new", "monday", [...named, [/^Monday/, "17:00-09:00"]], "The end of the interval is not after its start."],
    ["group/new", "members", [...named, [/^Members/, "Nobody Of This Name"]], "Line 1: Nobody has this employee number, or exactly this name."],
    ["unit/new", "name", [[/^Name/, ""]], "This is needed."],
    ["application/new", "deputy", [...named, [/^Owner/, "10006"], [/^Deputy/, "10006"]], "Owner and deputy have to be two people."],
  ];
  for (const [record, field, fields, sentence] of wrong) {
    await test.step(record, async () => {
      await open(page, `/rules/${record}?edit#edit`);
      await fill(page, fields);
      await send(page, reason);
      await expect(page.getByRole("alert")).toContainText("The change was not proposed");
      await expect(page.locator(`#field-${field}-error`)).toHaveText(`Error: ${sentence}`);
      for (const [label, typed] of [...fields, [/^Why$/, reason] as Fields[number]]) await expect(page.getByLabel(label)).toHaveValue(typed);
    });
  }
});
