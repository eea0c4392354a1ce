// SPDX-License-Identifier: GPL-3.0-or-later
//
// Another desk's export becomes people, groups, organisations and tickets here: as they were, once, silently; what
// does not fit is told.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { foreignDesk, time, writeExport } from '../support/foreign-desk.mjs';
import { sql } from '../support/keep.mjs';
import { program, startServer } from '../support/server.mjs';
import { until } from '../support/wait.mjs';

let server;
let api;
let folder;
let desk;
let first;
const at = (...parts) => path.join(folder, ...parts);
const bring = (dir, options = {}) => server.run('import', ['--from', 'zendesk', at(dir), ...(options.args ?? [])], options);
const report = (dir) => fs.readFileSync(at(dir, 'not-imported.txt'), 'utf8').split('\n').filter(Boolean).map((line) => JSON.parse(line));
const counts = (text, plain) => text.split('\n').find((line) => line.startsWith(`${plain}  `)).slice(plain.length).trim().split(/\s+/).map(Number);
const ticketCalled = async (subject) => (await api.get(`/api/v2/tickets.json?per_page=100&include=comment_count`)).json.tickets.filter((one) => one.subject === subject);
const commentsOf = async (id) => (await api.get(`/api/v2/tickets/${id}/comments.json`)).json.comments;
const person = async (name) => (await api.get('/api/v2/users.json?per_page=100')).json.users.find((one) => one.name === name);

before(async () => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'steward-zendesk-'));
  server = await startServer();
  api = await server.api();
  const trigger = await api.post('/api/v2/triggers', {
    trigger: { title: 'Marks all', conditions: { all: [{ field: 'update_type', operator: 'is', value: 'Create' }], any: [] }, actions: [{ field: 'current_tags', value: 'a-rule-ran' }] },
  });
  assert.equal(trigger.status, 201, trigger.text);
  desk = foreignDesk();
  writeExport(at('one'), desk);
  first = await bring('one');
});
after(async () => {
  await server.stop();
  fs.rmSync(folder, { recursive: true, force: true });
});

test('people, groups and organisations are here as they were', async () => {
  const alma = await person('Alma Agent');
  assert.equal(alma.role, 'agent');
  assert.equal(alma.email, 'alma@old.example');
  assert.deepEqual(alma.tags, ['senior']);
  const rita = await person('Rita Requester');
  assert.equal(rita.external_id, 'r-1');
  assert.equal(rita.phone, '+43 1 234');
  assert.equal(rita.iana_time_zone, 'Europe/Vienna');
  const { organization } = (await api.get(`/api/v2/organizations/${rita.organization_id}.json`)).json;
  assert.equal(organization.name, 'Faculty of Law');
  assert.deepEqual(organization.domain_names, ['law.example']);
  const group = (await api.get('/api/v2/groups.json')).json.groups.find((one) => one.name === 'Printers');
  assert.equal(organization.group_id, group.id);
  assert.equal(alma.default_group_id, group.id);
  const { identities } = (await api.get(`/api/v2/users/${rita.id}/identities.json`)).json;
  assert.deepEqual(identities.map((one) => one.value).sort(), ['rita.private@example.net', 'rita@law.example']);
  assert.ok(!(await api.get('/api/v2/groups.json')).json.groups.some((one) => one.name === 'Dissolved'));
});

test('who was here with the same address is left as they are', async () => {
  const { user } = (await api.get('/api/v2/users/me.json')).json;
  assert.equal(user.email, 'admin@example.org');
  assert.equal(user.suspended, false);
  assert.notEqual(user.name, 'The Admin');
});

test('a ticket has its words, files, times, authors and people', async () => {
  const [ticket] = await ticketCalled('The printer sings');
  const [rita, alma] = [await person('Rita Requester'), await person('Alma Agent')];
  assert.equal(ticket.status, 'closed');
  assert.equal(ticket.priority, 'high');
  assert.equal(ticket.type, 'incident');
  assert.equal(ticket.external_id, 'old-31');
  assert.equal(ticket.requester_id, rita.id);
  assert.equal(ticket.assignee_id, alma.id);
  assert.equal(ticket.organization_id, rita.organization_id);
  assert.deepEqual(ticket.tags, ['model_big', 'night', 'printer']);
  assert.equal(ticket.created_at, time(3));
  assert.equal(ticket.updated_at, time(5));
  assert.equal(ticket.via.channel, 'email');
  const { ticket_metric: metric } = (await api.get(`/api/v2/tickets/${ticket.id}/metrics.json`)).json;
  assert.equal(metric.solved_at, time(5, 8));
  const comments = await commentsOf(ticket.id);
  assert.deepEqual(comments.map((one) => [one.author_id, one.public, one.created_at, one.via.channel]), [
    [rita.id, true, time(3), 'email'],
    [alma.id, false, time(4), 'web'],
    [alma.id, true, time(5, 8), 'web'],
  ]);
  assert.match(comments[0].html_body, /<b>sings<\/b>/);
  assert.doesNotMatch(comments[0].html_body, /script/);
  assert.equal(comments[0].attachments.length, 1);
  assert.equal(comments[0].attachments[0].file_name, 'song.txt');
  const file = await fetch(comments[0].attachments[0].content_url, { headers: api.headers });
  assert.equal(await file.text(), desk.files[11]);
  const { audits } = (await api.get(`/api/v2/tickets/${ticket.id}/audits.json`)).json;
  assert.deepEqual(audits.map((one) => [one.created_at, one.author_id]).slice(0, 3), [[time(3), rita.id], [time(4), alma.id], [time(5, 8), alma.id]]);
  assert.deepEqual(audits[0].metadata.custom, { import: { source: 'zendesk', ticket: 31 } });
  const [problem] = await ticketCalled('Singing printers');
  assert.equal(ticket.problem_id, problem.id);
});

test('fields with their values, forms, statuses and brands', async () => {
  const records = async (kind) => (await api.get(`/api/v2/${kind}.json`)).json[kind];
  const fields = await records('ticket_fields');
  const [model, pages, loud] = ['Model', 'Pages', 'Loud'].map((title) => fields.find((one) => one.title === title));
  assert.deepEqual(model.custom_field_options.map((one) => [one.name, one.value]), [['Big', 'model_big'], ['Small', 'model_small']]);
  assert.equal(fields.filter((one) => one.type === 'subject').length, 1);
  assert.ok(!fields.some((one) => ['Where', 'Betreff', 'What no other desk has', 'Model too'].includes(one.title)));
  const form = (await records('ticket_forms')).find((one) => one.name === 'Repair');
  assert.deepEqual(form.ticket_field_ids, [fields.find((one) => one.type === 'subject').id, model.id, pages.id]);
  assert.deepEqual(form.agent_conditions, [{ parent_field_id: model.id, parent_field_type: 'tagger', value: 'model_big', child_fields: [{ id: pages.id, is_required: true, required_on_statuses: { type: 'SOME_STATUSES', statuses: ['solved'] } }] }]);
  assert.equal((await records('ticket_forms')).length, 2, 'the default ones are the same');
  const statuses = await records('custom_statuses');
  const toner = statuses.find((one) => one.agent_label === 'Waiting for toner');
  assert.ok(!statuses.some((one) => one.agent_label === 'Offen'));
  const brands = await records('brands');
  const second = brands.find((one) => one.name === 'Second');
  assert.equal(second.subdomain, 'second_brand');
  const valueOf = (ticket, field) => ticket.custom_fields.find((one) => one.id === field.id).value;
  const [ticket] = await ticketCalled('The printer sings');
  assert.deepEqual([model, pages, loud].map((field) => valueOf(ticket, field)), ['model_big', 12, false]);
  assert.equal(ticket.ticket_form_id, form.id);
  assert.equal(ticket.brand_id, second.id);
  const [problem] = await ticketCalled('Singing printers');
  assert.deepEqual([model, pages, loud].map((field) => valueOf(problem, field)), [null, null, true]);
  assert.equal(problem.custom_status_id, toner.id);
  assert.equal(problem.brand_id, brands.find((one) => one.default).id);
  const rita = await person('Rita Requester');
  assert.equal(rita.user_fields.shoe_size, 44);
  const { organization } = (await api.get(`/api/v2/organizations/${rita.organization_id}.json`)).json;
  assert.equal(organization.organization_fields.floor, 'floor_3');
});

test('rules mean here what they meant there; what would run waits to be switched on', async () => {
  const rules = async (kind) => (await api.get(`/api/v2/${kind}.json?per_page=100`)).json[kind];
  const group = (await api.get('/api/v2/groups.json')).json.groups.find((one) => one.name === 'Printers');
  const fields = (await api.get('/api/v2/ticket_fields.json')).json.ticket_fields;
  const [model, pages] = ['Model', 'Pages'].map((title) => fields.find((one) => one.title === title));
  const view = (await rules('views')).find((one) => one.title === 'Singing for Printers');
  assert.deepEqual(view.conditions.all, [
    { field: 'status', operator: 'less_than', value: 'closed' },
    { field: 'group_id', operator: 'is', value: `${group.id}` },
    { field: `custom_fields_${model.id}`, operator: 'is', value: `${model.custom_field_options[0].id}` },
  ]);
  assert.deepEqual(view.execution.columns.map((one) => one.id), ['subject', 'requester']);
  assert.deepEqual([view.execution.group_by, view.execution.sort_by, view.execution.sort_order], ['assignee', 'updated', 'desc']);
  const inside = (await api.get(`/api/v2/views/${view.id}/tickets.json`)).json.tickets;
  assert.deepEqual(inside.map((one) => one.subject), [], 'the one that fits is closed');
  const alma = await person('Alma Agent');
  assert.equal(await sql(server, `SELECT owner_id FROM rule WHERE title = 'Alma''s own'`), `${alma.id}`);
  const macro = (await rules('macros')).find((one) => one.title === 'Toner is on its way');
  assert.deepEqual(macro.restriction.ids, [group.id]);
  assert.deepEqual(macro.actions.slice(1), [{ field: 'status', value: 'pending' }, { field: `custom_fields_${pages.id}`, value: '12' }]);
  const trigger = (await rules('triggers')).find((one) => one.title === 'Tell Printers');
  assert.equal(trigger.active, false);
  assert.deepEqual(trigger.conditions.any, [{ field: 'requester_id', operator: 'is', value: `${(await person('Rita Requester')).id}` }]);
  assert.deepEqual(trigger.actions, [{ field: 'notification_group', value: [`${group.id}`, 'New', 'Words {{ticket.id}}'] }, { field: 'assignee_id', value: 'current_user' }]);
  assert.equal((await rules('automations')).find((one) => one.title === 'Close what was solved long ago').active, false);
  const told = report('one').filter((one) => ['view', 'trigger', 'macro', 'automation'].includes(one.kind));
  assert.deepEqual(told.map((one) => [one.kind, one.id, one.outcome, one.field]), [['view', 7001, 'left out', 'columns'], ['view', 7003, 'refused', 'base'], ['trigger', 7202, 'refused', 'base']]);
});

test('the help centre, with its languages', async () => {
  const help = async (where) => (await api.get(`/api/v2/help_center/${where}`)).json;
  const articles = (await help('de/articles.json?per_page=100')).articles.filter((one) => ['Toner wechseln', 'Nur für uns'].includes(one.title));
  const [toner, ours] = ['Toner wechseln', 'Nur für uns'].map((title) => articles.find((one) => one.title === title));
  assert.match(toner.body, /<b>auf<\/b>/);
  assert.doesNotMatch(toner.body, /script/);
  assert.deepEqual([toner.promoted, toner.draft, toner.source_locale], [true, false, 'de']);
  assert.deepEqual([...toner.label_names].sort(), ['drucker', 'toner']);
  assert.equal(toner.author_id, (await person('Alma Agent')).id);
  const { section } = await help(`de/sections/${toner.section_id}.json`);
  assert.equal(section.name, 'Toner');
  assert.equal((await help(`de/categories/${section.category_id}.json`)).category.name, 'Paper');
  const { translations } = await help(`articles/${toner.id}/translations.json`);
  assert.deepEqual(translations.map((one) => [one.locale, one.title]).sort(), [['de', 'Toner wechseln'], ['en-us', 'Change the toner']]);
  assert.equal(await sql(server, `SELECT visibility FROM kb_article WHERE id = ${ours.id}`), 'staff');
  const told = report('one').filter((one) => ['category', 'section', 'article', 'translation'].includes(one.kind));
  assert.deepEqual(told.map((one) => [one.id, one.outcome, one.field]), [[6102, 'refused', 'category_id'], [6202, 'left out', 'user_segment_id'], [6202, 'left out', 'body']]);
});

test('a ticket without comments says what its description says; unknown people are one person', async () => {
  const [ticket] = await ticketCalled('Without comments');
  assert.deepEqual((await commentsOf(ticket.id)).map((one) => one.body), ['Only a description.']);
  const [problem] = await ticketCalled('Singing printers');
  const { user } = (await api.get(`/api/v2/users/${problem.requester_id}.json`)).json;
  assert.equal(user.name, 'Somebody of the former desk');
  assert.equal((await ticketCalled('Thrown away')).length, 0);
});

test('what did not fit is told, one by one and in figures', () => {
  const told = report('one');
  const why = (kind, id) => told.filter((one) => one.kind === kind && one.id === id).map((one) => [one.outcome, one.field]);
  assert.deepEqual(why('group_membership', 502), [['refused', 'group_id']]);
  assert.deepEqual(why('user', 705), [['left out', 'external_id']]);
  assert.deepEqual(why('ticket', 31), [['left out', 'attachments']]);
  assert.deepEqual(why('ticket', 33), [['left out', 'requester_id'], ['left out', 'custom_fields'], ['left out', 'custom_fields']]);
  assert.deepEqual(why('ticket_field', 8103), [['refused', 'type']]);
  assert.deepEqual(why('ticket_field', 8104), [['refused', 'custom_field_options']]);
  assert.equal(told.length, 14, JSON.stringify(told));
  assert.deepEqual(counts(first.stdout, 'tickets'), [3, 0, 0, 2, 0, 1]);
  assert.deepEqual(counts(first.stdout, 'comments'), [4, 0, 0, 0, 0, 0]);
  assert.deepEqual(counts(first.stdout, 'people'), [4, 0, 1, 1, 0, 0]);
  assert.match(first.stdout, /records in [\d.]+ s, \d+ a second/);
});

test('nobody is mailed and no rule runs', async () => {
  assert.equal(await sql(server, 'SELECT COUNT(*) FROM mail_out'), '0');
  for (const { tags } of (await api.get('/api/v2/tickets.json?per_page=100')).json.tickets) assert.ok(!tags.includes('a-rule-ran'));
  const { ticket } = (await api.post('/api/v2/tickets', { ticket: { subject: 'Made here', comment: { body: 'x' } } })).json;
  assert.ok((await api.get(`/api/v2/tickets/${ticket.id}.json`)).json.ticket.tags.includes('a-rule-ran'), 'the rule would run');
});

test('a second time brings nothing twice', async () => {
  const again = await bring('one');
  assert.deepEqual(counts(again.stdout, 'tickets'), [0, 0, 3, 0, 0, 1]);
  assert.deepEqual(counts(again.stdout, 'people'), [0, 0, 5, 0, 0, 0]);
  assert.equal((await ticketCalled('The printer sings')).length, 1);
  const [ticket] = await ticketCalled('The printer sings');
  assert.equal((await commentsOf(ticket.id)).length, 3);
});

test('a newer export changes what changed there and leaves what was changed here', async () => {
  const newer = foreignDesk();
  const [old31, old32, old33] = newer.tickets;
  const [here] = await ticketCalled('Without comments');
  const changed = await api.put(`/api/v2/tickets/${here.id}`, { ticket: { priority: 'low' } });
  assert.equal(changed.status, 200, changed.text);
  Object.assign(old32, { subject: 'Renamed there', priority: 'urgent', updated_at: time(9) });
  newer.comments[32] = [
    { id: 3201, author_id: 703, body: 'Only a description.', public: true, created_at: time(4) },
    { id: 3202, author_id: 701, body: 'Said later', public: true, created_at: time(9) },
  ];
  Object.assign(old33, { status: 'solved', tags: ['done'], updated_at: time(9, 10) });
  newer.comments[33].push({ id: 3302, author_id: 701, body: 'All are quiet.', public: true, created_at: time(9, 10) });
  Object.assign(old31, { status: 'deleted', updated_at: time(9) });
  newer.users[1] = { ...newer.users[1], name: 'Rita Renamed', updated_at: time(9) };
  newer.users[0] = { ...newer.users[0], active: false, email: null, updated_at: time(9) };
  const [toner] = (await api.get('/api/v2/help_center/de/articles.json?per_page=100')).json.articles.filter((one) => one.title === 'Toner wechseln');
  assert.equal((await api.put(`/api/v2/help_center/articles/${toner.id}/translations/en-us.json`, { translation: { title: 'Our own words', body: 'Mine' } })).status, 200);
  Object.assign(newer.articles[0], { name: 'Toner tauschen', title: 'Toner tauschen', updated_at: time(9) });
  Object.assign(newer.translations[1], { title: 'Swap the toner', updated_at: time(9) });
  writeExport(at('two'), newer);
  const result = await bring('two');
  assert.deepEqual(counts(result.stdout, 'tickets'), [0, 3, 0, 2, 0, 1]);
  assert.deepEqual(counts(result.stdout, 'comments'), [2, 0, 2, 0, 0, 0]);
  const { translations } = (await api.get(`/api/v2/help_center/articles/${toner.id}/translations.json`)).json;
  assert.deepEqual(translations.map((one) => [one.locale, one.title]).sort(), [['de', 'Toner tauschen'], ['en-us', 'Our own words']]);
  const [one] = await ticketCalled('Without comments');
  assert.equal(one.priority, 'low', 'a change made here stays');
  assert.deepEqual((await commentsOf(one.id)).map((c) => c.body), ['Only a description.', 'Said later']);
  const [three] = await ticketCalled('Singing printers');
  assert.equal(three.status, 'solved');
  assert.deepEqual(three.tags, ['done']);
  assert.equal(three.custom_status_id, (await api.get('/api/v2/custom_statuses.json')).json.custom_statuses.find((one) => one.status_category === 'solved' && one.default).id);
  assert.equal(three.updated_at, time(9, 10));
  assert.deepEqual((await commentsOf(three.id)).map((c) => c.body), ['Many sing.', 'All are quiet.']);
  assert.equal((await ticketCalled('The printer sings')).length, 0);
  assert.ok(await person('Rita Renamed'));
  assert.equal(await person('Alma Agent'), undefined, 'deleted there, deleted here');
  assert.equal((await commentsOf(three.id))[0].author_id, three.assignee_id);
});

test('links in an export lead nowhere', async () => {
  const secret = at('secret.txt');
  fs.writeFileSync(secret, 'of this machine');
  fs.mkdirSync(at('links/attachments'), { recursive: true });
  fs.writeFileSync(at('links/users.jsonl'), `${JSON.stringify({ id: 61, name: 'Linker', email: 'linker@old.example', updated_at: time(1) })}\n`);
  fs.writeFileSync(at('links/tickets.jsonl'), `${JSON.stringify({
    id: 62, subject: 'Linked', status: 'open', requester_id: 61, created_at: time(1), updated_at: time(1),
    comments: [{ id: 63, author_id: 61, body: 'see there', public: true, created_at: time(1), attachments: [{ id: 64, file_name: 'x.txt', content_type: 'text/plain' }] }],
  })}\n`);
  fs.symlinkSync(secret, at('links/attachments/64'));
  fs.writeFileSync(at('elsewhere.json'), JSON.stringify([{ id: 65, name: 'Elsewhere', updated_at: time(1) }]));
  fs.symlinkSync(at('elsewhere.json'), at('links/users.json'));
  await bring('links');
  const [ticket] = await ticketCalled('Linked');
  assert.deepEqual((await commentsOf(ticket.id)).map((one) => [one.body, one.attachments.length]), [['see there', 0]]);
  assert.equal(await person('Elsewhere'), undefined);
  fs.rmSync(at('links/not-imported.txt'));
  fs.symlinkSync(secret, at('links/not-imported.txt'));
  assert.match((await bring('links', { code: 69 })).stderr, /Cannot write .*not-imported.txt/);
  assert.equal(fs.readFileSync(secret, 'utf8'), 'of this machine');
});

test('killed in the middle it goes on where it was', async () => {
  const many = 1500;
  const list = (make) => Array.from({ length: many }, (_, i) => `${JSON.stringify(make(10000 + i))}\n`).join('');
  fs.mkdirSync(at('many'));
  fs.writeFileSync(at('many/users.jsonl'), list((id) => ({ id, name: `Person ${id}`, email: `p${id}@many.example`, updated_at: time(1) })));
  fs.writeFileSync(at('many/tickets.jsonl'), list((id) => ({ id, subject: `Many ${id}`, status: 'open', requester_id: id, created_at: time(2), updated_at: time(3) })));
  fs.writeFileSync(at('many/comments.jsonl'), list((id) => ({ ticket_id: id, comments: [1, 2].map((n) => ({ id: 10 * id + n, author_id: id, body: `Words ${n} of ${id}`, public: true, created_at: time(n + 1) })) })));
  const total = async () => (await api.get('/api/v2/tickets/count.json')).json.count.value;
  const had = await total();
  const child = spawn(program, ['import', '--from', 'zendesk', at('many'), '--data', server.data, ...server.dbArgs()], { env: { ...process.env } });
  const ended = new Promise((resolve) => { child.on('close', (code, signal) => resolve(signal)); });
  await until('some tickets to be there', async () => (await total()) > had + 100, 60000);
  child.kill('SIGKILL');
  assert.equal(await ended, 'SIGKILL', 'it was stopped before its end');
  const between = (await total()) - had;
  assert.ok(between < many, `${between} of ${many}`);
  const rest = await bring('many');
  assert.deepEqual(counts(rest.stdout, 'tickets'), [many - between, 0, between, 0, 0, 0]);
  assert.equal((await total()) - had, many);
  assert.equal(await sql(server, "SELECT COUNT(*) FROM ticket_comment WHERE body LIKE 'Words _ of 1____'"), `${2 * many}`);
  console.log(`# ${rest.stdout.match(/\d+ records in .*/)[0]}`);
});

test('two imports at once bring nothing twice', async () => {
  const many = 400;
  const list = (make) => Array.from({ length: many }, (_, i) => `${JSON.stringify(make(50000 + i))}\n`).join('');
  fs.mkdirSync(at('both'));
  fs.writeFileSync(at('both/users.jsonl'), list((id) => ({ id, name: `Both ${id}`, updated_at: time(1) })));
  fs.writeFileSync(at('both/tickets.jsonl'), list((id) => ({ id, subject: `Both ${id}`, description: 'x', status: 'open', requester_id: id, created_at: time(2), updated_at: time(3) })));
  const [one, two] = await Promise.all(['a', 'b'].map((name) => bring('both', { args: ['--report', at(`both-${name}.txt`)] })));
  for (const plain of ['people', 'tickets']) {
    const [a, b] = [counts(one.stdout, plain), counts(two.stdout, plain)];
    assert.deepEqual([a[0] + b[0], a[2] + b[2]], [many, many], `${plain}: ${a} and ${b}`);
  }
  assert.equal(await sql(server, "SELECT COUNT(*) FROM ticket WHERE subject LIKE 'Both 5____'"), `${many}`);
});

test('a folder that is none, one without an export, broken pieces', async () => {
  const gone = await bring('nowhere', { code: 67 });
  assert.match(gone.stderr, /Cannot read the folder/);
  fs.mkdirSync(at('empty'));
  assert.match((await bring('empty', { code: 67 })).stderr, /no files/);
  fs.mkdirSync(at('broken'));
  fs.writeFileSync(at('broken/users.jsonl'), `{"id": 9001, "name": "After all", "email": "after@old.example", "updated_at": "${time(1)}"}\n{"id": 9002, \n{"name": "no number"}\n[]\n`);
  fs.writeFileSync(at('broken/users.json'), '{"users": 7, "tickets": [null, 3, {"id": "x"}]}');
  const result = await bring('broken');
  assert.match(result.stdout, /1 pieces of the export are no JSON/);
  const { users } = (await api.get('/api/v2/users/search.json?query=after@old.example')).json;
  assert.deepEqual(users.map((one) => one.name), ['After all']);
  assert.equal(report('broken').filter((line) => line.outcome === 'unreadable').length, 1);
});
