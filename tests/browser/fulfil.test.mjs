// SPDX-License-Identifier: GPL-3.0-or-later
//
// Between asking and having, in a browser: a manager approves a laptop by mail.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { checkAccessibility, startBrowser } from '../support/browser.mjs';
import { signInAs } from '../support/sample.mjs';
import { startServer } from '../support/server.mjs';
import { startSink } from '../support/smtp-sink.mjs';

let server;
let browser;
let sink;
let api;

before(async () => {
  sink = await startSink();
  server = await startServer({ smtp: sink.url });
  api = await server.api();
  browser = await startBrowser();
});
after(async () => {
  await browser?.close();
  api?.close();
  await server?.stop();
  await sink?.close();
});

// A picture of the page for whoever wants to look at it.
async function look(page, name) {
  if (!process.env.STEWARD_LOOK) return;
  for (const colorScheme of ['light', 'dark']) {
    await page.emulateMedia({ colorScheme });
    await page.screenshot({ path: `${process.env.STEWARD_LOOK}/${name}-${colorScheme}.png`, fullPage: true });
  }
  await page.emulateMedia({ colorScheme: 'light' });
}

async function checked(page, name) {
  await checkAccessibility(page);
  await look(page, name);
  const size = page.viewportSize();
  await page.setViewportSize({ width: 320, height: 700 });
  assert.ok((await page.evaluate(() => document.documentElement.scrollWidth)) <= 320, `${name} is too wide`);
  await look(page, `${name}-phone`);
  await page.setViewportSize(size);
}

test('a manager approves a laptop by mail', async () => {
  for (const name of ['Ana Ruiz', 'Bea Boss']) {
    await api.post('/api/v2/users', { user: { name, email: `${name.slice(0, 3).toLowerCase()}@example.org`, verified: true, password: 'four quiet plain words' } });
  }
  const desk = await browser.page(server);
  await signInAs(desk, server.admin);
  await desk.goto('/admin/services/1');
  await desk.getByRole('link', { name: 'Who has to agree' }).click();
  await desk.getByLabel('Name of the step').fill('Line management');
  await desk.getByLabel('Who has to agree').selectOption('The manager of who asks');
  await desk.getByRole('button', { name: 'Add' }).click();
  await desk.locator('summary', { hasText: 'Change' }).waitFor();
  await checked(desk, 'steps');
  await desk.goto('/people?q=ana');
  await desk.getByRole('link', { name: 'Ana Ruiz' }).first().click();
  await desk.getByRole('link', { name: 'Edit' }).click();
  await desk.getByLabel('Manager').fill('bea@example.org');
  await desk.getByRole('button', { name: 'Save' }).click();
  await desk.getByRole('link', { name: 'Bea Boss' }).waitFor();

  const ana = await browser.page(server);
  await signInAs(ana, { email: 'ana@example.org', password: 'four quiet plain words' });
  await ana.goto('/services/1');
  await ana.getByLabel('What do you need?').selectOption('Laptop');
  await ana.getByLabel('What is it needed for?').fill('To draw the plans of the new library');
  await ana.getByRole('button', { name: 'Send' }).click();
  await ana.getByText('We wait for Bea Boss to agree.').waitFor();
  await checked(ana, 'request-waits');

  const mail = await sink.wait((one) => one.to.includes('bea@example.org'));
  const bea = await browser.page(server, { javaScriptEnabled: false });
  await bea.goto(mail.text.match(/\/approve\/\S+/)[0]);
  await bea.getByText('To draw the plans of the new library').waitFor();
  await bea.getByRole('button', { name: 'I agree' }).click();
  await bea.getByText('Bea Boss agreed. Thank you.').waitFor();
  // The requester's page hears of it by itself.
  await ana.getByText('Bea Boss agreed.').waitFor();
  const looking = await browser.page(server);
  await looking.goto(mail.text.match(/\/approve\/\S+/)[0]);
  await checked(looking, 'approved');
  await desk.goto(ana.url().replace(/.*requests/, '/tickets'));
  await desk.getByRole('link', { name: 'All of it' }).click();
  await desk.getByText('Line management').waitFor();
  await checked(desk, 'fulfil');
  // It is brought: the requester reads when, and who took it.
  await desk.getByText('Bring, repair or copy something').click();
  await desk.getByLabel('What it is about').fill('Laptop');
  await desk.getByLabel('Where', { exact: true }).fill('Library, room 2');
  await desk.getByLabel('Between').fill('2030-05-06T09:00');
  await desk.getByLabel('and', { exact: true }).fill('2030-05-06T11:00');
  await desk.getByRole('button', { name: 'Make the work order' }).click();
  await desk.getByRole('heading', { name: 'Laptop' }).waitFor();
  await ana.getByText('We bring it to you: Laptop').waitFor();
  await checked(desk, 'order');
  await desk.getByRole('link', { name: 'Slip' }).click();
  await desk.getByText('Received, date and signature').waitFor();
  await checked(desk, 'slip');
  await desk.getByRole('link', { name: 'Back to the work order' }).click();
  await desk.getByLabel('Who received it').fill('Ana Ruiz');
  await desk.getByRole('button', { name: 'Done' }).click();
  await ana.getByText('It is with you: Laptop · received by Ana Ruiz').waitFor();
  await checked(ana, 'request-done');
  for (const page of [desk, ana, bea, looking]) await page.context().close();
});

test("a new starter's tasks run", async () => {
  const tom = { email: 'tom@example.org', password: 'four quiet plain words' };
  await api.post('/api/v2/users', { user: { name: 'Tom Berg', role: 'agent', verified: true, ...tom } });
  const ana = await browser.page(server);
  await signInAs(ana, { email: 'ana@example.org', password: 'four quiet plain words' });
  await ana.goto('/services/4');
  await ana.getByLabel('Name of the new colleague').fill('Max New');
  await ana.getByLabel('First day').fill('2026-12-01');
  await ana.getByLabel('Where do they work?').fill('South 1');
  await ana.getByLabel('They need a computer').check();
  await ana.getByLabel('Which computer?').selectOption('Laptop');
  await ana.getByRole('button', { name: 'Send' }).click();
  await ana.getByText('We prepare it: 0 of 6 things are done.').waitFor();

  const page = await browser.page(server);
  await signInAs(page, tom);
  await page.goto('/tasks');
  await page.getByRole('heading', { name: 'Set up the computer' }).waitFor();
  await checked(page, 'tasks');
  let done = 0;
  for (const name of ['Set up the computer', 'Make the account and the mailbox', 'Prepare the place to work', 'Give programs and rights', 'Welcome them on the first day and hand everything over', 'Ask after a week whether all is there']) {
    const card = page.locator('li', { hasText: name });
    await card.getByRole('button', { name: 'Done' }).click();
    await card.waitFor({ state: 'detached' });
    done++;
    if (done === 3) await ana.getByText('We prepare it: 3 of 6 things are done.').waitFor();
  }
  await page.getByText('Nothing to do').waitFor();
  await ana.getByText('Everything that had to be prepared is done.').waitFor();
  await page.goto(ana.url().replace(/.*requests/, '/tickets'));
  await page.getByText('6 of 6 tasks done').waitFor();
  await page.getByRole('link', { name: 'All of it' }).click();
  await checked(page, 'fulfil-tasks');
  await page.context().close();
  await ana.context().close();
});
