// SPDX-License-Identifier: GPL-3.0-or-later
//
// axe-core on every page in both themes, wide and as a phone shows it; and nothing is wider than a
// screen of 320 px.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { checkAccessibility, startBrowser } from '../support/browser.mjs';
import { sampleDesk, signInAs, signInByLink } from '../support/sample.mjs';
import { startServer } from '../support/server.mjs';
import { startSink } from '../support/smtp-sink.mjs';

const sizes = [
  { width: 1440, height: 900 },
  { width: 390, height: 844 },
];
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

// Every finding on the page as it stands, for all sizes; what is too wide on a small screen.
async function findings(page) {
  const found = [];
  for (const size of sizes) {
    await page.setViewportSize(size);
    await checkAccessibility(page).catch((error) => found.push(`${size.width} px: ${error.message}`));
  }
  await page.setViewportSize({ width: 320, height: 640 });
  const width = await page.evaluate(() => document.documentElement.scrollWidth);
  if (width > 320) found.push(`${page.url()} is ${width} px wide on a screen of 320 px`);
  return [...found, ...page.complaints.splice(0)];
}

async function check(page, paths) {
  const found = [];
  for (const path of paths) {
    await page.setViewportSize(sizes[0]);
    await page.goto(path);
    if (path.startsWith('/tickets/') && !/new|as-requester|macros|merge|links|split|snooze|time|call|deleted|spam|redact|print|handover|fulfil|asides/.test(path)) await page.locator('trix-editor').waitFor();
    found.push(...(await findings(page)));
  }
  assert.equal(found.join('\n'), '');
}

// The address of a side conversation of the ticket, made for it.
async function askedAside(page) {
  const api = await server.api();
  const message = { subject: 'A part for the printer', body: 'When can you come?', to: [{ email: 'help@vendor.example', name: 'Vendor' }] };
  assert.equal((await api.post(`/api/v2${places.ticket}/side_conversations`, { message })).status, 201);
  assert.equal((await api.post(`/api/v2${places.ticket}/experts`, { expert: { email: 'expert@vendor.example' } })).status, 201);
  api.close();
  await page.goto(`${places.ticket}/asides`);
  return page.locator('main li a[href*="/asides/"]').first().getAttribute('href');
}

test('pages for everybody', async () => {
  const page = await browser.page(server);
  await check(page, ['/', '/ask', '/asked', '/services', '/services/3', '/sign-in', '/password/forgotten', '/no/such/page']);
  await page.context().close();
});

test('the answer to a form that was filled in badly', async () => {
  const page = await browser.page(server, { javaScriptEnabled: true });
  await page.goto('/ask');
  await page.getByLabel('Your mail address').fill('nobody@nowhere');
  await page.locator('form[action="/ask"]').evaluate((form) => {
    form.noValidate = true;
    form.requestSubmit();
  });
  await page.locator('.field-error').first().waitFor();
  assert.equal((await findings(page)).join('\n'), '');
  await page.context().close();
});

test('pages of a requester', async () => {
  const page = await browser.page(server);
  await signInByLink(page, places.requester, (match) =>
    sink.wait((mail) => mail.to.includes(places.requester) && match(mail)));
  await check(page, ['/', '/requests', places.request, '/account', '/desk']);
  await page.context().close();
});

test('the knowledge, read and written', async () => {
  const api = await server.api();
  const hc = '/api/v2/help_center';
  const { category } = (await api.post(`${hc}/categories`, { category: { name: 'Workplace' } })).json;
  const { section } = (await api.post(`${hc}/categories/${category.id}/sections`, { section: { name: 'Printers' } })).json;
  const body = '<h2>At once</h2><ol><li>Open the tray</li></ol><table><tr><td>A</td><td>B</td></tr></table><pre>lpstat -p</pre>';
  const { article } = (await api.post(`${hc}/sections/${section.id}/articles`, { article: { title: 'Clearing a paper jam', body } })).json;
  api.close();
  const page = await browser.page(server);
  await check(page, ['/help', '/help?q=paper', '/help?q=zebra', `/help/articles/${article.id}`]);
  await page.setViewportSize(sizes[0]);
  await page.goto('/help?q=paper');
  await page.getByRole('link', { name: 'Clearing a paper jam' }).click();
  await page.getByRole('heading', { name: 'At once' }).waitFor();
  await page.goto('/ask');
  await page.getByLabel('What is it about?').pressSequentially('paper ja');
  await page.getByRole('link', { name: 'Clearing a paper jam' }).waitFor();
  assert.equal((await findings(page)).join('\n'), '');
  await signInAs(page, server.admin);
  await check(page, ['/knowledge', '/knowledge/new', `/knowledge/articles/${article.id}`, '/moments']);
  await page.context().close();
});

test('a new password by mail', async () => {
  const page = await browser.page(server);
  await page.goto('/password/forgotten');
  await page.getByLabel('Mail address').fill(server.admin.email);
  await page.getByRole('button', { name: 'Send the link' }).click();
  assert.equal((await findings(page)).join('\n'), '');
  const mail = await sink.wait((one) => one.to.includes(server.admin.email) && /\/password\/reset/.test(one.text));
  await check(page, [mail.text.match(/\/password\/reset\?token=[\w-]+/)[0]]);
  await page.context().close();
});

test('pages of an agent: lists', async () => {
  const page = await browser.page(server);
  await signInAs(page, server.admin);
  await page.goto('/desk');
  const views = await page.locator('#views li a').evaluateAll((all) => all.map((one) => one.getAttribute('href')));
  assert.ok(views.length >= 4, views.join(' '));
  await check(page, ['/desk', ...views, '/desk/board?view=open', '/desk/play?view=mine', '/search', '/search?q=printer', '/search?q=nosuchword']);
  await page.context().close();
});

test('pages of an agent: tickets and people', async () => {
  const page = await browser.page(server);
  await signInAs(page, server.admin);
  const aside = await askedAside(page);
  await check(page, [places.ticket, `${places.ticket}/as-requester`, `${places.ticket}/macros`, `${places.ticket}/merge`, `${places.ticket}/snooze`, `${places.ticket}/time`, `${places.ticket}/call`, '/tickets/snoozed', '/time', `${places.ticket}/links`, `${places.ticket}/comments/${places.comment}/split`, `${places.ticket}/comments/${places.comment}/redact`, `${places.ticket}/print`, `/tickets/spam?ids=${places.ticket.split('/').pop()}`, '/tickets/deleted', `${places.ticket}/handover`, `${places.ticket}/asides`, `${places.ticket}/asides/new`, aside, '/asides/experts', `${places.ticket}/fulfil`, '/absences', '/account/notices', `${places.ticket}?play=open&played=2`, '/tickets/new', '/people', '/people/new', places.person]);
  await page.context().close();
});

test('dialogs and the account of an agent, and administration', async () => {
  const page = await browser.page(server);
  await signInAs(page, server.admin);
  await check(page, ['/account', '/admin', '/admin/lens', '/admin/signatures', '/admin/hours/new', '/admin/levels/new', '/admin/sign-on', '/admin/directories/new', '/admin/services', '/admin/services/3', '/admin/services/3/steps', '/approvals', '/tasks', '/orders', '/stock', '/loans', '/lending', '/lending/items/new', '/admin/records/ticket_fields', '/admin/records/custom_statuses', '/admin/records/ticket_fields/new?type=tagger', '/admin/records/ticket_forms/201']);
  await page.setViewportSize(sizes[0]);
  await page.goto(places.ticket);
  await page.locator('trix-editor').waitFor();
  await page.locator('h1').click();
  for (const key of ['?', 'Control+k']) {
    await page.keyboard.press(key);
    await page.locator('dialog[open]').waitFor();
    assert.equal((await findings(page)).join('\n'), '');
    await page.keyboard.press('Escape');
    await page.locator('dialog[open]').waitFor({ state: 'detached' });
  }
  await page.context().close();
});

test('the first run', async () => {
  const fresh = await startServer({ init: false });
  const page = await browser.page(fresh);
  try {
    await check(page, ['/setup']);
  } finally {
    await page.context().close();
    await fresh.stop();
  }
});
