// SPDX-License-Identifier: GPL-3.0-or-later
//
// The second step of signing in: an authenticator app, recovery codes, passkeys of Chromium's own
// authenticator; and what a password alone opens then.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { checkAccessibility, picture, startBrowser } from '../support/browser.mjs';
import { forms } from '../support/http.mjs';
import { startServer } from '../support/server.mjs';
import { totp } from '../support/totp.mjs';

const password = 'correct horse battery staple';
let server;
let strict;
let browser;
let desk;

async function withPeople(one) {
  const api = await one.api();
  for (const user of [
    { name: 'Ana Ruiz', email: 'ana@customer.example' },
    { name: 'Tom Berg', email: 'tom@example.org', role: 'agent' },
    { name: 'Pia Lang', email: 'pia@example.org', role: 'agent' },
  ]) {
    const made = await api.post('/api/v2/users', { user });
    assert.equal(made.status, 201);
    assert.equal((await api.post(`/api/v2/users/${made.json.user.id}/password`, { password })).status, 200);
  }
  api.close();
}

before(async () => {
  [server, strict, browser] = await Promise.all([startServer(), startServer({ env: { STEWARD_TWO_FACTORS: 'staff' } }), startBrowser()]);
  await Promise.all([withPeople(server), withPeople(strict)]);
  // Passkeys belong to names, not to numbers.
  desk = server.url.replace('127.0.0.1', 'localhost');
});
after(async () => {
  await browser?.close();
  await server?.stop();
  await strict?.stop();
});

async function firstStep(page, email, base = desk) {
  await page.goto(`${base}/sign-in`);
  await page.getByLabel('Mail address').fill(email);
  await page.getByLabel('Password', { exact: true }).fill(password);
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
}

async function codeStep(page, code) {
  await page.locator('#code').fill(code);
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
}

test('an app and recovery codes: a password alone opens nothing any more', async () => {
  const basic = Buffer.from(`tom@example.org:${password}`).toString('base64');
  const asProgram = () => fetch(`${server.url}/api/v2/tickets`, { headers: { authorization: `Basic ${basic}` } });
  assert.equal((await asProgram()).status, 200);
  const page = await browser.page(server);
  await firstStep(page, 'tom@example.org');
  await page.waitForURL(/\/desk/);
  await page.goto(`${desk}/account/factors`);
  await checkAccessibility(page);
  await page.getByRole('button', { name: 'Add an app' }).click();
  const letters = await page.locator('.factor-steps code').textContent();
  await picture(page, 'second-step-app');
  await page.getByLabel('The code that the app shows').fill('000000');
  await page.getByLabel('Where is it?').first().fill('my phone');
  await page.getByRole('button', { name: 'Add it' }).click();
  await page.getByText('that is not what the app shows now', { exact: false }).waitFor();
  assert.equal(await page.locator('.factor-steps code').textContent(), letters, 'nobody scans twice');
  await page.getByLabel('Where is it?').first().fill('my phone');
  const first = totp(letters);
  await page.getByLabel('The code that the app shows').fill(first);
  await page.getByRole('button', { name: 'Add it' }).click();
  await page.getByText('my phone').waitFor();
  const codes = await page.locator('.codes code').allTextContents();
  assert.equal(codes.length, 10);
  await checkAccessibility(page);

  const other = await browser.page(server);
  await firstStep(other, 'tom@example.org');
  await other.getByRole('heading', { name: 'The second step' }).waitFor();
  await checkAccessibility(other);
  // Half a sign-in is none.
  await other.goto(`${desk}/desk`);
  assert.match(other.url(), /\/sign-in/);
  await other.goto(`${desk}/sign-in/second`);
  await codeStep(other, first);
  await other.getByText('That is not right').waitFor();
  await codeStep(other, totp(letters, Date.now() + 30000));
  await other.waitForURL(/\/desk/);

  const third = await browser.page(server);
  await firstStep(third, 'tom@example.org');
  await codeStep(third, codes[2].toUpperCase());
  await third.waitForURL(/\/desk/);
  const fourth = await browser.page(server);
  await firstStep(fourth, 'tom@example.org');
  await codeStep(fourth, codes[2]);
  await fourth.getByText('That is not right').waitFor();

  assert.equal((await asProgram()).status, 401, 'the password alone is no API key');
  for (const one of [page, other, third, fourth]) assert.deepEqual(one.complaints.filter((line) => !/401|422/.test(line)), []);
});

test('a passkey: second step, and both steps in one', async () => {
  const page = await browser.page(server);
  const devtools = await page.context().newCDPSession(page);
  await devtools.send('WebAuthn.enable');
  const { authenticatorId } = await devtools.send('WebAuthn.addVirtualAuthenticator', {
    options: { protocol: 'ctap2', transport: 'internal', hasResidentKey: true, hasUserVerification: true, isUserVerified: true },
  });
  await firstStep(page, 'pia@example.org');
  await page.waitForURL(/\/desk/);
  await page.goto(`${desk}/account/factors`);
  await page.locator('#passkey-name').fill('my laptop');
  await page.getByRole('button', { name: 'Add a passkey' }).click();
  await page.getByText('my laptop').waitFor();
  assert.equal((await page.locator('.codes code').allTextContents()).length, 10);
  const { credentials } = await devtools.send('WebAuthn.getCredentials', { authenticatorId });
  assert.equal(credentials.length, 1);

  await page.context().clearCookies();
  await firstStep(page, 'pia@example.org');
  await page.getByRole('button', { name: 'Use my passkey' }).click();
  await page.waitForURL(/\/desk/);

  await page.context().clearCookies();
  await page.goto(`${desk}/sign-in`);
  await page.getByRole('button', { name: 'Sign in with a passkey' }).click();
  await page.waitForURL(/\/desk/);

  // Removed here, it opens nothing, whatever the device still has. The password is asked for.
  await page.goto(`${desk}/account/factors`);
  await page.getByText('Remove', { exact: true }).click();
  await page.getByRole('button', { name: 'Remove it' }).click();
  await page.getByText('That is not your present password').waitFor();
  await page.getByText('Remove', { exact: true }).click();
  await page.locator('.factor input[type=password]').fill(password);
  await page.getByRole('button', { name: 'Remove it' }).click();
  await page.getByText('Nothing yet').waitFor();
  await page.context().clearCookies();
  await page.goto(`${desk}/sign-in`);
  await page.getByRole('button', { name: 'Sign in with a passkey' }).click();
  await page.getByText('This passkey is not known here').waitFor();
});

test('staff who must have a second step make one before they are in; an administrator helps who lost it', async () => {
  const page = await browser.page(strict);
  await firstStep(page, 'tom@example.org', strict.url);
  await page.getByRole('heading', { name: 'A second step to sign in' }).waitFor();
  await checkAccessibility(page);
  await page.goto(`${strict.url}/desk`);
  assert.match(page.url(), /\/sign-in/);
  await page.goto(`${strict.url}/sign-in/second`);
  const letters = await page.locator('.factor-steps code').textContent();
  await page.getByLabel('The code that the app shows').fill(totp(letters));
  await page.getByRole('button', { name: 'Add it' }).click();
  await page.getByRole('heading', { name: 'Keep these codes' }).waitFor();
  await page.getByRole('link', { name: 'I have them. Go on' }).click();
  await page.waitForURL(/\/desk/);

  const api = await strict.api();
  const { json } = await api.get('/api/v2/users/search?query=email:tom@example.org');
  const tom = json.users[0].id;
  const visitor = strict.visitor();
  const form = forms((await visitor.get('/sign-in')).text).find((one) => 'password' in one.fields);
  await visitor.submit(await visitor.get('/sign-in'), form.action, { email: strict.admin.email, password: strict.admin.password });
  const enrol = await visitor.get('/sign-in/second');
  const secret = enrol.text.match(/<code>([A-Z2-7 ]+)<\/code>/)[1];
  const add = forms(enrol.text).find((one) => 'secret' in one.fields);
  assert.equal((await visitor.submit(enrol, add.action, { ...add.fields, name: 'phone', code: totp(secret) })).status, 200);
  const person = await visitor.get(`/people/${tom}`);
  assert.equal((await visitor.submit(person, `/people/${tom}/factors/remove`, {})).status, 303);
  const again = await browser.page(strict);
  await firstStep(again, 'tom@example.org', strict.url);
  await again.getByRole('heading', { name: 'A second step to sign in' }).waitFor();
  api.close();
});
