// The operator's day: work is taken on, given back by one and done by another, with evidence of two
// kinds. What a machine does, and what fails there, is tested in server/tests.
import { ask, arrive, eventually, already, expect, Inbox, open, people, requestable, state, test, trail } from "./pages";

test("work by hand is taken on, shown as taken, given back, and done with a file and words", async ({ as, stranger }) => {
  test.slow();
  const employee = await as("employee");
  const [wanted] = await requestable(employee, "recoveryservices", "standard");
  await ask(employee, wanted);
  const inbox = new Inbox(await as("manager"));
  await inbox.choose(wanted);
  await inbox.approve.click();
  await inbox.decided(wanted);

  const operator = await as("operator");
  const row = operator.getByRole("row").filter({ hasText: people.employee }).filter({ hasText: wanted.name });
  await eventually(operator, "/releases", () => already(row).toHaveCount(1));
  await row.getByRole("link", { name: /^REL-/ }).click();
  await arrive(operator, /^\/releases\/[0-9a-f-]{36}/);
  const release = new URL(operator.url()).pathname;
  const other = await stranger();

  await test.step("what one operator has taken on, another one does not confirm", async () => {
    await operator.getByRole("button", { name: "Take it on" }).click();
    await expect(operator.getByRole("button", { name: "Give it back" })).toBeVisible();
    await open(operator, "/releases?filter=mine");
    await expect(row).toHaveCount(1);
    await open(other, "/sign-in");
    await other.getByRole("button").filter({ hasText: "Operator" }).filter({ hasNotText: people.operator }).click();
    await arrive(other, "/");
    await open(other, release);
    await expect(other.getByText(`${people.operator} has taken it on.`)).toBeVisible();
    await expect(other.getByRole("button", { name: "Confirm: access given" })).toHaveCount(0);
  });

  await test.step("given back, the other one adds a file; blanks are no evidence", async () => {
    await open(operator, release);
    await operator.getByRole("button", { name: "Give it back" }).click();
    await expect(operator.getByRole("button", { name: "Take it on" })).toBeVisible();
    await open(other, release);
    const buffer = Buffer.from("role assigned, read back\n");
    await other.getByLabel("Add a file that shows it").setInputFiles({ name: "console.txt", mimeType: "text/plain", buffer });
    await other.getByRole("button", { name: "Add the file" }).click();
    await expect(other.getByRole("link", { name: "console.txt" })).toBeVisible();
    await other.getByLabel("Evidence").fill("   ");
    await other.getByRole("button", { name: "Confirm: access given" }).click();
    await expect(other.locator("#field-evidence-error")).toContainText("Say what shows");
    await other.getByLabel("Evidence").fill("Role assignment created; read back in the portal.");
    await other.getByRole("button", { name: "Confirm: access given" }).click();
    await arrive(other, /\?done=executed$/);
    await expect(state(other)).toHaveText("Carried out");
    await expect(trail(other, "execution")).toContainText(["Taken on or given back", "Evidence added", "Carried out"]);
  });
});
