// SPDX-License-Identifier: GPL-3.0-or-later
//
// One click judges an answer: by the link in the mail, where a browser sends the verdict by itself,
// and on the request's page.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { answerForm, signIn } from '../support/desk.mjs';
import { checkAccessibility, startBrowser } from '../support/browser.mjs';
import { sampleDesk, signInAs, signInByLink } from '../support/sample.mjs';
import { startSink } from '../support/smtp-sink.mjs';

let server;
let browser;
let places;
let sink;

before(async () => {
  sink = await startSink();
  ({ server, places } = await sampleDesk({ smtp: sink.url }));
  browser = await startBrowser();
});
after(async () => {
  await browser?.close();
  await server?.stop();
  await sink?.close();
});

test('the link in a mail is one click, seen at the ticket at once', async () => {
  const agent = server.visitor();
  await signIn(agent, server.admin);
  const ticket = places.ticket.split('/').pop();
  await answerForm(agent, ticket, 'Please try the printer again.', { public: '1' });
  const mail = await sink.wait((one) => /^Yes: /m.test(one.text ?? ''));
  const desk = await browser.page(server);
  await signInAs(desk, server.admin);
  await desk.goto(places.ticket);
  const page = await browser.page(server);
  await page.goto(mail.text.match(/^Yes: (\S+)$/m)[1]);
  await page.getByRole('heading', { name: 'Thank you, good to know' }).waitFor();
  await checkAccessibility(page);
  await desk.locator('.judged', { hasText: 'Helped' }).waitFor();
  await page.getByLabel('A word about it').fill('It prints.');
  await page.getByRole('button', { name: 'It helped' }).click();
  await desk.getByText('It prints.').waitFor();
  assert.deepEqual(page.complaints, []);
});

test('the request itself asks, and a bad word waits for a lead', async () => {
  const page = await browser.page(server);
  await signInByLink(page, places.requester, (match) => sink.wait(match));
  await page.goto(places.request);
  await page.locator('.judge').first().getByRole('button', { name: 'No' }).click();
  await page.getByRole('heading', { name: 'Thank you for saying so' }).waitFor();
  await page.goto(places.request);
  await page.getByText('You said that it did not help.').waitFor();
  const lead = await browser.page(server);
  await signInAs(lead, server.admin);
  await lead.goto('/moments');
  await checkAccessibility(lead);
  await lead.getByLabel('What came of it').fill('Talked on the phone.');
  await lead.getByRole('button', { name: 'Note the outcome' }).click();
  await lead.getByText('Outcome: Talked on the phone.').waitFor();
});
