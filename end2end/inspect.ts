// What every page has to be, in light and dark, wide and at 360 px: no violation that axe can see,
// nothing wider than the window, no table cut off in a wide one, one first-level heading, a title.
import { AxeBuilder } from "@axe-core/playwright";
import { expect, type Page } from "@playwright/test";

const standards = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"];
const widths = [
  { width: 1440, height: 900 },
  { width: 360, height: 800 },
];

/**
 * Makes the window as high as what is in it: a bar that sticks to its edge lies over a line in part
 * until somebody scrolls, which axe takes for a target that is too small.
 */
async function seeWhole(page: Page, { width, height }: { width: number; height: number }) {
  const below = await page.evaluate(() => {
    const parts = [document.documentElement, ...document.querySelectorAll(".split-left")];
    return Math.max(...parts.map((part) => part.scrollHeight - part.clientHeight));
  });
  await page.setViewportSize({ width, height: height + below });
}

/**
 * Looks at the page as it stands; `part` narrows axe to what lies over the rest of the page. Leaves a
 * wide window and the colours that were.
 */
export async function inspect(page: Page, part = "html") {
  await expect(page.getByRole("heading", { level: 1 })).toHaveCount(1);
  await expect(page).toHaveTitle(/^.+ · Countersign$/);
  for (const size of widths) {
    await page.setViewportSize(size);
    const wider = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    expect.soft(wider, `${page.url()} is wider than ${size.width} px`).toBe(0);
    // On a narrow screen tables scroll in their box.
    if (size === widths[0]) {
      const boxes = page.locator(".table-box");
      const cut = await boxes.evaluateAll((all) => all.filter((box) => box.scrollWidth > box.clientWidth + 1).map((box) => box.ariaLabel));
      expect.soft(cut, `tables of ${page.url()} that are cut off at ${size.width} px`).toEqual([]);
    }
    await seeWhole(page, size);
    for (const colorScheme of ["light", "dark"] as const) {
      await page.emulateMedia({ colorScheme });
      const axe = new AxeBuilder({ page }).include(part);
      // The same page in other colours: only they can be wrong.
      const { violations } = await (colorScheme === "light" ? axe.withTags(standards) : axe.withRules(["color-contrast"])).analyze();
      const found = violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(" ").slice(0, 400)}`);
      expect.soft(found, `${page.url()} at ${size.width} px, ${colorScheme}`).toEqual([]);
    }
  }
  await page.emulateMedia({ colorScheme: null });
  await page.setViewportSize(widths[0]);
}
