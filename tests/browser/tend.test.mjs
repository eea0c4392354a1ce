// SPDX-License-Identifier: GPL-3.0-or-later
//
// A ticket handed over and an absence entered in a browser: the requester reads who comes, and for
// whom somebody speaks.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { checkAccessibility, startBrowser } from '../support/browser.mjs';
import { signInAs } from '../support/sample.mjs';
import { startServer } from '../support/server.mjs';

let server;
let browser;
let api;
const ids = {};

before(async () => {
  server = await startServer();
  api = await server.api();
  ids.me = (await api.get('/api/v2/users/me')).json.user.id;
  const { json } = await api.post('/api/v2/users', {
    user: { name: 'Dana Reyes', email: 'dana@example.org', role: 'agent', verified: true },
  });
  ids.dana = json.user.id;
  await api.put(`/api/v2/users/${ids.me}`, { user: { name: 'Tom Berg' } });
  browser = await startBrowser();
});
after(async () => {
  await browser?.close();
  api?.close();
  await server?.stop();
});

async function ask() {
  const { json } = await api.post('/api/v2/tickets', {
    ticket: { subject: 'Beamer', comment: 'It is dark.', assignee_id: ids.me, requester: { name: 'Ana Ruiz', email: 'ana@example.net' } },
  });
  return json.ticket.id;
}

test('who was there introduces who comes, and the requester sees both', async () => {
  const id = await ask();
  const page = await browser.page(server);
  await signInAs(page, server.admin);
  await page.goto(`/tickets/${id}`);
  await page.getByText('More', { exact: true }).first().locator('xpath=..').click();
  await page.getByRole('link', { name: 'Hand over to another steward' }).click();
  await page.getByLabel('New steward').selectOption('Dana Reyes');
  await page.getByLabel('Introduction').fill('Somebody else will help you.');
  await page.getByRole('button', { name: 'Introduce and hand over' }).click();
  await page.getByText('who will look after this from now on, by name').waitFor();
  assert.equal(await page.getByLabel('Introduction').inputValue(), 'Somebody else will help you.');
  await checkAccessibility(page);
  await page.getByLabel('New steward').selectOption('Dana Reyes');
  await page.getByLabel('Introduction').fill('Dana will help you from now on; she knows all I know.');
  await page.getByRole('button', { name: 'Introduce and hand over' }).click();
  await page.goto(`/tickets/${id}/as-requester`);
  await page.getByText('Dana Reyes looks after this for you.').waitFor();
  await page.getByText('she knows all I know').waitFor();
});

test('while the steward is away the deputy speaks for them', async () => {
  const id = await ask();
  const page = await browser.page(server);
  await signInAs(page, server.admin);
  await page.goto('/absences');
  await page.getByLabel('Who is away').selectOption('Tom Berg');
  await page.getByLabel('From').fill('2020-01-01T08:00');
  await page.getByLabel('Until').fill('2019-01-01T08:00');
  await page.getByLabel('Who covers').selectOption('Dana Reyes');
  await page.getByRole('button', { name: 'Enter' }).click();
  await page.getByText('The end has to come after the beginning').waitFor();
  const soon = new Date(Date.now() + 7 * 86400e3).toISOString().slice(0, 16);
  const lately = new Date(Date.now() - 2 * 86400e3).toISOString().slice(0, 16);
  await page.getByLabel('From').fill(lately);
  await page.getByLabel('Until').fill(soon);
  await page.getByRole('button', { name: 'Enter' }).click();
  await page.getByText('Deputy: Dana Reyes').waitFor();
  await checkAccessibility(page);
  if (process.env.STEWARD_LOOK) await page.screenshot({ path: `${process.env.STEWARD_LOOK}/absences.png` });
  const dana = await server.api('dana@example.org');
  const { status } = await dana.put(`/api/v2/tickets/${id}`, { ticket: { comment: { body: 'The lamp is on its way.', public: true } } });
  dana.close();
  assert.equal(status, 200);
  await page.goto(`/tickets/${id}/as-requester`);
  await page.getByRole('heading', { name: 'Dana Reyes for Tom Berg' }).waitFor();
  await page.getByText('Tom Berg looks after this for you.').waitFor();
  if (process.env.STEWARD_LOOK) {
    await page.goto(`/tickets/${id}/handover`);
    await page.screenshot({ path: `${process.env.STEWARD_LOOK}/handover.png` });
    await page.setViewportSize({ width: 320, height: 700 });
    await page.goto('/absences');
    await page.screenshot({ path: `${process.env.STEWARD_LOOK}/absences-phone.png`, fullPage: true });
  }
});
