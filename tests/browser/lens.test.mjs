// SPDX-License-Identifier: GPL-3.0-or-later
//
// The customer lens in the composer: it speaks up while an answer is written, holds the first
// sending, and lets go when the words change or the author says so.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { checkAccessibility, picture, startBrowser } from '../support/browser.mjs';
import { sampleDesk, signInAs } from '../support/sample.mjs';

let server;
let browser;
let places;
let page;

before(async () => {
  ({ server, places } = await sampleDesk());
  browser = await startBrowser();
  page = await browser.page(server);
  await signInAs(page, server.admin);
});
after(async () => {
  await browser?.close();
  await server?.stop();
});

const sendButton = () => page.locator('.composer-send').getByRole('button', { name: 'Send', exact: true });

test('internal words are shown with a better wording, and the answer waits', async () => {
  await page.goto(places.ticket);
  const editor = page.locator('trix-editor');
  await editor.click();
  await page.keyboard.type('Second level is short-staffed, so we are waiting for the vendor.');
  const lens = page.locator('.lens');
  await lens.waitFor();
  await checkAccessibility(page);
  await picture(page, 'lens');
  const comments = page.locator('.talk .comment');
  const before = await comments.count();
  await sendButton().click();
  await page.locator('.lens input:focus').waitFor();
  assert.equal(await comments.count(), before);
  await editor.click();
  await page.keyboard.press('Control+a');
  await page.keyboard.type('I will write to you tomorrow at nine.');
  await lens.waitFor({ state: 'detached' });
  await sendButton().click();
  await page.waitForURL(/#comment-/);
  await page.getByText('I will write to you tomorrow at nine.').first().waitFor();
});

test('who says so sends it as it stands', async () => {
  await page.goto(places.ticket);
  await page.locator('trix-editor').click();
  await page.keyboard.type('We will breach our SLA tonight.');
  await sendButton().click(); // before the pause is over: it is read now
  await page.locator('.lens input:focus').check();
  await sendButton().click();
  await page.waitForURL(/#comment-/);
  await page.getByText('We will breach our SLA tonight.').first().waitFor();
  assert.deepEqual(page.complaints, []);
});
