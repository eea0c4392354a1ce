// SPDX-License-Identifier: GPL-3.0-or-later
//
// A real browser: Debian's Chromium, driven by playwright-core.
//
//   const browser = await startBrowser();
//   const page = await browser.page(server);            a tab of a new person
//   await checkAccessibility(page);                     axe-core, in light and in dark
//   await picture(page, 'ticket');                      build/pictures/ticket.png
import fs from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');
const axeSource = fs.readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

const flags = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--disable-dev-shm-usage',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

// What a page must never do: throw, break its own content security policy, miss a file.
// page.complaints collects it; `assertQuiet` of the tests reads it.
function watch(page) {
  page.complaints = [];
  page.on('pageerror', (error) => page.complaints.push(`error: ${error.message}`));
  page.on('console', (message) => {
    const text = message.text();
    if (message.type() === 'error' && !/status of 4\d\d/.test(text)) page.complaints.push(text);
  });
  page.on('requestfailed', (req) => {
    const why = req.failure()?.errorText ?? '';
    if (why !== 'net::ERR_ABORTED') page.complaints.push(`${req.url()}: ${why}`);
  });
}

class Browser {
  constructor(chrome) {
    this.chrome = chrome;
  }

  // A tab of somebody new (own cookies). options: those of playwright's newContext, such as
  // colorScheme, viewport, javaScriptEnabled, locale.
  async page(server, options = {}) {
    const context = await this.chrome.newContext({
      baseURL: server.url,
      viewport: { width: 1280, height: 800 },
      locale: 'en-GB',
      timezoneId: 'Europe/Berlin',
      reducedMotion: 'reduce',
      ...options,
    });
    context.setDefaultTimeout(15000);
    const page = await context.newPage();
    watch(page);
    return page;
  }

  close() {
    return this.chrome.close();
  }
}

export async function startBrowser() {
  const executablePath = ['/usr/bin/chromium', '/usr/bin/chromium-browser'].find((file) => fs.existsSync(file));
  return new Browser(await chromium.launch({ executablePath, args: flags }));
}

async function axe(page, rules) {
  await page.evaluate(axeSource);
  const found = await page.evaluate(
    (options) => globalThis.axe.run(document, options),
    { iframes: false, resultTypes: ['violations'], rules },
  );
  return found.violations.map(
    (finding) => `${finding.id}: ${finding.help}\n    ${finding.nodes.map((node) => node.html).join('\n    ')}`,
  );
}

// Fails with every finding of axe-core on the page as it stands, in both colour schemes.
export async function checkAccessibility(page, { rules = {} } = {}) {
  const wrong = [];
  for (const colorScheme of ['light', 'dark']) {
    await page.emulateMedia({ colorScheme });
    for (const finding of await axe(page, rules)) wrong.push(`${colorScheme}: ${finding}`);
  }
  await page.emulateMedia({ colorScheme: null });
  if (wrong.length > 0) throw new Error(`${page.url()} has findings of axe-core:\n${wrong.join('\n')}`);
}

// A picture of the page into build/pictures, or the folder named by PICTURES.
export async function picture(page, name, options = {}) {
  const folder = process.env.PICTURES || path.join(root, 'build/pictures');
  fs.mkdirSync(folder, { recursive: true });
  await page.screenshot({ path: path.join(folder, `${name}.png`), ...options });
}
