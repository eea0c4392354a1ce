// SPDX-License-Identifier: GPL-3.0-or-later
//
// docs/api/openapi.yaml against the program: the same calls, and answers that are as it says.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import Ajv from 'ajv/dist/2020.js';
import YAML from 'yaml';
import { answers } from '../../docs/api/schemas.mjs';
import { request } from '../support/http.mjs';
import { runProgram, startServer } from '../support/server.mjs';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');
const file = YAML.parse(fs.readFileSync(path.join(root, 'docs/api/openapi.yaml'), 'utf8'));
let server;
let api;

before(async () => {
  server = await startServer();
  api = await server.api();
});
after(() => server.stop());

test('every call of the program is described, and no other', async () => {
  const { stdout } = await runProgram(['routes']);
  const served = stdout.trim().split('\n').map((line) => line.split(' ')).filter(([, , kind]) => kind === 'api')
    .map(([method, route]) => `${method} ${route.replace(/\{\w+(:id)?\}/g, '{}')}`);
  const described = Object.entries(file.paths).flatMap(([route, calls]) =>
    Object.keys(calls).map((method) => `${method.toUpperCase()} ${route.replace(/\{\w+\}/g, '{}')}`));
  assert.deepEqual([...described].sort(), [...served].sort(), 'make it anew: docs/api/generate.mjs');
});

test('answers are what the description says', async () => {
  const ajv = new Ajv({ strict: false });
  ajv.addSchema({ $id: 'file', components: file.components });
  const made = async (where, body) => {
    const answer = await api.post(where, body);
    assert.ok(answer.status === 200 || answer.status === 201, answer.text);
    return Object.values(answer.json)[0];
  };
  const user = await made('/api/v2/users', { user: { name: 'U', email: 'u@openapi.example' } });
  const organization = await made('/api/v2/organizations', { organization: { name: 'O' } });
  await made('/api/v2/organization_memberships', { organization_membership: { user_id: user.id, organization_id: organization.id } });
  await made('/api/v2/user_fields', { user_field: { type: 'text', key: 'k', title: 'K' } });
  const field = await made('/api/v2/ticket_fields', { ticket_field: { type: 'text', title: 'T' } });
  const ticket = await made('/api/v2/tickets', { ticket: { subject: 'S', comment: 'secret', tags: ['t'], custom_fields: [{ id: field.id, value: 'v' }] } });
  const gone = await made('/api/v2/tickets', { ticket: { comment: 'gone' } });
  await api.delete(gone.url);
  const [comment] = (await api.get(`/api/v2/tickets/${ticket.id}/comments`)).json.comments;
  const job = await made('/api/v2/tickets/create_many', { tickets: [{ comment: 'j' }] });
  const groups = (await api.get('/api/v2/groups')).json.groups;
  const audits = (await api.get(`/api/v2/tickets/${ticket.id}/audits`)).json.audits;
  const brands = (await api.get('/api/v2/brands')).json.brands;
  const places = {
    ticket: ticket.id, user: user.id, organization: organization.id, group: groups[0].id, comment: comment.id, audit: audits[0].id,
    record: field.id, name: job.id,
  };
  const bodies = {
    ticket: { ticket: { priority: 'low' } }, user: { user: { notes: 'n' } }, organization: { organization: { notes: 'n' } }, group: { group: { description: 'd' } },
    redact: { text: 'secret' }, update_many: { tickets: [{ id: ticket.id, priority: 'high' }] },
  };
  let checked = 0;
  for (const [call, schema] of Object.entries(answers)) {
    const [method, route] = call.split(' ');
    if (/attachment|^POST|^PUT .*requests/.test(call)) continue;
    const where = route.replace('brands/{record:id}', `brands/${brands[0].id}`).replace(/\{(\w+)(:id)?\}/g, (_, name) => places[name]);
    const query = route.includes('/incremental/') ? '?start_time=0' : '';
    const key = Object.keys(bodies).find((name) => route.endsWith(`/${name}`) || route.endsWith(`/{${name}:id}`));
    if (method === 'PUT' && !key) continue;
    const answer = await api.call(method, where + query, method === 'PUT' ? bodies[key] : undefined);
    assert.equal(answer.status, 200, `${call}: ${answer.text}`);
    const validate = ajv.compile({ $ref: `file#/components/schemas/${schema}` });
    assert.ok(validate(answer.json), `${call}: ${JSON.stringify(validate.errors?.slice(0, 3))}`);
    checked++;
  }
  assert.ok(checked > 40, `${checked} calls`);
  const wrong = ajv.compile({ $ref: 'file#/components/schemas/TicketAnswer' });
  assert.equal(wrong({ ticket: { ...ticket, status: 7 } }), false, 'the check itself can fail');
});

test('the list of calls can be read at /api', async () => {
  const page = await request(`${server.url}/api`);
  assert.equal(page.status, 200);
  assert.match(page.text, /<code>GET \/api\/v2\/tickets<\/code>/);
});
