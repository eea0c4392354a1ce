// SPDX-License-Identifier: GPL-3.0-or-later
//
// An agent's day on the pages, as a browser without scripts sends them: throwing away and fetching
// back, spam, making words and files unreadable, printing.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { signIn } from '../support/desk.mjs';
import { forms, pageText } from '../support/http.mjs';
import { startServer } from '../support/server.mjs';
import { until } from '../support/wait.mjs';

let server;
let api;
let visitor;
let rita; // an agent who sees only what is hers
let light;
let ahead = 0;
let count = 0;

before(async () => {
  server = await startServer({ env: {} });
  api = await server.api();
  visitor = server.visitor();
  await signIn(visitor, server.admin);
  rita = await person('Rita Stein', 'agent', { ticket_restriction: 'assigned' });
  light = await person('Lia Licht', 'light-agent');
});
after(async () => {
  for (const one of [visitor, rita, light]) one?.close();
  api?.close();
  await server?.stop();
});

async function person(name, role, fields) {
  const email = `${name.split(' ')[0].toLowerCase()}@example.org`;
  const file = path.join(server.folder, 'password');
  fs.writeFileSync(file, 'four plain words here\n');
  await server.run(['user', 'add', email], ['--name', name, '--role', role, '--password-file', file]);
  const one = server.visitor();
  await signIn(one, { email, password: 'four plain words here' });
  one.id = (await api.get(`/api/v2/users/search?query=${email}`)).json.users[0].id;
  one.email = email;
  if (fields) assert.equal((await api.put(`/api/v2/users/${one.id}`, { user: fields })).status, 200);
  return one;
}

async function ticket(fields = {}) {
  count++;
  const requester = { name: `Asker ${count}`, email: `asker${count}@example.com` };
  const answer = await api.post('/api/v2/tickets', { ticket: { subject: `Help ${count}`, requester, comment: { body: `Please help ${count}.` }, ...fields } });
  assert.equal(answer.status, 201, answer.text);
  return answer.json.ticket;
}

async function mailed(subject, text) {
  count++;
  const mail = `From: Writer ${count} <writer${count}@example.com>\nTo: support@example.org\nSubject: ${subject}\nMessage-ID: <day${count}@example.com>\n\n${text}\n`;
  await server.run('deliver', ['--to', 'support@example.org'], { input: mail });
  const found = (await api.get('/api/v2/tickets?sort=-id&page[size]=1')).json.tickets[0];
  assert.equal(found.subject, subject);
  return found;
}

const walk = (folder) => fs.readdirSync(folder, { withFileTypes: true }).flatMap((one) => (one.isDirectory() ? walk(path.join(folder, one.name)) : [path.join(folder, one.name)]));
const show = async (id) => (await api.get(`/api/v2/tickets/${id}`)).json.ticket;
const comments = async (id) => (await api.get(`/api/v2/tickets/${id}/comments`)).json.comments;
const page = async (where, who = visitor) => pageText((await who.get(where)).text);
const user = async (id) => (await api.get(`/api/v2/users/${id}`)).json.user;

// The program's clock goes ahead, by way of a restart.
async function later(days) {
  ahead += days * 86400;
  await server.halt();
  server.options.env.STEWARD_TEST_AHEAD_SECONDS = String(ahead);
  await server.start();
}

async function signInAgain() {
  for (const one of [visitor, rita, light]) one.close();
  visitor = server.visitor();
  await signIn(visitor, server.admin);
}

test('a ticket is deleted from its menu, and the notice takes it back', async () => {
  const one = await ticket();
  const sent = await visitor.submit(await visitor.get(`/tickets/${one.id}`), '/tickets/remove');
  assert.equal(sent.status, 303);
  const list = await visitor.get(sent.location);
  assert.match(pageText(list.text), /1 ticket was deleted\./);
  assert.equal((await visitor.get(`/tickets/${one.id}`)).status, 404);
  assert.match(await page('/tickets/deleted'), new RegExp(`#${one.id} ${one.subject}.*deleted by`));
  const back = await visitor.submit(list, /\/tickets\/restore/);
  assert.equal(back.status, 303);
  assert.match(await page(back.location), /1 ticket is back\./);
  assert.equal((await visitor.get(`/tickets/${one.id}`)).status, 200);
});

test('many are deleted at once, and restored one by one', async () => {
  const [a, b] = [await ticket(), await ticket()];
  const list = await visitor.get('/desk?view=unassigned');
  const sent = await visitor.send('/tickets/remove', {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams([['csrf', forms(list.text)[1].fields.csrf ?? forms(list.text).find((f) => f.fields.csrf).fields.csrf], ['ids', a.id], ['ids', b.id], ['back', '/desk?view=unassigned']]).toString(),
  });
  assert.equal(sent.location, `/desk?view=unassigned&done=deleted&ids=${a.id},${b.id}`);
  assert.match(await page(sent.location), /2 tickets were deleted\./);
  const deleted = await visitor.get('/tickets/deleted');
  const form = forms(deleted.text).find((f) => f.action === '/tickets/restore' && f.fields.ids === String(b.id));
  const back = await visitor.send('/tickets/restore', { method: 'POST', headers: { 'content-type': 'application/x-www-form-urlencoded' }, body: new URLSearchParams(form.fields).toString() });
  assert.equal(back.status, 303);
  assert.equal((await api.get(`/api/v2/tickets/${a.id}`)).status, 404);
  assert.equal((await show(b.id)).status, 'new');
});

test('spam suspends its sender only when asked', async () => {
  const [a, b] = [await ticket(), await ticket()];
  for (const [one, suspend] of [[a, false], [b, true]]) {
    const asked = await visitor.get(`/tickets/spam?ids=${one.id}`);
    assert.match(pageText(asked.text), new RegExp(one.subject));
    const sent = await visitor.submit(asked, '/tickets/spam', suspend ? { suspend: '1' } : {});
    assert.match(await page(sent.location), /1 ticket was marked as spam and deleted\./);
    assert.equal((await user(one.requester_id)).suspended, suspend);
    assert.equal((await api.get(`/api/v2/tickets/${one.id}`)).status, 404);
  }
  assert.match(await page('/tickets/deleted'), new RegExp(`Spam #${b.id}`));
  await visitor.submit(await visitor.get('/tickets/deleted'), '/tickets/restore');
  assert.deepEqual((await show(b.id)).tags, []);
  const staff = await ticket({ requester_id: light.id, requester: undefined });
  const asked = await visitor.get(`/tickets/spam?ids=${staff.id}`);
  assert.ok(!/suspend/i.test(pageText(asked.text)));
  const refused = await visitor.submit(asked, '/tickets/spam', { suspend: '1' });
  assert.equal(refused.status, 422);
  assert.match(pageText(refused.text), /member of staff/);
  assert.equal((await show(staff.id)).status, 'new');
});

test('what somebody may not see or change, they cannot throw away, restore, blacken or print', async () => {
  const one = await ticket();
  const [comment] = await comments(one.id);
  const token = forms((await rita.get('/desk')).text).find((f) => f.fields.csrf).fields.csrf;
  const post = (where, fields = {}) => rita.send(where, { method: 'POST', headers: { 'content-type': 'application/x-www-form-urlencoded' }, body: new URLSearchParams({ csrf: token, ...fields }).toString() });
  assert.equal((await post('/tickets/remove', { ids: one.id })).status, 404);
  assert.equal((await post('/tickets/spam', { ids: one.id, sure: 1, suspend: 1 })).status, 404);
  assert.equal((await rita.get(`/tickets/spam?ids=${one.id}`)).status, 404);
  assert.equal((await rita.get(`/tickets/${one.id}/print`)).status, 404);
  const where = `/tickets/${one.id}/comments/${comment.id}/redact`;
  assert.equal((await rita.get(where)).status, 404);
  assert.equal((await post(where, { words: 'Please' })).status, 404);
  assert.equal((await user(one.requester_id)).suspended, false);
  await api.delete(`/api/v2/tickets/${one.id}`);
  assert.ok(!(await page('/tickets/deleted', rita)).includes(one.subject));
  assert.equal((await post(`/tickets/restore?ids=${one.id}`)).status, 404);
  assert.equal((await post('/tickets/purge', { ids: one.id })).status, 403);
  assert.equal((await light.get('/tickets/deleted')).status, 403);
  // A comment of another ticket is not reached through one that is one's own.
  const own = await ticket({ assignee_id: rita.id });
  assert.equal((await rita.get(`/tickets/${own.id}/comments/${comment.id}/redact`)).status, 404);
  assert.equal((await post(`/tickets/${own.id}/comments/${comment.id}/redact`, { words: 'Please' })).status, 404);
});

test('words become unreadable everywhere, the mail that brought them included', async () => {
  const one = await mailed('Card 4111-2222', 'My card is 4111-2222, code 987.');
  const comment = (await comments(one.id))[0];
  await api.put(`/api/v2/tickets/${one.id}`, { ticket: { comment: { body: 'Is 4111-2222 right?', public: false } } });
  const where = `/tickets/${one.id}/comments/${comment.id}/redact`;
  const asked = await visitor.get(where);
  assert.match(pageText(asked.text), /The mail as it came is thrown away/);
  assert.equal((await visitor.submit(asked, where, { words: '' })).status, 422);
  const wrong = await visitor.submit(asked, where, { words: '4111-2222\nnobody said this' });
  assert.equal(wrong.status, 422);
  assert.match((await comments(one.id))[0].plain_body, /4111/, 'all of it, or nothing');
  const done = await visitor.submit(asked, where, { words: '4111-2222\n987', everywhere: '1' });
  assert.equal(done.status, 303, pageText(done.text));
  const after = await comments(one.id);
  assert.match(after[0].plain_body, /My card is ▇{9}, code ▇▇▇\./);
  assert.match(after[1].plain_body, /Is ▇{9} right\?/);
  assert.equal((await show(one.id)).subject, 'Card ▇▇▇▇▇▇▇▇▇');
  for (const at of [`/tickets/${one.id}`, `/search?q=4111`, `/tickets/${one.id}/print?notes=1`]) assert.ok(!(await page(at)).includes('card is 4111'), at);
  assert.ok(!JSON.stringify((await api.get(`/api/v2/tickets/${one.id}/audits`)).json).includes('4111'));
  assert.deepEqual((await api.get('/api/v2/search?query=4111')).json.count, 0);
  const out = path.join(server.folder, 'everything');
  await server.run('export', ['--to', out]);
  for (const file of walk(out)) assert.ok(!fs.readFileSync(file, 'latin1').includes('4111'), file);
  assert.equal((await server.run('check')).code, 0);
});

const upload = async (name, text) => (await api.call('POST', `/api/v2/uploads?filename=${name}`, text, { 'content-type': 'text/plain' })).json.upload.token;

test('a file is emptied', async () => {
  const one = await ticket({ comment: { body: 'See the file.', uploads: [await upload('secret.txt', 'the secret plan')] } });
  const comment = (await comments(one.id))[0];
  const where = `/tickets/${one.id}/comments/${comment.id}/redact`;
  const asked = await visitor.get(where);
  assert.match(pageText(asked.text), /secret\.txt/);
  const sent = await visitor.submit(asked, where, { file: String(comment.attachments[0].id) });
  assert.equal(sent.status, 303);
  assert.deepEqual((await comments(one.id))[0].attachments.map((file) => [file.file_name, file.size]), [['redacted.txt', 0]]);
});

test('a ticket on paper leaves internal notes out unless they are asked for', async () => {
  const one = await ticket();
  await api.put(`/api/v2/tickets/${one.id}`, { ticket: { comment: { body: 'He is on the list.', public: false } } });
  const plain = await visitor.get(`/tickets/${one.id}/print`);
  assert.ok(!plain.text.includes('on the list'));
  assert.match(pageText(plain.text), /With 1 internal note.*Asked by Asker.*Please help/);
  assert.match(await page(`/tickets/${one.id}/print?notes=1`), /Internal note.*He is on the list/);
});

// The address of the ticket that playing hands out.
const play = async (who, query) => (await who.send(`/desk/play?${query}`)).location;

test('playing hands out one ticket after the other, and none that somebody else has open', async () => {
  const eva = await person('Eva Adam', 'agent');
  const ids = [];
  for (let i = 0; i < 3; i++) ids.push((await ticket({ tags: ['game'], assignee_id: undefined })).id);
  const view = (await api.post('/api/v2/views', { view: { title: 'Game', all: [{ field: 'status', operator: 'less_than', value: 'solved' }, { field: 'current_tags', operator: 'includes', value: 'game' }], output: { sort_by: 'nice_id', sort_order: 'asc' } } })).json.view;
  const first = await play(visitor, `view=${view.id}`);
  assert.equal(first, `/tickets/${ids[0]}?play=${view.id}&played=`);
  assert.equal(await play(eva, `view=${view.id}`), `/tickets/${ids[1]}?play=${view.id}&played=`, 'the first is taken');
  const shown = await visitor.get(first);
  assert.match(pageText(shown.text), /Next ticket Stop playing/);
  // Saving properties stays; answering goes on.
  const saved = await visitor.submit(shown, `/tickets/${ids[0]}/properties`, { priority: 'high' });
  assert.equal(saved.location, first);
  const sent = await visitor.submit(await visitor.get(first), `/tickets/${ids[0]}/comments`, { body: 'Done.', status: 'solved' });
  assert.equal(sent.location, `/desk/play?view=${view.id}&played=${ids[0]}`);
  const second = (await visitor.send(sent.location)).location;
  assert.match(second, new RegExp(`^/tickets/${ids[2]}\\?play=${view.id}`));
  const link = (await visitor.get(second)).text.match(/href="(\/desk\/play[^"]+)"/)[1].replaceAll('&amp;', '&');
  const end = await visitor.get(link);
  assert.match(pageText(end.text), /No further ticket.*You have had 2 tickets in this round\. 1 ticket is open at somebody else\./);
  assert.equal((await rita.get(`/desk/play?view=${view.id}`)).text.includes('No further ticket'), true, 'what one may not see is not handed out');
  assert.equal((await visitor.send('/desk/play?view=999999')).status, 404);
  eva.close();
});

test('a board has a column for each status, right counts and pages, and moves by its form', async () => {
  const ids = [];
  for (let i = 0; i < 27; i++) ids.push((await ticket({ tags: ['plank'], status: 'open' })).id);
  const view = (await api.post('/api/v2/views', { view: { title: 'Planks', all: [{ field: 'status', operator: 'less_than', value: 'closed' }, { field: 'current_tags', operator: 'includes', value: 'plank' }] } })).json.view;
  const where = `/desk/board?view=${view.id}`;
  const board = await visitor.get(where);
  assert.match(pageText(board.text), /New 0 Open 27 /);
  const cards = (html) => [...html.matchAll(/id="card-(\d+)"/g)].map((m) => Number(m[1]));
  assert.equal(cards(board.text).length, 25);
  const more = await visitor.get(board.text.match(/href="([^"]*open=25[^"]*)"/)[1].replaceAll('&amp;', '&'));
  assert.match(pageText(more.text), /Open 27 .*Before/);
  assert.deepEqual([...cards(board.text), ...cards(more.text)].sort((a, b) => a - b), ids);
  const moved = await visitor.submit(board, where, { move: `${ids[3]}:pending` });
  assert.equal(moved.location, `${where}#card-${ids[3]}`);
  assert.equal((await show(ids[3])).status, 'pending');
  assert.match(await page(where), /Open 26 .*Waiting 1 .*Solved 0/);
  for (const wrong of [`${ids[3]}:new`, `${ids[3]}:closed`, 'x:open', ids[3]]) assert.equal((await visitor.submit(board, where, { move: String(wrong) })).status, 422, wrong);
  assert.equal((await light.get(where)).status, 200);
  const lights = await light.get(where);
  assert.ok(!lights.text.includes('name="move"'));
  assert.equal((await light.submit(lights, where, { move: `${ids[4]}:solved` })).status, 403);
  const ritas = await rita.get(where);
  assert.equal(cards(ritas.text).length, 0);
  assert.equal((await rita.submit(ritas, where, { move: `${ids[4]}:solved` })).status, 404);
  assert.equal((await show(ids[4])).status, 'open');
});

test('the home says what needs me, what waits, what was solved and what people said; nothing of others', async () => {
  const me = (await api.get('/api/v2/users/me')).json.user.id;
  const mine = async (status, fields = {}) => ticket({ assignee_id: me, status, ...fields });
  const [now, waits, done] = [await mine('open'), await mine('pending'), await mine('open')];
  await api.put(`/api/v2/tickets/${done.id}`, { ticket: { status: 'solved', comment: { body: 'It works again.' } } });
  const other = await ticket({ assignee_id: rita.id, status: 'open' });
  const asker = await server.api((await user(done.requester_id)).email);
  const judged = await asker.post(`/api/v2/tickets/${done.id}/satisfaction_rating`, { satisfaction_rating: { score: 'good', comment: 'Very quick' } });
  assert.equal(judged.status, 200, judged.text);
  asker.close();
  const home = await page('/desk');
  const part = (from, to) => home.slice(home.indexOf(from), home.indexOf(to));
  assert.ok(part('Needs you now', 'Waits on others').includes(now.subject), home);
  assert.ok(part('Waits on others', 'Solved this week').includes(waits.subject));
  assert.ok(part('Solved this week', 'What people said').includes(done.subject));
  assert.match(home, new RegExp(`What people said Helped Very quick Asker \\d+ · ${done.subject}`));
  assert.ok(!home.includes(`${other.subject} `), 'the tickets of others do not stand here');
  assert.ok((await page('/desk', rita)).includes(other.subject));
  assert.match(await page('/desk', light), /Nothing waits for you/);
});

test('what nobody restores is gone after thirty days, with its files', async () => {
  const one = await ticket({ comment: { body: 'Words of old.', uploads: [await upload('plan.txt', 'the plan of old')] } });
  const blobs = () => walk(path.join(server.data, 'blobs')).filter((file) => fs.readFileSync(file, 'latin1') === 'the plan of old');
  await api.delete(`/api/v2/tickets/${one.id}`);
  assert.equal(blobs().length, 1);
  await later(29);
  assert.ok((await api.get('/api/v2/deleted_tickets?page[size]=100')).json.deleted_tickets.some((t) => t.id === one.id));
  await later(2);
  await until('the purge', async () => !(await api.get('/api/v2/deleted_tickets?page[size]=100')).json.deleted_tickets.some((t) => t.id === one.id));
  assert.equal((await api.put(`/api/v2/deleted_tickets/${one.id}/restore`)).status, 404);
  assert.equal((await server.run('check')).code, 0);
  await later(2);
  await until('the file to be set aside', () => blobs().every((file) => file.includes('aside')));
  await later(2);
  await until('the collector', () => blobs().length === 0);
  await signInAgain();
  assert.ok(!(await page('/tickets/deleted')).includes(one.subject));
});
