// SPDX-License-Identifier: GPL-3.0-or-later
//
// Services: people ask for them by forms, without scripts and without an account; administrators
// arrange the forms; a request keeps the version that it was made with.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { signIn } from '../support/desk.mjs';
import { pageText } from '../support/http.mjs';
import { startServer } from '../support/server.mjs';

const READY = ['Equipment request', 'Repair', 'Network account change', 'New starter', 'Media duplication', 'Room and distance-teaching technology', 'Software request', 'Something else'];
const LAPTOP = { name: 'Ana Ruiz', email: 'ana@example.com', f1: 'Laptop', f3: 'ana@example.com', f4: 'To work at home', f5: '2026-12-01', f6: 'North 3' };

let server;
let api;
let admin;

before(async () => {
  server = await startServer();
  api = await server.api();
  admin = server.visitor();
  await signIn(admin, server.admin);
});
after(async () => {
  admin.close();
  api.close();
  await server.stop();
});

const newest = async () => (await api.get('/api/v2/tickets?sort_by=created_at&sort_order=desc')).json.tickets[0];
const tickets = async () => (await api.get('/api/v2/tickets/count')).json.count.value;

// Fills in a service's form as a visitor and sends it.
async function ask(visitor, service, fields) {
  return visitor.submit(await visitor.get(`/services/${service}`), new RegExp(`^/services/${service}$`), fields);
}

// Presses a button or sends a form of the page where administrators arrange a service.
async function arrange(service, where, fields = {}) {
  return admin.submit(await admin.get(`/admin/services/${service}`), new RegExp(`/services/${service}${where}$`), fields);
}

test('a visitor finds what the desk offers, and a person beside it', async () => {
  const visitor = server.visitor();
  const list = await visitor.get('/services');
  assert.equal(list.status, 200);
  let at = 0;
  for (const name of READY) {
    assert.ok(list.text.indexOf(name, at) > at, `${name} is missing or out of order`);
    at = list.text.indexOf(name, at);
  }
  for (const page of [list, ...(await Promise.all(READY.map((name, i) => visitor.get(`/services/${i + 1}`))))]) {
    assert.equal(page.status, 200);
    assert.ok(page.text.indexOf('href="/ask"') > 0 && page.text.indexOf('href="/ask"') < page.text.indexOf('</main>'));
  }
  assert.match((await visitor.get('/')).text, /href="\/services"/);
  visitor.close();
});

test('a form becomes a ticket with its answers, without scripts and without an account', async () => {
  const visitor = server.visitor();
  const sent = await ask(visitor, 1, LAPTOP);
  assert.equal(sent.status, 303, sent.text);
  assert.equal(sent.location, '/asked');
  const ticket = await newest();
  assert.equal(ticket.subject, 'Equipment request: Laptop');
  assert.equal(ticket.description, 'What do you need? Laptop\nWho is it for? ana@example.com\n\nWhat is it needed for?\nTo work at home\n\nBy when? 2026-12-01\nWhere shall we bring it? North 3');
  const shown = pageText((await admin.get(`/tickets/${ticket.id}`)).text);
  assert.match(shown, /Service Equipment request Version 1/);
  assert.match(shown, /What do you need\? Laptop/);
  visitor.close();
});

test('what is missing is said at the question, and nothing that was written is lost', async () => {
  const visitor = server.visitor();
  const before = await tickets();
  const sent = await ask(visitor, 1, { ...LAPTOP, f1: 'Something else', f2: '', f5: 'soon' });
  assert.equal(sent.status, 422);
  assert.match(sent.text, /id="f2-error">Please answer this\./);
  assert.match(sent.text, /id="f5-error">Please give a day/);
  assert.match(sent.text, /To work at home/);
  assert.match(sent.text, /value="Something else" selected/);
  const nobody = await ask(visitor, 1, { ...LAPTOP, email: 'no address' });
  assert.equal(nobody.status, 422);
  assert.match(nobody.text, /id="email-error"/);
  const robot = await ask(visitor, 1, { ...LAPTOP, website: 'https://spam.example' });
  assert.equal(robot.status, 303);
  assert.equal(await tickets(), before);
  visitor.close();
});

test('a question that does not apply asks for nothing and says nothing', async () => {
  const visitor = server.visitor();
  const sent = await ask(visitor, 4, { name: 'Lea', email: 'lea@example.com', f1: 'Max New', f2: '2026-12-01', f3: 'lea@example.com', f4: 'South 1', f6: 'Laptop' });
  assert.equal(sent.status, 303, sent.text);
  assert.doesNotMatch((await newest()).description, /Which computer/);
  const missing = await ask(visitor, 4, { name: 'Lea', email: 'lea@example.com', f1: 'Max New', f2: '2026-12-01', f3: 'lea@example.com', f4: 'South 1', f5: 'yes' });
  assert.equal(missing.status, 422);
  assert.match(missing.text, /id="f6-error"/);
  visitor.close();
});

test('who is signed in is known, and lands at the request', async () => {
  const created = await api.post('/api/v2/users', { user: { name: 'Eva Lund', email: 'eva@example.com', password: 'four quiet plain words' } });
  const eva = server.visitor();
  await signIn(eva, { email: 'eva@example.com', password: 'four quiet plain words' });
  const page = await eva.get('/services/1');
  assert.match(page.text, /name="f3" value="eva@example.com"/);
  assert.doesNotMatch(page.text, /name="email"/);
  const sent = await ask(eva, 1, { f1: 'Screen', f4: 'Small letters' });
  assert.match(sent.location, /^\/requests\/\d+$/);
  const request = await eva.get(sent.location);
  assert.match(pageText(request.text), /Equipment request: Screen/);
  assert.doesNotMatch(pageText(request.text), /Version 1/);
  assert.equal((await newest()).requester_id, created.json.user.id);
  // Forms in the making, and old ones, are not theirs.
  for (const where of ['/services/1/versions/1', '/admin/services', '/admin/services/1', '/admin/services/1/preview']) {
    assert.equal((await eva.get(where)).status, 403, where);
  }
  eva.close();
});

test('administrators change a form; a request keeps the version that it was made with', async () => {
  const visitor = server.visitor();
  const old = await visitor.get('/services/7');
  assert.equal((await arrange(7, '/fields', { label: 'Which licence?', kind: 'choice', choices: 'Free\r\n\r\nPaid ', required: '1' })).status, 303);
  assert.match(pageText((await admin.get('/admin/services/7')).text), /Version 2 is a draft/);
  assert.doesNotMatch((await visitor.get('/services/7')).text, /Which licence/);
  assert.match((await admin.get('/admin/services/7/preview')).text, /Which licence/);
  // Agents see what is published, and arrange nothing.
  await api.post('/api/v2/users', { user: { name: 'Tom', email: 'tom@desk.example', role: 'agent', password: 'four quiet plain words' } });
  const tom = server.visitor();
  await signIn(tom, { email: 'tom@desk.example', password: 'four quiet plain words' });
  assert.equal((await tom.get('/services/7/versions/1')).status, 200);
  assert.equal((await tom.get('/services/7/versions/2')).status, 404);
  assert.equal((await tom.get('/admin/services/7')).status, 403);
  tom.close();
  assert.equal((await arrange(7, '/publish')).status, 303);
  const fresh = await visitor.get('/services/7');
  assert.match(fresh.text, /<option value="Paid">/);
  const who = { name: 'Ole', email: 'ole@example.com', f1: 'Maths', f3: 'To count' };
  assert.equal((await visitor.submit(old, /^\/services\/7$/, who)).status, 303);
  assert.match(pageText((await admin.get(`/tickets/${(await newest()).id}`)).text), /Service Software request Version 1/);
  assert.equal((await visitor.submit(fresh, /^\/services\/7$/, who)).status, 422);
  assert.equal((await visitor.submit(fresh, /^\/services\/7$/, { ...who, f4: 'Paid' })).status, 303);
  assert.match(pageText((await admin.get(`/tickets/${(await newest()).id}`)).text), /Service Software request Version 2/);
  assert.match(pageText((await admin.get('/admin/services/7')).text), /Version 2 · 1 request .*Version 1 · 1 request/);
  assert.doesNotMatch((await admin.get('/services/7/versions/1')).text, /Which licence/);
  visitor.close();
});

test('questions move by buttons, never before what they depend on', async () => {
  const order = async () => [...(await admin.get('/admin/services/3')).text.matchAll(/id="field-(\d+)"/g)].map((one) => Number(one[1]));
  assert.deepEqual(await order(), [1, 2, 3, 4, 5, 6]);
  assert.equal((await arrange(3, '/fields/3', { do: 'up' })).status, 303);
  assert.deepEqual(await order(), [1, 3, 2, 4, 5, 6]);
  const refused = await arrange(3, '/fields/3', { do: 'up' });
  assert.equal(refused.status, 422);
  assert.match(refused.text, /can depend only on one that stands before it/);
  assert.equal((await arrange(3, '/discard')).status, 303);
  assert.deepEqual(await order(), [1, 2, 3, 4, 5, 6]);
});

test('a new service is offered when its form is published; a closed one is not there', async () => {
  const made = await admin.submit(await admin.get('/admin/services'), /^\/admin\/services$/, { name: 'Poster printing' });
  assert.equal(made.status, 303, made.text);
  const id = made.location.split('/').pop();
  const visitor = server.visitor();
  const early = await arrange(id, '', { name: 'Poster printing', open: '1' });
  assert.equal(early.status, 422);
  assert.match(early.text, /Publish the form first/);
  assert.equal((await visitor.get(`/services/${id}`)).status, 404);
  await arrange(id, '/publish');
  assert.equal((await visitor.get(`/services/${id}`)).status, 404);
  assert.equal((await arrange(id, '', { name: 'Posters', summary: 'Large ones', open: '1' })).status, 303);
  const page = await visitor.get(`/services/${id}`);
  assert.equal(page.status, 200);
  assert.match((await visitor.get('/services')).text, /Posters/);
  assert.equal((await arrange(id, '', { name: 'Posters', open: '' })).status, 303);
  const late = await visitor.submit(page, new RegExp(`/services/${id}$`), { email: 'ole@example.com', f1: 'A poster' });
  assert.equal(late.status, 404);
  assert.doesNotMatch((await visitor.get('/services')).text, /Posters/);
  visitor.close();
});
