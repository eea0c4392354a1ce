// SPDX-License-Identifier: GPL-3.0-or-later
//
// What belongs inside the desk stays inside. Everything internal of one ticket has the word "zebra"
// in it: the note, its file, the group, the agent's address, tags, view, draft, external id. Then its
// requester asks every route of the program in every way, as page, fragment and JSON, listens to the
// live events and reads the mail: the word is nowhere.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { answerForm, signIn } from '../support/desk.mjs';
import { forms, request } from '../support/http.mjs';
import { runProgram, startServer } from '../support/server.mjs';
import { startSink } from '../support/smtp-sink.mjs';
import { until } from '../support/wait.mjs';

const password = 'four plain words here';
const secret = /zebra/i;
let server;
let sink;
let admin;
let ana;
let tom;
let ids;

async function person(email, name, role) {
  const file = path.join(server.folder, 'secret');
  fs.writeFileSync(file, `${password}\n`);
  await server.run(['user', 'add', email], ['--name', name, '--role', role, '--password-file', file]);
  const visitor = server.visitor();
  await signIn(visitor, { email, password });
  const api = await server.api(email);
  return { visitor, api, email, id: (await api.get('/api/v2/users/me')).json.user.id };
}

async function created(where, body) {
  const answer = await admin.post(where, body);
  assert.ok([200, 201].includes(answer.status), `${where}: ${answer.text}`);
  return Object.values(answer.json)[0];
}

async function internalFile() {
  const answer = await request(`${server.url}/api/v2/uploads.json?filename=zebra-plan.txt`, {
    method: 'POST', headers: { ...admin.headers, 'content-type': 'text/plain' }, body: 'zebra inside',
  });
  return JSON.parse(answer.text).upload;
}

// A ticket as tickets are after a while: assigned, moved between groups, noted, tagged, answered.
async function makeTicket() {
  const group = await created('/api/v2/groups', { group: { name: 'Zebra 2nd level', description: 'zebra tier' } });
  const other = await created('/api/v2/groups', { group: { name: 'Zebra 3rd level' } });
  for (const one of [group, other]) {
    await created('/api/v2/group_memberships', { group_membership: { user_id: tom.id, group_id: one.id } });
  }
  const ticket = await created('/api/v2/tickets', {
    ticket: {
      subject: 'The printer hums', requester_id: ana.id, group_id: group.id, assignee_id: tom.id,
      tags: ['zebratag'], external_id: 'zebra-4711', priority: 'urgent', type: 'problem',
      comment: { body: 'It hums all day', public: true },
    },
  });
  const upload = await internalFile();
  const change = (body) => admin.put(`/api/v2/tickets/${ticket.id}`, { ticket: body });
  await change({ comment: { body: 'zebra: vendor is at fault', public: false, uploads: [upload.token] } });
  await change({ group_id: other.id, assignee_id: tom.id, additional_tags: ['zebramore'] });
  const problem = await created('/api/v2/tickets', {
    ticket: { subject: 'zebra outage', comment: { body: 'zebra', public: false } },
  });
  await change({ type: 'incident', problem_id: problem.id });
  await created('/api/v2/views', { view: { title: 'Zebra view', all: [{ field: 'status', operator: 'less_than', value: 'solved' }] } });
  const page = await tom.visitor.get(`/tickets/${ticket.id}`);
  const { csrf } = forms(page.text).find((form) => 'csrf' in form.fields).fields;
  const draft = await tom.visitor.send(`/tickets/${ticket.id}/draft`, {
    method: 'POST', headers: { 'content-type': 'application/x-www-form-urlencoded' }, body: `csrf=${encodeURIComponent(csrf)}&body=zebra+draft&public=1`,
  });
  assert.equal(draft.status, 204, draft.text);
  const { side_conversation: side } = (await admin.post(`/api/v2/tickets/${ticket.id}/side_conversations`, {
    message: { subject: 'zebra aside', body: 'zebra: when do you come?', to: [{ email: 'zebra@vendor.example', name: 'Zebra Ltd' }, { user_id: tom.id }] },
  })).json;
  const answer = await answerForm(tom.visitor, ticket.id, 'We are looking at it.', { public: '1' });
  assert.equal(answer.status, 303, answer.text);
  const comments = (await admin.get(`/api/v2/tickets/${ticket.id}/comments`)).json.comments;
  const audits = (await admin.get(`/api/v2/tickets/${ticket.id}/audits`)).json.audits;
  const note = comments.find((one) => one.public === false);
  const views = (await admin.get('/api/v2/views')).json.views;
  return {
    ticket: ticket.id, comment: note.id, attachment: note.attachments[0].id, audit: audits.at(-1).id,
    group: other.id, user: tom.id, view: views.find((one) => secret.test(one.title)).id, problem: problem.id,
    file: note.attachments[0].content_url, side: side.id, object: Number((await tom.visitor.get(`/tickets/${ticket.id}`)).text.match(/asides\/(\d+)/)[1]),
  };
}

before(async () => {
  sink = await startSink();
  server = await startServer({ smtp: sink.url });
  admin = await server.api();
  ana = await person('ana@safe.example', 'Ana', 'end-user');
  tom = await person('tom.zebra@desk.example', 'Tom', 'agent');
  ids = await makeTicket();
});
after(async () => {
  ana?.visitor.close();
  tom?.visitor.close();
  await server?.stop();
  await sink?.close();
});

test('the word is there to be found', async () => {
  const page = await tom.visitor.get(`/tickets/${ids.ticket}`);
  assert.ok(page.text.match(/zebra/gi).length >= 4, 'note, group, tag and file stand on the agent\'s page');
  assert.match((await admin.get(`/api/v2/tickets/${ids.ticket}/audits`)).text, secret);
});

function address(route, own) {
  return route
    .replace(/\{ticket:id\}/g, ids.ticket)
    .replace(/\{user:id\}/g, own ? ana.id : tom.id)
    .replace(/\{(\w+):id\}/g, (all, name) => ids[name] ?? 1)
    .replace('{token}', 'x'.repeat(32))
    .replace('{name}', route.includes('side_conversations') ? ids.side : 'x');
}

// Each way in which somebody may ask for the same.
async function askAll({ method, route, kind }) {
  const answers = [];
  for (const own of new Set([true, route.includes('{user:id}') ? false : true])) {
    const url = address(route, own);
    if (kind === 'api') {
      const more = method === 'GET' ? ['', '?include=users,groups,organizations,comment_count', '?query=zebra&name=zebra&ids=1,2,3&sort_by=updated_at', '.json'] : [''];
      for (const query of more) {
        const body = method === 'GET' || method === 'DELETE' ? undefined : {};
        answers.push([url + query, await ana.api.call(method, url + query, body)]);
        if (method === 'GET') answers.push([`${url + query} by session`, await ana.visitor.send(url + query)]);
      }
    } else if (method === 'GET') {
      for (const query of ['', '?q=zebra&view=zebra&page=1']) {
        answers.push([url + query, await ana.visitor.send(url + query)]);
        answers.push([`${url + query} as fragment`, await ana.visitor.send(url + query, { headers: { 'hx-request': 'true', 'hx-target': 'list' } })]);
      }
    } else {
      const csrf = (await ana.visitor.get('/account')).text.match(/name="csrf" value="([^"]+)"/)?.[1] ?? '';
      answers.push([url, await ana.visitor.send(url, {
        method, headers: { 'content-type': 'application/x-www-form-urlencoded' }, body: `csrf=${encodeURIComponent(csrf)}`,
      })]);
    }
  }
  return answers;
}

test('no route of the program shows it to the requester', async (t) => {
  const listed = await runProgram(['routes']);
  const routes = listed.stdout.trim().split('\n').map((line) => {
    const [method, route, kind] = line.split(' ');
    return { method, route, kind };
  });
  const skip = ['/live']; // has its own test
  const leaks = [];
  let asked = 0;
  let read = 0;
  for (const one of routes.filter(({ route }) => !skip.includes(route))) {
    for (const [where, answer] of await askAll(one)) {
      asked++;
      if (/session|logout|sign-/.test(where) && (await ana.visitor.send('/account')).status === 303) {
        await signIn(ana.visitor, { email: ana.email, password });
      }
      if (answer.status === 200) read++;
      assert.ok(answer.status < 500, `${one.method} ${where}: ${answer.status} ${answer.text.slice(0, 300)}`);
      // What she searched for herself is hers.
      const text = answer.text.replace(/(value|content)="[^"]*zebra[^"]*"/g, '').replace(/[?&;](q|query|name|view)=zebra/g, '');
      const headers = JSON.stringify(answer.headers).replace(/[?&](q|query|name|view)=zebra|%3D?zebra/gi, '');
      if (secret.test(text) || secret.test(headers.replace(/%3[fF]q%3[dD]zebra\S*?"/g, ''))) {
        leaks.push(`${one.method} ${where}: ${answer.status}: …${text.match(/.{0,60}zebra.{0,60}/i)?.[0] ?? headers}…`);
      }
    }
  }
  t.diagnostic(`${asked} requests, ${read} of them answered with 200`);
  assert.ok(asked > 400 && read > 20);
  assert.equal((await ana.visitor.send('/account')).status, 200, 'she was signed in to the end');
  assert.deepEqual(leaks, []);
});

test('the page of her request reads well and has none of it', async () => {
  const page = await ana.visitor.get(`/requests/${ids.ticket}`);
  assert.equal(page.status, 200);
  assert.match(page.text, /We are looking at it/);
  assert.doesNotMatch(page.text, secret);
  assert.doesNotMatch(page.text, /urgent|incident|problem/i, 'words of the desk for its work');
  assert.doesNotMatch(page.text, new RegExp(`/attachments/token/${ids.file.split('/').pop().split('?')[0]}`));
});

test('nor do her mails, in no part and no header', async () => {
  await until('her mail', () => sink.mails.some((mail) => mail.to.includes(ana.email) && /looking at it/.test(mail.text ?? '')));
  const hers = sink.mails.filter((mail) => mail.to.includes(ana.email));
  for (const mail of hers) {
    assert.doesNotMatch(mail.raw, secret);
    assert.doesNotMatch(`${mail.text}${mail.html}${JSON.stringify(mail.headers)}`, secret);
  }
});

// Collects what /live sends for `ms` while `work` runs.
function listen(who, topics, work) {
  return new Promise((resolve, reject) => {
    const cookie = [...who.visitor.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const req = http.get(`${server.url}/live?topics=${topics}`, { headers: { cookie } }, async (res) => {
      let text = '';
      res.on('data', (chunk) => (text += chunk));
      res.on('error', () => {});
      await work(() => text);
      res.destroy();
      resolve({ status: res.statusCode, text });
    });
    req.on('error', reject);
  });
}

test('live events say that something changed, never what, and only to who may see it', async () => {
  const topics = `ticket:${ids.ticket},ticket:${ids.problem},desk,ticket:999999,user:${tom.id},zebra`;
  let tomHeard = '';
  const heard = await listen(ana, topics, async (mine) => {
    await listen(tom, topics, async (his) => {
      for (const id of [ids.problem, ids.ticket]) {
        await admin.put(`/api/v2/tickets/${id}`, { ticket: { comment: { body: 'zebra again', public: false } } });
      }
      await admin.put(`/api/v2/tickets/${ids.ticket}`, { ticket: { comment: { body: 'And now?', public: true } } });
      await until('the agent to hear of both', () => his().includes(`ticket:${ids.ticket}`) && his().includes(`ticket:${ids.problem}`));
      await until('the requester to hear of hers', () => mine().includes(`ticket:${ids.ticket}`));
      tomHeard = his();
    });
  });
  assert.equal(heard.status, 200);
  for (const text of [heard.text, tomHeard]) {
    assert.doesNotMatch(text, secret);
    for (const line of text.split('\n')) {
      assert.match(line, /^(|:.*|event: (change|refresh)|data: (ticket:\d+|desk)?|id: \w+|retry: \d+)$/, line);
    }
  }
  assert.doesNotMatch(heard.text, new RegExp(`ticket:${ids.problem}\\b|desk|user:`));
  assert.notEqual((await request(`${server.url}/live?topics=ticket:${ids.ticket}`)).status, 200, 'nobody listens unknown');
});

test('a draft is its author\'s alone', async () => {
  const tim = await person('tim@desk.example', 'Tim', 'agent');
  assert.match((await tom.visitor.get(`/tickets/${ids.ticket}`)).text, /zebra draft|And now/);
  assert.doesNotMatch((await tim.visitor.get(`/tickets/${ids.ticket}`)).text, /zebra draft/);
  assert.equal((await ana.visitor.send(`/tickets/${ids.ticket}/draft`)).status >= 400, true);
  tim.visitor.close();
});

test('a file sent ahead goes with its sender\'s words only', async () => {
  const tim = await server.api('tim@desk.example');
  const send = (who, token = '') => request(`${server.url}/api/v2/uploads.json?filename=own.txt&token=${token}`, {
    method: 'POST', headers: { ...who.headers, 'content-type': 'text/plain' }, body: 'mine',
  });
  const { upload } = JSON.parse((await send(tom.api)).text);
  const stolen = await tim.put(`/api/v2/tickets/${ids.ticket}`, { ticket: { comment: { body: 'with it', uploads: [upload.token] } } });
  assert.equal(stolen.status, 422, stolen.text);
  assert.ok([404, 422].includes((await send(tim, upload.token)).status), 'nobody adds to another\'s');
  assert.equal((await tim.delete(`/api/v2/uploads/${upload.token}`)).status, 404);
  assert.equal((await tim.get(upload.attachment.url)).status, 404, 'nor is it shown before it is sent');
  const own = await tom.api.put(`/api/v2/tickets/${ids.ticket}`, { ticket: { comment: { body: 'mine', public: false, uploads: [upload.token] } } });
  assert.equal(own.status, 200, own.text);
  const attachments = own.json.audit?.events.flatMap((event) => event.attachments ?? []) ?? [];
  assert.equal(attachments.length, 1);
});
