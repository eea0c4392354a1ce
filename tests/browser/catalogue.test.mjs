// SPDX-License-Identifier: GPL-3.0-or-later
//
// A form that hides what does not apply, on a phone, by keyboard.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { startBrowser } from '../support/browser.mjs';
import { startServer } from '../support/server.mjs';

let server;
let browser;

before(async () => {
  server = await startServer();
  browser = await startBrowser();
});
after(async () => {
  await browser?.close();
  await server?.stop();
});

test('questions come and go with the answer that they depend on', async () => {
  const page = await browser.page(server, { viewport: { width: 320, height: 700 } });
  await page.goto('/services');
  await page.getByRole('link', { name: 'Network account change' }).click();
  const last = page.getByLabel('The last day');
  const name = page.getByLabel('The new name');
  assert.equal(await last.isVisible(), false);
  await page.getByLabel('What shall change?').selectOption('The account ends');
  assert.equal(await last.isVisible(), true);
  assert.equal(await name.isVisible(), false);
  await page.getByLabel('What shall change?').selectOption('A new name');
  assert.equal(await last.isVisible(), false);
  await page.getByLabel('Your mail address').fill('ana@example.com');
  await page.getByLabel('Whose account is it?').fill('ana@example.com');
  await name.fill('Ana Lund');
  assert.ok(await page.evaluate(() => document.documentElement.scrollWidth) <= 320);
  await name.press('Enter');
  await page.getByRole('heading', { name: 'Thank you, we have it' }).waitFor();
  await page.context().close();
});
