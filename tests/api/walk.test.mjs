// SPDX-License-Identifier: GPL-3.0-or-later
//
// Walks through 10,000 tickets while others are made and deleted: by cursor nothing that stays is
// missed and nothing comes twice, whatever goes before or behind; by number the same while tickets are
// only made (what is deleted moves the rest up, as the contract has it).
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { startServer } from '../support/server.mjs';

const TICKETS = 10000;
let server;
let api;
let all; // that are there before the walks, less those that a walk deleted

before(async () => {
  server = await startServer({ before: (one) => one.run('bench-data', ['--tickets', `${TICKETS}`], { timeout: 300000 }) });
  api = await server.api();
});
after(async () => {
  api.close();
  await server.stop();
});

async function create() {
  const answer = await api.post('/api/v2/tickets', { ticket: { subject: 'meanwhile', comment: 'made while somebody walks' } });
  assert.equal(answer.status, 201, answer.text);
}
async function remove(id) {
  assert.equal((await api.delete(`/api/v2/tickets/${id}`)).status, 204);
  all.delete(id);
}

// Follows the links from `first`; `meanwhile(page, seen)` happens between two pages.
async function walk(first, most, meanwhile) {
  const seen = new Map(); // id → how often
  let pages = 0;
  for (let next = first; next && pages < most; pages++) {
    const { status, json, text } = await api.get(next);
    assert.equal(status, 200, text);
    for (const { id } of json.tickets ?? json.results) seen.set(id, (seen.get(id) ?? 0) + 1);
    await meanwhile(pages, seen);
    next = json.meta ? (json.meta.has_more ? json.links.next : null) : 'end_of_stream' in json ? (json.end_of_stream ? null : json.after_url) : json.next_page;
  }
  return { seen, pages };
}

function prove({ seen, pages }, least) {
  assert.ok(pages >= least, `${pages} pages`);
  assert.deepEqual([...all].filter((id) => !seen.has(id)), [], 'none missed');
  assert.deepEqual([...seen].filter(([, times]) => times > 1), [], 'none twice');
}

test('by number, while tickets are made', { timeout: 300000 }, async () => {
  const first = await api.get('/api/v2/incremental/tickets/cursor?start_time=0&per_page=1000');
  assert.equal(first.status, 200, first.text);
  const count = (await api.get('/api/v2/tickets/count')).json.count.value;
  assert.ok(count >= TICKETS, `${count} tickets`);
  all = new Set(Array.from({ length: TICKETS }, (_, i) => i + 1)); // numbers have no gaps
  prove(await walk('/api/v2/tickets?per_page=100', TICKETS / 100, (page) => (page % 4 === 0 ? create() : null)), 100);
  const beyond = await api.get(`/api/v2/tickets?per_page=100&page=${TICKETS / 100 + 1}`);
  assert.deepEqual([beyond.status, beyond.json.errors[0].code], [400, 'InvalidPaginationParameter'], 'numbers end at 10,000 records');
});

test('by cursor, while tickets are made and deleted before and behind', { timeout: 300000 }, async () => {
  const result = await walk('/api/v2/tickets?page[size]=100', Infinity, async (page, seen) => {
    if (page % 4 !== 0) return;
    await create();
    const list = [...all];
    await remove(list.find((id) => seen.has(id)));
    const last = list.at(-1);
    if (!seen.has(last)) await remove(last);
  });
  prove(result, 100);
});

test('by the cursor of search and of exports', { timeout: 300000 }, async () => {
  const busy = async (page, seen) => {
    await create();
    await remove([...all].find((id) => seen.has(id)));
  };
  prove(await walk('/api/v2/search/export?query=type:ticket&filter[type]=ticket&page[size]=1000', Infinity, busy), 10);
  // An export shows what changed meanwhile again: deleted ones come as such at the end.
  const { seen } = await walk('/api/v2/incremental/tickets/cursor?start_time=0&per_page=1000', Infinity, busy);
  assert.deepEqual([...all].filter((id) => !seen.has(id)), [], 'none missed');
  assert.deepEqual([...all].filter((id) => seen.get(id) !== 1), [], 'what stayed came once');
});
