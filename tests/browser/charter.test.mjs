// SPDX-License-Identifier: GPL-3.0-or-later
//
// Leaders sign the mission and all staff acknowledge it.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { checkAccessibility, startBrowser } from '../support/browser.mjs';
import { signInAs, signInByLink } from '../support/sample.mjs';
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
  await api.post('/api/v2/users', { user: { name: 'Lena Okafor', email: 'lena@example.org', role: 'agent', verified: true } });
  browser = await startBrowser();
});
after(async () => {
  api?.close();
  await browser?.close();
  await server?.stop();
  await sink?.close();
});

test('leaders sign the mission and all staff acknowledge it', async () => {
  const lead = await browser.page(server);
  await signInAs(lead, server.admin);
  await lead.goto('/charter');
  await lead.getByRole('button', { name: 'Start from the example' }).click();
  for (let step = 1; step < 7; step++) await lead.getByRole('button', { name: 'Save and go on' }).click();
  await checkAccessibility(lead);
  await lead.getByRole('button', { name: 'Save and read it' }).click();
  await checkAccessibility(lead);
  for (const box of await lead.locator('input[name="signer"]').all()) await box.check();
  await lead.getByRole('button', { name: 'Ask for signatures' }).click();
  await lead.getByLabel('I have read it').check();
  await lead.getByRole('button', { name: /^Sign as/ }).click();
  await lead.getByRole('cell', { name: 'Not yet' }).waitFor();

  const agent = await browser.page(server, { javaScriptEnabled: false });
  const wait = (match) => sink.wait((mail) => mail.to.includes('lena@example.org') && match(mail));
  await signInByLink(agent, 'lena@example.org', wait);
  const mail = await wait((one) => /Please sign our charter/.test(one.subject ?? ''));
  await agent.goto(new URL(mail.text.match(/http\S+\/charter\/versions\/\d+/)[0]).pathname);
  await agent.getByLabel('I have read it').check();
  await agent.getByRole('button', { name: /^Sign as/ }).click();
  for (const page of [agent, lead]) {
    await page.goto('/charter/welcome');
    await page.getByLabel('I have read the charter').check();
    await page.getByRole('button', { name: 'I go by it' }).click();
    await page.getByText('You have acknowledged this charter').waitFor();
  }
  await lead.goto('/charter/coverage');
  await lead.getByText('2 of 2 have acknowledged it').waitFor();
  await checkAccessibility(lead);
  for (const place of ['/charter', '/mission', '/charter/values', '/desk']) {
    await lead.goto(place);
    await checkAccessibility(lead);
  }
  for (const width of [1280, 320]) {
    await lead.setViewportSize({ width, height: 900 });
    for (const place of ['/charter', '/desk', '/mission']) {
      await lead.goto(place);
      assert.ok((await lead.evaluate(() => document.documentElement.scrollWidth)) <= width, `${place} at ${width} px`);
      if (process.env.CHARTER_PICTURES) {
        await lead.screenshot({ path: `${process.env.CHARTER_PICTURES}/charter${place.replaceAll('/', '-')}-${width}.png` });
      }
    }
  }
  assert.deepEqual(lead.complaints, []);
});
