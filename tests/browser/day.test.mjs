// SPDX-License-Identifier: GPL-3.0-or-later
//
// An agent's day in a real browser, by keyboard alone: home, playing, the board, throwing away and
// taking back, making words unreadable. Then what needs a mouse: dragging.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { startBrowser } from '../support/browser.mjs';
import { signInAs } from '../support/sample.mjs';
import { startServer } from '../support/server.mjs';

let server;
let browser;
let api;
let page;
let keys;
const made = [];

before(async () => {
  server = await startServer();
  browser = await startBrowser();
  api = await server.api();
  for (const subject of ['Lamp flickers', 'Door sticks', 'Desk wobbles']) {
    const answer = await api.post('/api/v2/tickets', { ticket: { subject, status: 'open', comment: { body: `${subject}. My code is 4711.` }, requester: { name: 'Ana Ruiz', email: 'ana@example.com' } } });
    made.push(answer.json.ticket.id);
  }
  page = await browser.page(server);
  keys = page.keyboard;
  await signInAs(page, server.admin);
});
after(async () => {
  await browser?.close();
  api?.close();
  await server?.stop();
});

const status = async (id) => (await api.get(`/api/v2/tickets/${id}`)).json.ticket?.status;
const at = (pattern) => page.waitForURL(pattern);
// The scripts of the page are there.
const ready = () => page.waitForFunction(() => document.readyState === 'complete');

test('by keyboard alone: home, play, answer, next', async () => {
  await page.getByRole('heading', { name: 'Home', level: 1 }).waitFor();
  await keys.press('g');
  await keys.press('t');
  await at(/view=mine/);
  await page.goto('/desk?view=unassigned');
  await ready();
  await keys.press('Shift+P');
  await at(/\/tickets\/\d+\?play=unassigned/);
  const first = page.url().match(/tickets\/(\d+)/)[1];
  await page.locator('trix-editor').waitFor();
  await ready();
  await keys.press('Shift+N');
  await at(new RegExp(`played=${first}$`));
  await page.locator('trix-editor').waitFor();
  await ready();
  const second = page.url().match(/tickets\/(\d+)/)[1];
  assert.notEqual(second, first);
  await keys.press('r');
  await keys.type('It is mended.');
  await keys.press('Control+Enter');
  await at(new RegExp(`played=${first}(,|%2C)${second}$`));
  assert.ok(!page.url().includes(`/tickets/${second}?`));
});

test('by keyboard alone: a card moves over the board, and keeps the focus', async () => {
  await page.goto('/desk/board?view=open');
  await ready();
  const card = page.locator(`#card-${made[0]}`);
  assert.equal(await status(made[0]), 'open');
  await card.locator('a').focus();
  await keys.press('Shift+ArrowRight');
  await at(new RegExp(`#card-${made[0]}$`));
  await page.locator(`[data-column=pending] #card-${made[0]}`).waitFor();
  assert.equal(await status(made[0]), 'pending');
  await page.waitForFunction((id) => document.activeElement?.dataset.card === String(id), made[0]);
  await keys.press('Shift+ArrowLeft');
  await page.locator(`[data-column=open] #card-${made[0]}`).waitFor();
  assert.equal(await status(made[0]), 'open');
});

test('a card is dragged', async () => {
  await page.goto('/desk/board?view=open');
  await ready();
  await page.locator(`#card-${made[0]}`).dragTo(page.locator('[data-column=hold]'));
  await page.locator(`[data-column=hold] #card-${made[0]}`).waitFor();
  assert.equal(await status(made[0]), 'hold');
});

test('by keyboard alone: selected tickets are deleted, and the notice takes it back', async () => {
  await page.goto('/desk?view=open');
  await ready();
  await keys.press('j');
  await keys.press('x');
  await page.getByRole('button', { name: 'Delete' }).focus();
  await keys.press('Enter');
  await page.getByText('1 ticket was deleted.').waitFor();
  await ready();
  await keys.press('u');
  await page.getByText('1 ticket is back.').waitFor();
});

test('by keyboard alone: what is taken from the message, or typed, becomes unreadable', async () => {
  const comment = (await api.get(`/api/v2/tickets/${made[1]}/comments`)).json.comments[0];
  await page.goto(`/tickets/${made[1]}/comments/${comment.id}/redact`);
  await ready();
  await page.getByLabel('The message').focus();
  await keys.press('Control+a');
  await keys.press('Tab');
  await keys.press('Enter');
  const words = page.getByLabel(/Words to make unreadable/);
  assert.equal(await words.inputValue(), 'Door sticks. My code is 4711.');
  await keys.press('Control+a');
  await keys.type('4711');
  await page.getByRole('button', { name: 'Make unreadable for good' }).focus();
  await keys.press('Enter');
  await page.getByText('My code is ▇▇▇▇.').waitFor();
});
