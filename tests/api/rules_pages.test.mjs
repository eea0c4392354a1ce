// SPDX-License-Identifier: GPL-3.0-or-later
//
// The pages where rules are read and written, as a browser without scripts uses them.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { signIn } from '../support/desk.mjs';
import { startServer } from '../support/server.mjs';

let server;
let api;
let visitor;

before(async () => {
  server = await startServer();
  api = await server.api();
  visitor = server.visitor();
  await signIn(visitor, server.admin);
});
after(async () => {
  visitor.close();
  await server.stop();
});

async function ticket(fields) {
  const answer = await api.post('/api/v2/tickets', { ticket: { comment: 'Help', ...fields } });
  assert.equal(answer.status, 201, answer.text);
  return answer.json.ticket;
}

const empty = { all_field: [], all_op: [], all_value: [], any_field: [], any_op: [], any_value: [], action_field: [], action_value: [], action_subject: [], action_text: [] };

async function send(where, action, fields) {
  const page = await visitor.get(where);
  assert.equal(page.status, 200, page.text);
  return visitor.submit(page, action, { ...empty, ...fields });
}

test('a view is written, shown as a sentence, moved and switched off', async () => {
  await ticket({ subject: 'Burning', priority: 'urgent' });
  await ticket({ subject: 'Cold' });
  const made = await send('/rules/views/new', '/rules/views', {
    title: 'Burning now', audience: 'all', active: '1', do: 'save', columns: 'status subject', sort_by: 'updated', sort_down: '1', group_by: 'priority',
    all_field: ['status', 'priority', ''], all_op: ['less_than', 'is', 'is'], all_value: ['solved', 'urgent', ''],
  });
  assert.equal(made.status, 303, made.text);
  assert.equal(made.location, '/rules/views');
  let list = await visitor.get('/rules/views');
  assert.match(list.text, /Tickets where status is less than solved and priority is urgent\./);
  const view = (await api.get('/api/v2/views')).json.views.find(({ title }) => title === 'Burning now');
  const shown = await visitor.get(`/desk?view=${view.id}`);
  assert.match(shown.text, /Burning<\/a>/);
  assert.doesNotMatch(shown.text, /Cold<\/a>/);
  await visitor.submit(list, `/rules/views/${view.id}`, { do: 'up' });
  const order = (await api.get('/api/v2/views')).json.views.map(({ title }) => title);
  assert.deepEqual(order.slice(-2), ['Burning now', 'Costing most']);
  list = await visitor.get('/rules/views');
  await visitor.submit(list, `/rules/views/${view.id}`, { do: 'switch' });
  assert.equal((await api.get(`/api/v2/views/${view.id}`)).json.view.active, false);
  const edit = await visitor.get(`/rules/views/${view.id}`);
  const gone = await visitor.submit(edit, `/rules/views/${view.id}`, { do: 'delete' });
  assert.equal(gone.status, 303);
  assert.equal((await api.get(`/api/v2/views/${view.id}`)).status, 404);
});

test('a trigger is tried on what has happened, saved with names, and read as a sentence', async () => {
  await api.post('/api/v2/groups', { group: { name: 'Fire brigade' } });
  const fire = await ticket({ subject: 'Fire in the hall' });
  await api.put(`/api/v2/tickets/${fire.id}`, { ticket: { priority: 'high' } });
  const fields = {
    title: 'Fire', active: '1',
    all_field: ['update_type', 'subject_includes_word'], all_op: ['is', 'includes'], all_value: ['Create', 'fire'],
    action_field: ['group_id', 'notification_user'], action_value: ['Fire brigade', 'requester_id'],
    action_subject: ['', 'We come'], action_text: ['', 'Ticket {{ticket.id}}'],
  };
  const tried = await send('/rules/triggers/new', '/rules/triggers', { ...fields, do: 'try' });
  assert.equal(tried.status, 200, tried.text);
  assert.match(tried.text, /It would have acted on 1 of the last \d+ changes/);
  assert.match(tried.text, new RegExp(`#${fire.id} Fire in the hall`));
  assert.equal((await api.get('/api/v2/triggers')).json.count, 0);
  const changed = { ...fields, all_field: ['priority'], all_op: ['value'], all_value: ['high'] };
  assert.match((await send('/rules/triggers/new', '/rules/triggers', { ...changed, do: 'try' })).text, /acted on 1 of/);

  const made = await send('/rules/triggers/new', '/rules/triggers', { ...fields, do: 'save' });
  assert.equal(made.status, 303, made.text);
  const list = await visitor.get('/rules/triggers');
  assert.match(list.text, /When the ticket is created and subject contains at least one of “fire”: assign to group Fire brigade; send a mail to the requester with the subject “We come”\./);
  const [trigger] = (await api.get('/api/v2/triggers')).json.triggers;
  assert.match(trigger.actions[0].value, /^\d+$/);
  assert.deepEqual(trigger.actions[1].value, ['requester_id', 'We come', 'Ticket {{ticket.id}}']);
  const edit = await visitor.get(`/rules/triggers/${trigger.id}`);
  assert.match(edit.text, /value="Fire brigade"/);
  await api.delete(trigger.url);
});

test('mistakes are said and what was typed stays', async () => {
  const answer = await send('/rules/automations/new', '/rules/automations', {
    title: 'Nudge <b>', do: 'save', all_field: ['PENDING'], all_op: ['greater_than'], all_value: ['soon'],
    action_field: ['current_tags'], action_value: ['nudged'],
  });
  assert.equal(answer.status, 422);
  assert.match(answer.text, /“soon” is no value of “PENDING”/);
  assert.match(answer.text, /value="Nudge &lt;b&gt;"/);
  assert.match(answer.text, /value="nudged"/);
});

test('a macro has a text of several lines', async () => {
  const made = await send('/rules/macros/new', '/rules/macros', {
    title: 'Restart', audience: 'mine', active: '1', do: 'save',
    action_field: ['status', 'comment_value'], action_value: ['pending', ''], action_subject: ['', ''],
    action_text: ['', 'Hello {{ticket.requester.first_name}},\nplease restart.'],
  });
  assert.equal(made.status, 303, made.text);
  const [macro] = (await api.get('/api/v2/macros')).json.macros;
  assert.equal(macro.actions[1].value.replace(/\r/g, ''), 'Hello {{ticket.requester.first_name}},\nplease restart.');
  assert.equal(macro.restriction.type, 'User');
});
