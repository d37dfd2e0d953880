// What somebody is told, and where, is chosen by themselves and stays chosen; with and without script.
import { alive, arrive, expect, open, test } from "./pages";

for (const [how, scripting] of [["with script", {}], ["without script", { javaScriptEnabled: false }]] as const) {
  test(`how somebody is told is chosen, stays so in every browser, and is put back, ${how}`, async ({ as }) => {
    const page = await as("security", scripting);
    const other = await as("security", scripting);
    const mailed = "Your access ends: by mail";
    const shown = "Your access ends: in the application";
    const keep = async (checked: boolean) => {
      await open(page, "/account#notifications", scripting);
      const box = page.getByRole("checkbox", { name: mailed, exact: true });
      await expect(box).toBeChecked({ checked: !checked });
      await box.focus();
      await page.keyboard.press("Space");
      await expect(box).toBeChecked({ checked });
      await page.getByRole("button", { name: "Keep these choices" }).focus();
      await page.keyboard.press("Enter");
      await arrive(page, /^\/account\?told/, scripting);
      await expect(page.getByText("You are told in this way from now on.")).toBeVisible();
      await page.reload();
      await alive(page, scripting);
      await expect(box).toBeChecked({ checked });
      await open(other, "/account", scripting);
      await expect(other.getByRole("checkbox", { name: mailed, exact: true })).toBeChecked({ checked });
      await expect(other.getByRole("checkbox", { name: shown, exact: true })).toBeChecked();
      // What has to be decided shows always.
      await expect(other.getByRole("checkbox", { name: "A decision waits for you: in the application" })).toHaveCount(0);
    };
    await keep(false);
    await keep(true);
  });
}
