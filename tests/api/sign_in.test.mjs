// SPDX-License-Identifier: GPL-3.0-or-later
//
// Signing in as people do it: the first run, passwords, links and new passwords by real mails.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { signIn } from '../support/desk.mjs';
import { pageText } from '../support/http.mjs';
import { startServer } from '../support/server.mjs';
import { until } from '../support/wait.mjs';
import { startSink } from '../support/smtp-sink.mjs';

const home = 'https://help.example.org';
let sink;
let server;

before(async () => {
  sink = await startSink();
  server = await startServer({ smtp: sink.url, env: { STEWARD_PUBLIC_URL: home } });
  const admin = await server.api();
  for (const user of [
    { name: 'Ana Ruiz', email: 'ana@customer.example' },
    { name: 'Tom Berg', email: 'tom@example.org', role: 'agent' },
  ]) {
    assert.equal((await admin.post('/api/v2/users', { user })).status, 201);
  }
  admin.close();
});
after(async () => {
  await server.stop();
  await sink.close();
});

// The link of the next mail to that address; mails read once are put aside.
async function mailedLink(address, path) {
  const mail = await sink.wait((one) => one.to.includes(address) && !one.read);
  mail.read = true;
  const found = mail.text.match(new RegExp(`${home}${path}\\?token=([\\w-]+)`));
  assert.ok(found, mail.text);
  return `${path}?token=${found[1]}`;
}

test('a link by mail signs in once, by its button only', async () => {
  const browser = server.visitor();
  const page = await browser.get('/sign-in?next=/requests');
  const asked = await browser.send('/sign-in/link', {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded', host: 'evil.example' },
    body: new URLSearchParams({
      csrf: page.text.match(/name="csrf" value="([^"]+)"/)[1],
      email: 'Ana@customer.example',
      next: '/requests',
    }).toString(),
  });
  assert.equal(asked.status, 200, asked.text);
  const link = await mailedLink('ana@customer.example', '/sign-in/link');

  // A mail filter that looks at every link, twice, with GET and HEAD.
  for (const method of ['GET', 'HEAD', 'GET']) {
    assert.equal((await server.visitor().send(link, { method })).status, 200);
  }
  const confirm = await browser.get(link);
  assert.match(pageText(confirm.text), /You sign in as Ana Ruiz/);
  const signedIn = await browser.submit(confirm, '/sign-in/link/use');
  assert.equal(signedIn.status, 303);
  assert.equal(signedIn.location, '/requests');
  assert.match((await browser.get('/account')).text, /Ana Ruiz/);

  const other = server.visitor();
  assert.equal((await other.send(link)).status, 410);
  browser.close();
  other.close();
});

test('the answer does not tell who has an account', async () => {
  const browser = server.visitor();
  const answers = [];
  for (const email of ['tom@example.org', 'xyz@example.org']) {
    const page = await browser.get('/password/forgotten');
    const answer = await browser.submit(page, '/password/forgotten', { email });
    answers.push([answer.status, pageText(answer.text).replace(email, 'ADDRESS')]);
  }
  assert.deepEqual(answers[0], answers[1]);
  const link = await mailedLink('tom@example.org', '/password/reset');
  const form = await browser.get(link);
  const weak = await browser.submit(form, '/password/reset', { password: 'password123' });
  assert.equal(weak.status, 422);
  assert.match(pageText(weak.text), /most used/);
  const done = await browser.submit(form, '/password/reset', { password: 'wind lamp river nine' });
  assert.equal(done.status, 303);
  assert.equal(done.location, '/desk');
  const again = server.visitor();
  await signIn(again, { email: 'TOM@example.org', password: 'wind lamp river nine' });
  const sessions = await again.get('/account');
  assert.match(pageText(sessions.text), /this one/);
  browser.close();
  again.close();
});

test('a new password ends all other sessions; a session can be ended from elsewhere', async () => {
  const person = { email: 'tom@example.org', password: 'wind lamp river nine' };
  const [one, two] = [server.visitor(), server.visitor()];
  await signIn(one, person);
  await signIn(two, person);
  const account = await one.get('/account');
  const changed = await one.submit(account, '/account/password', {
    previous: person.password,
    password: 'nine rivers lamp wind',
  });
  assert.equal(changed.status, 303, changed.text);
  assert.equal((await one.send('/account')).status, 200);
  assert.equal((await two.send('/account')).status, 303);
  await signIn(two, { ...person, password: 'nine rivers lamp wind' });
  const others = await one.submit(await one.get('/account'), '/account/sessions/end-others');
  assert.equal(others.status, 303);
  assert.equal((await two.send('/account')).status, 303);
  one.close();
  two.close();
});

test('an invitation lets a new agent choose a password', async () => {
  const admin = server.visitor();
  await signIn(admin, server.admin);
  const form = await admin.get('/people/new');
  const made = await admin.submit(form, '/people', { name: 'Lena Kurz', email: 'lena@example.org', role: 'agent' });
  assert.equal(made.status, 303, made.text);
  const page = await admin.get(made.location);
  assert.equal((await admin.submit(page, /invite$/)).status, 303);
  const lena = server.visitor();
  const welcome = await lena.get(await mailedLink('lena@example.org', '/invitation'));
  const begun = await lena.submit(welcome, '/invitation', { password: 'four plain words here' });
  assert.equal(begun.status, 303);
  assert.equal((await lena.get('/desk')).status, 200);
  admin.close();
  lena.close();
});

test('suspended people are out at once', async () => {
  const person = { email: 'lena@example.org', password: 'four plain words here' };
  const [lena, admin] = [server.visitor(), server.visitor()];
  await signIn(lena, person);
  await signIn(admin, server.admin);
  const list = await admin.get('/people?q=lena');
  const page = await admin.get(list.text.match(/\/people\/\d+/)[0]);
  assert.equal((await admin.submit(page, /suspend$/)).status, 303);
  assert.equal((await lena.send('/desk')).status, 303);
  await assert.rejects(signIn(server.visitor(), person), /answered with 422/);
  lena.close();
  admin.close();
});

test('without an administrator the first visitor who has the code becomes one', async () => {
  const fresh = await startServer({ init: false });
  try {
    const code = await until('the code', () => fresh.log.match(/code: (\w+)/)?.[1]);
    const eve = fresh.visitor();
    const page = await eve.get('/sign-in');
    assert.match(page.url, /^\/setup/);
    const fields = { name: 'Eve', email: 'eve@example.org', password: 'four plain words here' };
    const wrong = await eve.submit(page, '/setup', { ...fields, code: 'guess' });
    assert.equal(wrong.status, 422);
    const right = await eve.submit(page, '/setup', { ...fields, code });
    assert.equal(right.status, 303);
    assert.ok(fresh.log.includes(`Open ${fresh.url}/setup in a browser`), fresh.log);
    assert.ok((await eve.get('/admin')).text.includes(`${fresh.data}/steward.conf`));
    // What to do next stands where the first ticket will be, and no longer when it is there.
    const empty = await eve.get('/desk');
    assert.match(empty.text, /Your desk is open/);
    const ask = await eve.get('/ask');
    assert.equal((await eve.submit(ask, '/ask', { subject: 'Hello', body: 'Is anybody there?' })).status, 303);
    assert.doesNotMatch((await eve.get('/desk')).text, /Your desk is open/);
    const late = await fresh.visitor().send('/setup');
    assert.equal(late.location, '/sign-in');
    eve.close();
  } finally {
    await fresh.stop();
  }
});
