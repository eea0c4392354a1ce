// SPDX-License-Identifier: GPL-3.0-or-later
//
// A living desk is taken over by its own exports: as it is, over failures and interruptions, only what is new the next
// time, and without being led elsewhere. The other desk is a small one made for this, and Steward itself.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { foreignDesk, serveForeign, time } from '../support/foreign-desk.mjs';
import { program, runProgram, startServer } from '../support/server.mjs';
import { until } from '../support/wait.mjs';

const KEY = 'admin@old.example/token:s3cret';
let server;
let api;
const closing = [];
const at = (...parts) => path.join(server.folder, ...parts);
const words = (url, name, more = []) => ['import', '--from', 'zendesk', url, '--data', server.data, ...server.dbArgs(), '--name', name, '--user', 'admin@old.example', '--token-file', at('token'), ...more];
const bring = async (url, name, { code = 0, env = {}, args = [] } = {}) => {
  const result = await runProgram(words(url, name, args), { env });
  assert.equal(result.code, code, result.stdout + result.stderr);
  return result;
};
const counts = (text, plain) => text.split('\n').find((line) => line.startsWith(`${plain}  `)).slice(plain.length).trim().split(/\s+/).map(Number);
const ticketCalled = async (subject) => (await api.get(`/api/v2/search.json?query=${encodeURIComponent(`type:ticket subject:"${subject}"`)}`)).json.results;
const commentsOf = async (id, client = api) => (await client.get(`/api/v2/tickets/${id}/comments.json`)).json.comments;
const serve = async (desk, options = {}) => {
  const foreign = await serveForeign(desk, { key: KEY, ...options });
  closing.push(foreign.close);
  return foreign;
};
// The desk's files are at its own address.
const settle = (desk, origin) => {
  for (const comment of Object.values(desk.comments).flat()) {
    for (const file of comment.attachments ?? []) file.content_url = `${origin}/files/${file.id}`;
  }
};
const once = (fn) => {
  const done = new Set();
  return (call, response) => {
    const key = call.path;
    if (done.has(key)) return false;
    done.add(key);
    return fn(call, response);
  };
};

before(async () => {
  server = await startServer();
  api = await server.api();
  fs.writeFileSync(at('token'), 's3cret\n');
});
after(async () => {
  await Promise.all(closing.map((close) => close()));
  await server.stop();
});

test('it comes whole, over calls that fail', async () => {
  const desk = foreignDesk();
  const trouble = once((call, response) => {
    if (call.path === '/api/v2/incremental/tickets/cursor.json') {
      response.writeHead(429, { 'retry-after': '1' }).end('{"error":"too many"}');
    } else if (call.path.endsWith('/31/comments.json')) {
      response.writeHead(503).end('busy');
    } else if (call.path === '/api/v2/groups.json') {
      response.destroy();
    } else {
      return false;
    }
    return true;
  });
  const asked = [];
  const foreign = await serve(desk, {
    before: (call, response) => {
      asked.push([call.path, performance.now()]);
      return trouble(call, response);
    },
  });
  settle(desk, foreign.origin);
  delete desk.files[12];
  const result = await bring(`${foreign.origin}/api/v2/`, 'whole');
  assert.deepEqual(counts(result.stdout, 'tickets'), [3, 0, 0, 1, 0, 1]);
  assert.deepEqual(counts(result.stdout, 'comments'), [4, 0, 0, 0, 0, 0]);
  assert.deepEqual(counts(result.stdout, 'people'), [4, 0, 1, 1, 0, 0]);
  assert.deepEqual(counts(result.stdout, 'members of groups').slice(0, 1), [1]);
  assert.match(result.stdout, /2 files \(\d+ bytes\) fetched by/);
  const [first, second] = asked.filter(([where]) => where === '/api/v2/incremental/tickets/cursor.json').map(([, when]) => when);
  assert.ok(second - first >= 950, `it waited ${second - first} ms of the second that was asked for`);
  const [ticket] = await ticketCalled('The printer sings');
  const comments = await commentsOf(ticket.id);
  assert.deepEqual(comments.map((one) => [one.public, one.created_at]), [[true, time(3)], [false, time(4)], [true, time(5, 8)]]);
  const song = comments[0].attachments.find((one) => one.file_name === 'song.txt');
  assert.equal(await (await fetch(song.content_url, { headers: api.headers })).text(), 'La la la\n');
  assert.equal(ticket.updated_at, time(5));
  assert.ok(ticket.custom_fields.some((one) => one.value === 'model_big'));
  assert.doesNotMatch(result.stdout, /^statuses /m, 'what the other desk does not have is passed over');
  assert.deepEqual(['macros', 'articles', 'translations'].map((plain) => counts(result.stdout, plain)[0]), [1, 2, 1]);
});

test('the next time only what is new is asked for', async () => {
  const desk = foreignDesk();
  const foreign = await serve(desk);
  desk.tickets.forEach((one) => { one.subject = `Again: ${one.subject}`; });
  settle(desk, foreign.origin);
  await bring(foreign.origin, 'again');
  const had = foreign.calls.length;
  Object.assign(desk.tickets[1], { priority: 'urgent', updated_at: time(9) });
  desk.comments[32] = [{ id: 3299, author_id: 701, body: 'Later words', public: true, created_at: time(9), attachments: [] }];
  desk.users.push({ id: 709, name: 'Newcomer', email: 'new@old.example', role: 'end-user', active: true, updated_at: time(9) });
  const result = await bring(foreign.origin, 'again');
  const fresh = foreign.calls.slice(had);
  assert.deepEqual(fresh.filter((call) => call.path.endsWith('comments.json')).map((call) => call.path), ['/api/v2/tickets/32/comments.json']);
  assert.equal(fresh.filter((call) => call.path.startsWith('/files')).length, 0);
  assert.equal(fresh.filter((call) => call.path.includes('/incremental/tickets')).length, 1);
  assert.deepEqual(counts(result.stdout, 'tickets').slice(0, 2), [0, 1]);
  assert.deepEqual(counts(result.stdout, 'people').slice(0, 2), [1, 0]);
  const [ticket] = await ticketCalled('Again: Without comments');
  assert.equal(ticket.priority, 'urgent');
  assert.deepEqual((await commentsOf(ticket.id)).map((one) => one.body), ['Only a description.', 'Later words']);
});

test('killed while it fetches it goes on where it was', async () => {
  const desk = foreignDesk();
  desk.tickets = Array.from({ length: 6 }, (_, i) => ({ id: 100 + i, subject: `Cut ${i}`, status: 'open', requester_id: 702, created_at: time(1 + i), updated_at: time(1 + i) }));
  desk.comments = Object.fromEntries(desk.tickets.map((one) => [one.id, [1, 2, 3].map((n) => ({ id: 10 * one.id + n, author_id: 702, body: `${n} of ${one.id}`, public: true, created_at: time(n), attachments: [] }))]));
  let hang = true;
  // The second ticket of the second page.
  const foreign = await serve(desk, { before: (call) => hang && call.path.endsWith('/103/comments.json') });
  const child = spawn(program, words(foreign.origin, 'cut'), { env: { ...process.env } });
  const ended = new Promise((resolve) => { child.on('close', (code, signal) => resolve(signal)); });
  await until('it to hang', () => foreign.calls.some((call) => call.path.endsWith('/103/comments.json')), 30000);
  child.kill('SIGKILL');
  assert.equal(await ended, 'SIGKILL');
  hang = false;
  const had = foreign.calls.length;
  const result = await bring(foreign.origin, 'cut');
  const asked = [...new Set(foreign.calls.slice(had).map((call) => call.path).filter((where) => where.endsWith('/comments.json')))];
  assert.deepEqual(asked, [103, 104, 105].map((id) => `/api/v2/tickets/${id}/comments.json`), 'what was fetched is not fetched again');
  assert.deepEqual(counts(result.stdout, 'tickets').slice(0, 1), [6]);
  assert.deepEqual(counts(result.stdout, 'comments').slice(0, 1), [18]);
});

test('files lead nowhere inside, and the key goes nowhere else', async () => {
  const desk = foreignDesk();
  desk.tickets = [{ id: 200, subject: 'Led astray', status: 'open', requester_id: 702, created_at: time(1), updated_at: time(1) }];
  const seen = [];
  const inside = await serve({ ...desk, files: { 1: 'secret of the network' } }, { before: (call) => { seen.push(call.proof); return false; } });
  const foreign = await serve(desk, {
    before: (call, response) => {
      if (call.path !== '/moved') return false;
      response.writeHead(302, { location: `${inside.origin}/files/1` }).end();
      return true;
    },
  });
  const addresses = [`${inside.origin}/files/1`, `${foreign.origin}/moved`, 'file:///etc/passwd', `http://[::ffff:127.0.0.1]:${new URL(inside.origin).port}/files/1`, `http://x@${new URL(inside.origin).host}/files/1`];
  desk.comments = { 200: [{ id: 2001, author_id: 702, body: 'look', public: true, created_at: time(1), attachments: addresses.map((content_url, i) => ({ id: 20010 + i, file_name: `${i}.txt`, content_type: 'text/plain', content_url })) }] };
  const result = await bring(foreign.origin, 'astray');
  assert.deepEqual(seen, [], 'nothing inside was asked');
  assert.match(result.stdout, /5 files could not be fetched/);
  const [ticket] = await ticketCalled('Led astray');
  assert.deepEqual((await commentsOf(ticket.id)).map((one) => [one.body, one.attachments.length]), [['look', 0]]);
  // Where the administrator allows that network, the file comes; the key does not go there.
  desk.comments[200][0].attachments.length = 2;
  desk.tickets[0].subject = 'Led on';
  await bring(foreign.origin, 'led', { env: { STEWARD_WEBHOOK_NETWORK: '127.0.0.0/8' } });
  assert.deepEqual(seen, [undefined, undefined]);
  const [led] = await ticketCalled('Led on');
  assert.equal((await commentsOf(led.id))[0].attachments.length, 2);
  assert.ok(foreign.calls.filter((call) => call.path.startsWith('/api')).every((call) => call.proof), 'the desk itself gets it');
});

test('what cannot go on says why', async () => {
  const desk = foreignDesk();
  const foreign = await serve(desk);
  fs.writeFileSync(at('wrong'), 'no\n');
  const wrong = await bring(foreign.origin, 'wrong', { code: 77, args: ['--token-file', at('wrong')] });
  assert.match(wrong.stderr, /answers with 401: it does not know user or key/);
  const open = await bring('http://desk.example.org', 'open', { code: 65 });
  assert.match(open.stderr, /would tell everybody the key/);
  const without = await runProgram(['import', '--from', 'zendesk', foreign.origin, '--data', server.data, ...server.dbArgs()]);
  assert.match(without.stderr, /How to sign in at the other desk is needed/);
  const circle = await serve(desk, {
    before: (call, response) => {
      if (!call.path.includes('/incremental/users')) return false;
      response.end(JSON.stringify({ users: [], after_cursor: 'same', end_of_stream: false }));
      return true;
    },
  });
  assert.match((await bring(circle.origin, 'circle', { code: 65 })).stderr, /export of users does not go on/);
  const page = await serve(desk, { before: (call, response) => { response.end('<html>'); return true; } });
  assert.match((await bring(page.origin, 'page', { code: 65 })).stderr, /has no brands/);
  const moved = await serve(desk, { before: (call, response) => { response.writeHead(301, { location: 'https://new.example/' }).end(); return true; } });
  assert.match((await bring(moved.origin, 'moved', { code: 65 })).stderr, /lives at https:\/\/new.example\//);
  const other = await serve(desk);
  assert.match((await bring(other.origin, 'whole', { code: 65 })).stderr, /from another desk: name another folder/);
});

test('a desk of Steward is taken over by another', async () => {
  const there = await startServer();
  closing.unshift(() => there.stop());
  const old = await there.api();
  const made = async (where, body) => {
    const answer = await old.post(where, body);
    assert.ok(answer.status < 300, answer.text);
    return answer.json;
  };
  const { organization } = await made('/api/v2/organizations', { organization: { name: 'Choir', domain_names: ['choir.example'] } });
  const { group } = await made('/api/v2/groups', { group: { name: 'Voices' } });
  const { user: agent } = await made('/api/v2/users', { user: { name: 'Alto Agent', email: 'alto@choir.example', role: 'agent', organization_id: organization.id, verified: true } });
  await made('/api/v2/group_memberships', { group_membership: { user_id: agent.id, group_id: group.id } });
  const { upload } = (await old.call('POST', '/api/v2/uploads?filename=notes.txt', Buffer.from('do re mi'), { 'content-type': 'text/plain' })).json;
  for (let i = 0; i < 25; i++) {
    const { ticket } = await made('/api/v2/tickets', { ticket: { subject: `Song ${i}`, comment: { body: `Verse one of ${i}`, uploads: i === 0 ? [upload.token] : [] }, requester: { name: `Singer ${i % 5}`, email: `singer${i % 5}@choir.example` }, assignee_id: agent.id, group_id: group.id, tags: ['music', `n${i}`], priority: 'high' } });
    if (i % 3 === 0) await old.put(`/api/v2/tickets/${ticket.id}`, { ticket: { comment: { body: `Verse two of ${i}`, public: i % 2 === 0, author_id: agent.id }, status: 'pending' } });
  }
  fs.writeFileSync(at('steward-token'), `${there.tokens.get(there.admin.email)}\n`);
  const args = ['--user', there.admin.email, '--token-file', at('steward-token')];
  const fetchAll = () => runProgram(['import', '--from', 'zendesk', there.url, '--data', server.data, ...server.dbArgs(), '--name', 'choir', ...args]);
  const result = await fetchAll();
  assert.equal(result.code, 0, result.stderr);
  assert.equal(counts(result.stdout, 'tickets')[0], (await old.get('/api/v2/tickets/count.json')).json.count.value);
  const names = async (client) => {
    const people = {};
    for (const one of await client.all('/api/v2/users.json?page[size]=100', 'users')) people[one.id] = one.name;
    return people;
  };
  const compare = async () => {
    const [a, b] = [await names(old), await names(api)];
    const seen = async (client, who, subject) => {
      const found = (await client.all('/api/v2/tickets.json?page[size]=100', 'tickets')).filter((one) => one.subject === subject);
      assert.equal(found.length, 1, subject);
      const [t] = found;
      return {
        subject, status: t.status, priority: t.priority, tags: t.tags, created: t.created_at, updated: t.updated_at, requester: who[t.requester_id], assignee: who[t.assignee_id],
        comments: (await commentsOf(t.id, client)).map((c) => [c.body, c.public, who[c.author_id], c.created_at, c.attachments.map((f) => [f.file_name, f.size])]),
      };
    };
    for (const i of [0, 1, 3, 6, 24]) assert.deepEqual(await seen(api, b, `Song ${i}`), await seen(old, a, `Song ${i}`));
  };
  await compare();
  const [ticket] = (await old.get('/api/v2/search.json?query=type:ticket subject:"Song 24"')).json.results;
  await old.put(`/api/v2/tickets/${ticket.id}`, { ticket: { status: 'solved', comment: { body: 'The end', author_id: agent.id } } });
  const next = await fetchAll();
  assert.equal(next.code, 0, next.stderr);
  assert.deepEqual(counts(next.stdout, 'tickets').slice(0, 2), [0, 1]);
  await compare();
});
