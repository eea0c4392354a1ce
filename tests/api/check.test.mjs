// SPDX-License-Identifier: GPL-3.0-or-later
//
// `steward check`: a desk that was used is clean; each kind of damage is found, named, and told of
// with what to do. And the collector of files that nobody names.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { articles, blobs, fill, sql, upload } from '../support/keep.mjs';
import { startServer } from '../support/server.mjs';
import { until } from '../support/wait.mjs';

let server;
let api;
let ticket;

before(async () => {
  server = await startServer({ lmtp: true });
  api = await server.api();
  ticket = await fill(server, api);
});
after(() => server.stop());

const check = (args = []) => server.run('check', args, { code: null });

test('a desk that was used is whole, also while it runs', async () => {
  const { code, stdout } = await check();
  assert.equal(code, 0, stdout);
  assert.match(stdout, /^4 tickets, 6 comments/m);
  assert.match(stdout, /^2 files named and read, 0 that nobody names/m);
  assert.match(stdout, /All is well/);
});

test('merged people and organisations leave tickets whole, and their history tells of it', async () => {
  const person = async (name) =>
    (await api.post('/api/v2/users', { user: { name, email: `${name}@example.net` } })).json.user;
  const company = async (name) =>
    (await api.post('/api/v2/organizations', { organization: { name } })).json.organization;
  const [loser, winner] = [await person('lena'), await person('wim')];
  const [old, young] = [await company('Old Ltd'), await company('Young Ltd')];
  const make = (fields) => api.post('/api/v2/tickets', { ticket: { subject: 'x', comment: { body: 'x' }, ...fields } });
  const { ticket: hers } = (await make({ requester_id: loser.id, organization_id: old.id })).json;
  await make({ email_ccs: [{ user_id: loser.id }, { user_id: winner.id }] });
  await make({ email_ccs: [{ user_id: loser.id }] });
  const merged = await api.put(`/api/v2/users/${loser.id}/merge`, { user: { id: winner.id } });
  assert.ok(merged.status < 300, merged.text);
  const joined = await api.post(`/api/v2/organizations/${old.id}/merge`, { organization_merge: { winner_id: young.id } });
  assert.ok(joined.status < 300, joined.text);
  await until('the merge to be done', async () =>
    (await api.get(`/api/v2/tickets/${hers.id}`)).json.ticket.requester_id === winner.id);
  await until('the organisations to be one', async () =>
    (await api.get(`/api/v2/organizations/${old.id}`)).status === 404);
  const { json } = await api.get(`/api/v2/tickets/${hers.id}/audits`);
  const change = json.audits.flatMap((audit) => audit.events).find((event) => event.field_name === 'requester_id' && event.type === 'Change');
  assert.deepEqual([change.previous_value, change.value], [String(loser.id), String(winner.id)]);
  const { code, stdout } = await check();
  assert.equal(code, 0, stdout);
});

// Does the damage, looks, and undoes it.
async function damaged(damage, repair, expected) {
  await damage();
  const { code, stdout } = await check();
  await repair();
  assert.equal(code, 65, `${stdout}`);
  assert.match(stdout, expected);
  assert.match(stdout, /\d+ things are wrong/);
  const again = await check();
  assert.equal(again.code, 0, `after the repair: ${again.stdout}`);
}

const rows = {
  'a status that no audit tells of': [
    (id) => `UPDATE ticket SET status = 2 WHERE id = ${id}`,
    (id) => `UPDATE ticket SET status = 4 WHERE id = ${id}`,
    /ticket \d+: its history does not add up to its status/,
  ],
  'a subject that was changed': [
    (id) => `UPDATE ticket SET subject = subject || '!' WHERE id = ${id}`,
    (id) => `UPDATE ticket SET subject = substr(subject, 1, length(subject) - 1) WHERE id = ${id}`,
    /does not add up to its subject/,
  ],
  'an event whose audit is gone': [
    (id) => `UPDATE ticket_event SET audit_id = -audit_id WHERE ticket_id = ${id} AND field = 'group_id'`,
    (id) => `UPDATE ticket_event SET audit_id = -audit_id WHERE ticket_id = ${id} AND field = 'group_id'`,
    /event \d+: its audit \(-\d+\) is not there/,
  ],
  'a requester who is nobody': [
    (id) => `UPDATE ticket SET submitter_id = submitter_id + 900 WHERE id = ${id}`,
    (id) => `UPDATE ticket SET submitter_id = submitter_id - 900 WHERE id = ${id}`,
    /ticket \d+: its submitter \(\d+\) is not there/,
  ],
  'a comment that was removed': [
    (id) => `UPDATE ticket_comment SET ticket_id = -1 WHERE ticket_id = ${id} AND body = 'done'`,
    (id) => `UPDATE ticket_comment SET ticket_id = ${id} WHERE ticket_id = -1`,
    /says 3 comments and has 2[\s\S]*comment \d+: its ticket \(-1\) is not there/,
  ],
  'a tag that is not found by': [
    (id) => `DELETE FROM ticket_tag WHERE ticket_id = ${id} AND tag = 'two'`,
    (id) => `INSERT INTO ticket_tag (ticket_id, tag) VALUES (${id}, 'two')`,
    /says 2 tags and is found by 1/,
  ],
  'articles in sections that are none': [
    () => `UPDATE kb_article SET section_id = -section_id`,
    () => `UPDATE kb_article SET section_id = -section_id`,
    /article \d+: its section \(-\d+\) is not there/,
  ],
  'a person in a group that is none': [
    () => `UPDATE person SET default_group_id = 900900 WHERE id = (SELECT MIN(id) FROM person)`,
    () => `UPDATE person SET default_group_id = NULL WHERE id = (SELECT MIN(id) FROM person)`,
    /person \d+: its group \(900900\) is not there/,
  ],
  'a mail without its bytes': [
    () => `UPDATE mail_in_raw SET mail_id = -mail_id`,
    () => `UPDATE mail_in_raw SET mail_id = -mail_id`,
    /incoming mail \d+: its content[\s\S]*content of mail -\d+: its mail/,
  ],
};

for (const [name, [damage, repair, expected]] of Object.entries(rows)) {
  test(`found: ${name}`, () =>
    damaged(() => sql(server, damage(ticket.id)), () => sql(server, repair(ticket.id)), expected));
}

test('found: a file that is missing, one with a flipped bit, one that is cut off', async () => {
  const [{ name, file }] = blobs(server.data);
  const whole = fs.readFileSync(file);
  const write = (bytes) => { fs.rmSync(file); fs.writeFileSync(file, bytes); };
  const flipped = Buffer.from(whole);
  flipped[1000] ^= 4;
  await damaged(() => fs.renameSync(file, `${file}.away`), () => fs.renameSync(`${file}.away`, file),
    new RegExp(`file ${name}: is missing`));
  await damaged(() => write(flipped), () => write(whole), new RegExp(`file ${name}: is damaged`));
  await damaged(() => write(whole.subarray(0, 500)), () => write(whole), new RegExp(`file ${name}: is damaged`));
});

test('a search index with holes is found, and made anew', async () => {
  await sql(server, server.postgres
    ? 'DELETE FROM ticket_fts WHERE id = (SELECT MIN(id) FROM ticket_comment)'
    : `INSERT INTO ticket_fts (ticket_fts) VALUES ('delete-all')`);
  const { code, stdout } = await check();
  assert.equal(code, 65);
  await sql(server, server.postgres ? 'DELETE FROM kb_fts' : `DELETE FROM kb_fts WHERE rowid > 0`);
  assert.match((await check()).stdout, /text of an article \d+: its entry in the search index/);
  assert.match(stdout, /comment \d+: its entry in the search index[\s\S]*--rebuild-search/);
  const again = await check(['--rebuild-search']);
  assert.equal(again.code, 0, again.stdout);
  assert.deepEqual(await articles(api, 'paper'), ['Clearing a paper jam']);
  for (const word of ['quoted', 'done', 'mail']) {
    const { json } = await api.get(`/api/v2/search?query=${word}`);
    assert.ok(json.results.length > 0, `${word} is not found any more`);
  }
});

test('a file that nobody names goes after two days, one that somebody names comes back', async () => {
  await upload(server, api, 'left over', 'left over');
  const [{ name: left, file }] = blobs(server.data).filter((one) => fs.readFileSync(one.file, 'utf8') === 'left over');
  await sql(server, `DELETE FROM attachment WHERE hash = '${left}'`);
  await sql(server, `DELETE FROM upload WHERE used_at IS NULL`);
  const named = blobs(server.data).find((one) => one.name !== left);
  const aside = (name) => path.join(server.data, 'blobs/aside', name);
  const days = (n) => new Date(Date.now() - n * 86400000);
  assert.match((await check()).stdout, /1 that nobody names/);

  // Each start of the program runs the collector.
  const collect = async () => {
    await server.halt();
    await sql(server, `UPDATE job SET run_at = 0 WHERE kind LIKE '%keep.collect'`);
    await server.start();
  };
  await collect();
  await new Promise((resolve) => setTimeout(resolve, 500));
  assert.ok(fs.existsSync(file), 'it is young, so it stays');

  fs.utimesSync(file, days(2), days(2));
  fs.utimesSync(named.file, days(400), days(400));
  fs.renameSync(named.file, aside(named.name)); // as if it had been named after it was set aside
  await collect();
  await until('the file to be set aside', () => !fs.existsSync(file) && fs.existsSync(aside(left)));
  await until('the named one to come back', () => fs.existsSync(named.file));
  assert.equal((await check()).code, 0);

  fs.utimesSync(aside(left), days(2), days(2));
  await collect();
  await until('the file to be gone', () => !fs.existsSync(aside(left)));
  assert.match((await check()).stdout, /0 that nobody names/);
});
