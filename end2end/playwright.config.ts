// How the browser tests run. `cargo xtask e2e` starts the server and sets BASE_URL.
import { defineConfig, devices } from "@playwright/test";

// Takes the pictures of the documentation (`cargo xtask screenshots`); tests nothing.
const pictures = "**/screenshots.spec.ts";
const inContinuousIntegration = Boolean(process.env.CI);

export default defineConfig({
  testDir: ".",
  outputDir: "../test-results",
  forbidOnly: inContinuousIntegration,
  fullyParallel: false,
  workers: 1,
  retries: 0,
  timeout: 90_000,
  expect: { timeout: 10_000 },
  reporter: "list",
  use: {
    baseURL: process.env.BASE_URL ?? "http://127.0.0.1:3000",
    // A click that finds nothing fails long before its test does.
    actionTimeout: 15_000,
    navigationTimeout: 30_000,
    trace: "retain-on-failure",
    screenshot: "only-on-failure",
    launchOptions: {
      // The system's browser where there is one; else the one that Playwright installed.
      executablePath: process.env.COUNTERSIGN_BROWSER || undefined,
      args: [
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
      ],
    },
  },
  projects: [
    {
      name: "desktop",
      testIgnore: pictures,
      use: { ...devices["Desktop Chrome"] },
    },
    ...(process.env.COUNTERSIGN_PICTURES
      ? [
          {
            name: "screenshots",
            testMatch: pictures,
            use: { ...devices["Desktop Chrome"], viewport: { width: 1440, height: 900 } },
          },
        ]
      : []),
  ],
});
