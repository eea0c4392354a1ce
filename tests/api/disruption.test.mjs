// SPDX-License-Identifier: GPL-3.0-or-later
//
// What broken things cost: said by the requester in the form, corrected by staff, counted in working
// hours until it is solved, the dearest first, and never shown to the requester.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { signIn } from '../support/desk.mjs';
import { forms, pageText, urlencoded } from '../support/http.mjs';
import { startServer } from '../support/server.mjs';

let server;
let api;
let agent;
let ahead = 0;

before(async () => {
  server = await startServer({ env: {} });
  api = await server.api();
  agent = server.visitor();
  await signIn(agent, server.admin);
});
after(async () => {
  api?.close();
  agent?.close();
  await server?.stop();
});

async function hoursPass(hours) {
  ahead += hours * 3600;
  api.close();
  await server.halt();
  server.options.env.STEWARD_TEST_AHEAD_SECONDS = String(ahead);
  await server.start();
  api = await server.api();
}
const ok = ({ status, json, text }, wanted = 200) => {
  assert.equal(status, wanted, text);
  return json;
};
const cost = async (id) => ok(await api.get(`/api/v2/tickets/${id}/disruption`)).disruption;
const say = (id, disruption) => api.put(`/api/v2/tickets/${id}/disruption`, { disruption });
const near = (got, wanted) => assert.ok(Math.abs(got - wanted) <= wanted / 50, `${got}, not ${wanted}`);
async function post(visitor, place, fields, page = place) {
  const { csrf } = forms((await visitor.get(page)).text).find((form) => 'csrf' in form.fields).fields;
  return visitor.send(place, {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: urlencoded({ csrf, ...fields }),
  });
}
async function ticket(subject) {
  const { id } = ok(await api.post('/api/v2/tickets', {
    ticket: { subject, comment: 'x', requester: { name: 'Ana', email: 'ana@example.net' } },
  }), 201).ticket;
  return id;
}

test('the requester says it in the form, the agent corrects it, it counts until it is solved', async () => {
  const visitor = server.visitor();
  const sent = await post(visitor, '/ask', {
    email: 'bea@example.net', subject: 'No network', body: 'On our floor.', degree: 'stopped', people: '4',
  });
  assert.ok(sent.status < 400, sent.text);
  visitor.close();
  const { tickets } = ok(await api.get('/api/v2/tickets?sort_by=id&sort_order=desc'));
  const { id } = tickets.find((one) => one.subject === 'No network');
  const said = await cost(id);
  assert.deepEqual([said.degree, said.people, said.said_degree, said.said_people, said.corrected_by],
    ['stopped', 4, 'stopped', 4, null]);
  assert.equal(said.cents_an_hour, 4 * 5000);
  await hoursPass(2);
  near((await cost(id)).cents, 2 * 20000);
  assert.match(pageText((await agent.get(`/tickets/${id}`)).text), /40\d\.\d\d so far, 200\.00 an hour/);

  // Two people, and only slowed: what it cost so far stays.
  assert.equal((await post(agent, `/tickets/${id}/disruption`, { degree: 'slowed', people: '2' }, `/tickets/${id}`)).status, 303);
  const corrected = await cost(id);
  assert.deepEqual([corrected.degree, corrected.people, corrected.said_degree, corrected.said_people, corrected.cents_an_hour],
    ['slowed', 2, 'stopped', 4, 5000]);
  ok(await api.put(`/api/v2/tickets/${id}`, { ticket: { status: 'pending' } }));
  await hoursPass(2);
  near((await cost(id)).cents, 40000 + 2 * 5000);
  ok(await api.put(`/api/v2/tickets/${id}`, { ticket: { status: 'solved' } }));
  await hoursPass(5);
  near((await cost(id)).cents, 50000);
  ok(await api.put(`/api/v2/tickets/${id}`, { ticket: { status: 'open' } }));
  await hoursPass(1);
  near((await cost(id)).cents, 55000);
});

test('an organisation has its own rate, and the dearest stands first', async () => {
  const { organization } = ok(await api.post('/api/v2/organizations', { organization: { name: 'Dear', domain_names: [] } }), 201);
  const { disruption_rates: rates } = ok(await api.put('/api/v2/disruption_rates', {
    disruption_rate: { organization_id: organization.id, cents: 30000 },
  }));
  assert.deepEqual(rates, [{ organization_id: null, cents: 5000 }, { organization_id: organization.id, cents: 30000 }]);
  const [cheap, dear, none] = [await ticket('Cheap'), await ticket('Dear'), await ticket('None')];
  ok(await api.put(`/api/v2/tickets/${dear}`, { ticket: { organization_id: organization.id } }));
  ok(await say(cheap, { degree: 'stopped', people: 3 }));
  assert.equal(ok(await say(dear, { degree: 'stopped' })).disruption.cents_an_hour, 30000);
  assert.equal(ok(await say(none, { degree: 'later', people: 900 })).disruption.cents_an_hour, 0);
  const view = ok(await api.get('/api/v2/views')).views.find((one) => one.title === 'Costing most');
  const order = ok(await api.get(`/api/v2/views/${view.id}/tickets`)).tickets.map((one) => one.id);
  assert.deepEqual(order.slice(0, 2), [dear, cheap]);
  assert.match(pageText((await agent.get('/desk?view=costing')).text), /Dear 300\.00 an hour/);
});

test('nonsense is refused, and requesters see no money', async () => {
  const id = await ticket('Closed');
  for (const wrong of [{ degree: 'a lot' }, { degree: 'stopped', people: 0 }, { degree: 'stopped', people: 'x' }]) {
    assert.equal((await say(id, wrong)).status, 422, JSON.stringify(wrong));
  }
  ok(await say(id, { degree: 'stopped', people: 2 }));
  const theirs = await server.api('ana@example.net');
  assert.equal((await theirs.get(`/api/v2/tickets/${id}/disruption`)).status, 403);
  assert.doesNotMatch((await theirs.get(`/api/v2/requests/${id}`)).text, /cost|disruption|cents/);
  theirs.close();
});
