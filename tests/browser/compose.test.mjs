// SPDX-License-Identifier: GPL-3.0-or-later
//
// Writing by keyboard alone: macros by "/", colleagues by "@", emoji by ":", Markdown by pasting.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { checkAccessibility, picture, startBrowser } from '../support/browser.mjs';
import { signInAs } from '../support/sample.mjs';
import { startServer } from '../support/server.mjs';

let server;
let browser;
let api;
let page;
let asked;

before(async () => {
  server = await startServer();
  api = await server.api();
  browser = await startBrowser();
  await api.post('/api/v2/users', { user: { name: 'Tom Berg', email: 'tom@example.org', role: 'agent' } });
  await api.post('/api/v2/macros', { macro: { title: 'Restart the printer', actions: [
    { field: 'status', value: 'pending' }, { field: 'current_tags', value: 'printer' },
    { field: 'comment_value_html', value: '<div>Please <strong>restart</strong> it, {{ticket.requester.first_name}}.</div>' },
  ] } });
  await api.post('/api/v2/macros', { macro: { title: 'Restore a file', actions: [{ field: 'priority', value: 'low' }] } });
  const requester = { name: 'Ana Ruiz', email: 'ana@example.com' };
  asked = (await api.post('/api/v2/tickets', { ticket: { subject: 'Empty pages', requester, comment: { body: 'It prints empty pages.' } } })).json.ticket;
  page = await browser.page(server);
  await signInAs(page, server.admin);
});
after(async () => {
  await browser?.close();
  api?.close();
  await server?.stop();
});

const editor = () => page.locator('trix-editor');
const menu = () => page.getByRole('listbox', { name: 'Suggestions' });

async function open() {
  await page.goto(`/tickets/${asked.id}`);
  await editor().waitFor();
}

// The key chooses who reads it and leads into the editor.
async function begin(key) {
  await page.keyboard.press(key);
  await page.waitForFunction(() => document.activeElement?.matches('trix-editor'));
}

test('"/" finds a macro, Enter takes it, and all that goes along is seen before sending', async () => {
  await open();
  await begin('r');
  await page.keyboard.type('Hello, /res');
  await menu().getByRole('option').nth(1).waitFor();
  await checkAccessibility(page);
  await picture(page, 'composer-macros');
  await page.keyboard.press('ArrowDown');
  assert.match(await menu().locator('[aria-selected=true]').textContent(), /Restore a file/);
  await page.keyboard.press('ArrowUp');
  await page.keyboard.press('Enter');
  await page.getByRole('checkbox', { name: 'Status: Waiting' }).waitFor();
  await editor().getByText('Please restart it, Ana.').waitFor();
  assert.doesNotMatch(await editor().textContent(), /\/res/);
  assert.equal(await menu().isVisible(), false);
  // A second macro adds what it says.
  await page.keyboard.type(' /restore');
  await menu().getByRole('option').first().waitFor();
  await page.keyboard.press('Tab');
  await page.getByRole('checkbox', { name: 'Priority: Low' }).waitFor();
  await page.getByRole('checkbox', { name: 'Add tags: printer' }).uncheck();
  await checkAccessibility(page);
  await picture(page, 'composer-changes');
  await editor().focus();
  await page.keyboard.press('Control+Enter');
  await page.locator('.comment', { hasText: 'Please restart it, Ana.' }).waitFor();
  const { ticket } = (await api.get(`/api/v2/tickets/${asked.id}`)).json;
  assert.deepEqual([ticket.status, ticket.priority, ticket.tags], ['pending', 'low', []]);
  const { comments } = (await api.get(`/api/v2/tickets/${asked.id}/comments`)).json;
  assert.match(comments.at(-1).html_body, /Please <strong>restart<\/strong> it/);
});

test('"@" names a colleague, ":" an emoji, Escape lets a sign be a sign', async () => {
  await open();
  await begin('n');
  await page.keyboard.type('@to');
  await menu().getByRole('option', { name: /Tom Berg/ }).waitFor();
  await page.keyboard.press('Enter');
  await page.keyboard.type('look :thumbsu');
  await menu().getByRole('option', { name: /thumbsup/ }).waitFor();
  await page.keyboard.press('Enter');
  await page.keyboard.type('and 1/2 /rest');
  await menu().getByRole('option').first().waitFor();
  await page.keyboard.press('Escape');
  await menu().waitFor({ state: 'hidden' });
  assert.equal((await editor().textContent()).trim(), '@Tom Berg look 👍 and 1/2 /rest');
  await page.keyboard.press('Control+Enter');
  await page.locator('.comment-internal', { hasText: '@Tom Berg look' }).waitFor();
  const { ticket } = (await api.get(`/api/v2/tickets/${asked.id}`)).json;
  assert.equal(ticket.follower_ids.length, 1);
});

test('Markdown that is pasted becomes what it means, other text stays as it is', async () => {
  await open();
  await begin('r');
  const paste = (text) => editor().evaluate((element, words) => {
    const clipboardData = new DataTransfer();
    clipboardData.setData('text/plain', words);
    element.dispatchEvent(new ClipboardEvent('paste', { clipboardData, bubbles: true, cancelable: true }));
  }, text);
  await paste('Try **this**:\n\n1. one\n2. two');
  await editor().locator('li', { hasText: 'two' }).waitFor();
  assert.equal(await editor().locator('strong').textContent(), 'this');
  assert.deepEqual(page.complaints, []);
});

test('a message that comes in while one writes is said beside the text and does not hold the reply up', async () => {
  await open();
  await begin('r');
  await page.keyboard.type('We are on our way.');
  const requester = await server.api('ana@example.com');
  await requester.put(`/api/v2/requests/${asked.id}`, { request: { comment: { body: 'Is anybody there?' } } });
  requester.close();
  await page.getByText('Ana Ruiz wrote while you were writing.').waitFor();
  const { comments } = (await api.get(`/api/v2/tickets/${asked.id}/comments`)).json;
  await page.waitForFunction((id) => document.querySelector('input[name=seen]').value === String(id), comments.at(-1).id);
  await checkAccessibility(page);
  await editor().focus();
  await page.keyboard.press('Control+Enter');
  await page.locator('.comment', { hasText: 'We are on our way.' }).waitFor();
});

test('a reply that crossed a newer message unseen shows it first, and then leaves', async () => {
  await page.route('**/live?*', (route) => route.abort('aborted'));
  await open();
  const requester = await server.api('ana@example.com');
  await requester.put(`/api/v2/requests/${asked.id}`, { request: { comment: { body: 'Never mind, it prints.' } } });
  requester.close();
  await begin('r');
  await page.keyboard.type('We come.');
  await page.keyboard.press('Control+Enter');
  await page.getByText('Ana Ruiz wrote while you were writing').waitFor();
  await editor().getByText('We come.').waitFor();
  await checkAccessibility(page);
  await picture(page, 'composer-crossed');
  await editor().focus();
  await page.keyboard.press('Control+Enter');
  await page.locator('.comment', { hasText: 'We come.' }).waitFor();
  assert.deepEqual(page.complaints.splice(0), []);
});
