import { existsSync } from 'node:fs';
import { type Browser, type BrowserContext, type BrowserContextOptions, chromium } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe } from 'vitest';

/** Where Debian, Ubuntu, Fedora, Google and macOS put it. */
const PLACES = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/snap/bin/chromium',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
];
const REMEDY = 'Install it (Debian: apt-get install chromium), or say where it is: CHROME_PATH=/path/to/chromium';

/** A real Chromium; what CHROME_PATH names wins. */
export function chromiumPath(): string | undefined {
  const given = process.env['CHROME_PATH'];
  return given !== undefined && given !== '' ? given : PLACES.find((path) => existsSync(path));
}

/** Opens windows that know nothing of each other: neither cookies nor storage. */
export interface TestBrowser {
  /** As Playwright's `browser.newContext`: `{ javaScriptEnabled: false }`, `{ offline: true }`, `{ locale: 'de-AT' }`. Closed after the test. */
  open(options?: BrowserContextOptions): Promise<BrowserContext>;
}

/**
 * A suite of tests in a real browser. Without one it is skipped and says how to get one; with CI=true, where nobody
 * reads that, it fails.
 */
export function describeInBrowser(name: string, tests: (browser: TestBrowser) => void): void {
  const executablePath = chromiumPath();
  const skipped = executablePath === undefined && process.env['CI'] !== 'true';
  if (skipped) process.stderr.write(`Skipped, because there is no Chromium: ${name}. ${REMEDY}\n`);
  describe.skipIf(skipped)(name, () => {
    let running: Browser | undefined;
    const contexts: BrowserContext[] = [];
    beforeAll(async () => {
      if (executablePath === undefined) throw new Error(`There is no Chromium. ${REMEDY}`);
      running = await chromium.launch({ executablePath, args: launchArguments() });
    }, 60_000);
    afterEach(async () => {
      await Promise.all(contexts.splice(0).map((context) => context.close()));
    });
    afterAll(() => running?.close());
    tests({
      open: async (options) => {
        if (running === undefined) throw new Error('Windows are opened within a test.');
        const context = await running.newContext(options);
        contexts.push(context);
        return context;
      },
    });
  });
}

// Chromium's sandbox refuses root, which a container's CI is; its shared memory there is too small for pages.
function launchArguments(): string[] {
  return ['--disable-dev-shm-usage', ...(process.getuid?.() === 0 ? ['--no-sandbox'] : [])];
}
