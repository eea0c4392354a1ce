// SPDX-License-Identifier: GPL-3.0-or-later
//
// A student borrows a camera: on a phone, with the calendar; an agent hands it out.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { checkAccessibility, startBrowser } from '../support/browser.mjs';
import { signInAs } from '../support/sample.mjs';
import { startServer } from '../support/server.mjs';

const student = { email: 'ana@example.org', password: 'four quiet plain words' };
const day = (n) => new Date(Date.now() + n * 86400e3).toISOString().slice(0, 10);
let server;
let browser;
let api;

before(async () => {
  server = await startServer();
  api = await server.api();
  await api.post('/api/v2/users', { user: { name: 'Ana Ruiz', verified: true, ...student } });
  browser = await startBrowser();
});
after(async () => {
  await browser?.close();
  api?.close();
  await server?.stop();
});

async function checked(page, name) {
  await checkAccessibility(page);
  if (process.env.STEWARD_LOOK) {
    for (const colorScheme of ['light', 'dark']) {
      await page.emulateMedia({ colorScheme });
      await page.screenshot({ path: `${process.env.STEWARD_LOOK}/${name}-${colorScheme}.png`, fullPage: true });
    }
    await page.emulateMedia({ colorScheme: 'light' });
  }
  const size = page.viewportSize();
  await page.setViewportSize({ width: 320, height: 700 });
  assert.ok((await page.evaluate(() => document.documentElement.scrollWidth)) <= 320, `${name} is too wide`);
  if (process.env.STEWARD_LOOK) await page.screenshot({ path: `${process.env.STEWARD_LOOK}/${name}-phone.png`, fullPage: true });
  await page.setViewportSize(size);
}

test('a student borrows a camera', async () => {
  const desk = await browser.page(server);
  await signInAs(desk, server.admin);
  await desk.goto('/lending');
  await desk.getByRole('link', { name: 'Something new to lend' }).click();
  await desk.getByLabel('Name').fill('Camera 1');
  await desk.getByLabel('Kind of thing').fill('Camera');
  await desk.getByLabel('Where it is picked up').fill('Media desk, North 3');
  await checked(desk, 'lend-new');
  await desk.getByRole('button', { name: 'Save' }).click();
  await desk.getByRole('link', { name: 'Camera 1' }).waitFor();

  const page = await browser.page(server, { viewport: { width: 390, height: 844 } });
  await signInAs(page, student);
  await page.goto('/services');
  await page.getByRole('link', { name: 'Borrow something' }).click();
  await page.getByRole('link', { name: 'Camera 1' }).click();
  await page.getByLabel('From').fill(day(1));
  await page.getByLabel('To, the last day').fill(day(3));
  await page.getByRole('button', { name: 'Book it' }).click();
  await page.getByRole('heading', { name: 'What you borrow' }).waitFor();
  await page.getByText('Booked', { exact: true }).waitFor();
  await checked(page, 'loans');
  await page.getByRole('link', { name: 'Camera 1' }).first().click();
  assert.equal(await page.locator('td.taken').count(), 3);
  await checked(page, 'loan-calendar');

  await desk.goto('/lending');
  const card = desk.locator('li', { hasText: 'Ana Ruiz' });
  await card.getByLabel('Its condition').fill('As new');
  await checked(desk, 'lending');
  await card.getByRole('button', { name: 'Hand out' }).click();
  await card.getByText('Picked up').waitFor();
  await card.getByRole('button', { name: 'It is back' }).click();
  await desk.getByText('Nothing is booked or out').waitFor();
  await page.goto('/loans');
  await page.getByText('Brought back').waitFor();
  await desk.context().close();
  await page.context().close();
});
