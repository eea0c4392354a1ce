// SPDX-License-Identifier: GPL-3.0-or-later
//
// Moments: each answer can be judged by one click from mail or portal without signing in; a bad one
// starts a recovery that leads see through to its outcome; programs read the verdicts as ratings.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { answerForm, signIn } from '../support/desk.mjs';
import { forms, pageText, request, urlencoded } from '../support/http.mjs';
import { startServer } from '../support/server.mjs';
import { startSink } from '../support/smtp-sink.mjs';

let server;
let api;
let agent;
let sink;
let people = 0;

before(async () => {
  sink = await startSink();
  server = await startServer({ smtp: sink.url });
  api = await server.api();
  agent = server.visitor();
  await signIn(agent, server.admin);
});
after(async () => {
  api?.close();
  await server?.stop();
  await sink?.close();
});

// A request with one answer: { id, email, links: { good, bad } } with the links of the mail.
async function answered(text = 'Please try again now.') {
  const email = `person${++people}@example.net`;
  const { json } = await api.post('/api/v2/tickets', {
    ticket: { subject: 'Projector', comment: 'It is dark.', requester: { name: `Person ${people}`, email } },
  });
  await answerForm(agent, json.ticket.id, text, { public: '1' });
  const mail = await sink.wait((one) => one.to?.includes(email) && /Did this help/.test(one.text ?? ''));
  const [, good] = mail.text.match(/^Yes: (\S+)$/m);
  const [, bad] = mail.text.match(/^No: (\S+)$/m);
  return { id: json.ticket.id, email, requester: json.ticket.requester_id, links: { good, bad } };
}
// Presses a button of the link's page, as somebody who never was here.
async function judge(link, fields) {
  const visitor = server.visitor();
  const place = new URL(link).pathname;
  const page = await visitor.get('/ask');
  const { csrf } = forms(page.text).find((form) => 'csrf' in form.fields).fields;
  const answer = await visitor.send(place, {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: urlencoded({ csrf, ...fields }),
  });
  visitor.close();
  return answer;
}
const ratings = async (query = '') =>
  (await api.get(`/api/v2/satisfaction_ratings?${query}`)).json.satisfaction_ratings;
const total = async () => (await api.get('/api/v2/satisfaction_ratings/count')).json.count.value;

test('a link that is only fetched is no verdict; one click on its page is', async () => {
  const { id, links } = await answered();
  const before = await total();
  const page = await request(links.good);
  assert.equal(page.status, 200);
  assert.match(pageText(page.text), /You say that it helped/);
  assert.equal(await total(), before);
  assert.equal((await judge(links.good, { score: 'good' })).status, 303);
  assert.equal(await total(), before + 1);
  await judge(links.good, { score: 'good', word: 'Quick & kind' });
  assert.equal(await total(), before + 1, 'a second press is the same verdict');
  const [last] = (await ratings()).slice(-1);
  assert.deepEqual([last.ticket_id, last.score, last.comment], [id, 'good', 'Quick & kind']);
  assert.match(pageText((await agent.get(`/tickets/${id}`)).text), /Helped Quick & kind/);
});

test('a link that was changed judges nothing', async () => {
  const { links } = await answered();
  const before = await total();
  const other = links.bad.replace(/\/rate\/\d+/, (part) => `${part.slice(0, -1)}${(Number(part.at(-1)) + 1) % 10}`);
  assert.equal((await request(other)).status, 404);
  assert.equal((await judge(other, { score: 'bad' })).status, 404);
  assert.equal((await judge(links.bad, { score: 'great' })).status, 422);
  assert.equal(await total(), before);
});

test('a bad moment tells the leads, waits for the steward, and ends with an outcome', async () => {
  const { id, links } = await answered();
  await judge(links.bad, { score: 'bad', word: 'It is still dark.' });
  const told = await sink.wait((one) => one.to?.includes(server.admin.email) && /A bad moment in/.test(one.subject ?? ''));
  assert.match(told.text, /It is still dark\./);
  assert.match(pageText((await agent.get('/moments')).text), new RegExp(`#${id} Projector It is still dark\\. .* Not answered yet\\.`));
  await answerForm(agent, id, 'I am coming over right now.', { public: '1' });
  const page = await agent.get('/moments');
  assert.match(pageText(page.text), new RegExp(`#${id} Projector .* The steward has answered since\\.`));
  const close = page.text.match(/action="(\/moments\/\d+\/close)"/)[1];
  assert.equal((await agent.submit(page, close, { outcome: ' ' })).status, 422);
  assert.equal((await agent.submit(page, close, { outcome: 'New lamp put in.' })).status, 303);
  const now = pageText((await agent.get('/moments')).text);
  assert.match(now, /Nothing waits\./);
  assert.match(now, /Outcome: New lamp put in\./);
  assert.equal((await agent.submit(page, close, { outcome: 'Again' })).status, 409);
});

test('an agent who is no lead sees no list of moments, an end user neither', async () => {
  await api.post('/api/v2/users', { user: { name: 'Agent', email: 'agent@example.org', role: 'agent', verified: true } });
  const one = await server.api('agent@example.org');
  assert.equal((await one.get('/api/v2/satisfaction_ratings')).status, 200);
  one.close();
  const { email } = await answered();
  const person = await server.api(email);
  assert.equal((await person.get('/api/v2/satisfaction_ratings')).status, 403);
  person.close();
});

test('the requester judges through the API, nobody else does', async () => {
  const { id, email, requester } = await answered();
  const person = await server.api(email);
  const early = await person.post(`/api/v2/tickets/${id}/satisfaction_rating`, { satisfaction_rating: { score: 'good' } });
  assert.deepEqual([early.status, early.json.details.base[0].error], [422, 'InvalidValue'], 'only what is solved is rated');
  assert.deepEqual((await api.get(`/api/v2/tickets/${id}`)).json.ticket.satisfaction_rating, { score: 'unoffered' });
  await api.put(`/api/v2/tickets/${id}`, { ticket: { status: 'solved' } });
  const made = await person.post(`/api/v2/tickets/${id}/satisfaction_rating`, {
    satisfaction_rating: { score: 'good', comment: 'Awesome support.' },
  });
  assert.equal(made.status, 200, made.text);
  const { satisfaction_rating: rating } = made.json;
  assert.deepEqual([rating.score, rating.comment, rating.requester_id], ['good', 'Awesome support.', requester]);
  const shown = await api.get(`/api/v2/satisfaction_ratings/${rating.id}`);
  assert.deepEqual(shown.json.satisfaction_rating, rating);
  const onTicket = (await api.get(`/api/v2/tickets/show_many?ids=${id}`)).json.tickets[0].satisfaction_rating;
  assert.deepEqual([onTicket.id, onTicket.score, onTicket.comment], [rating.id, 'good', 'Awesome support.']);
  const wrong = await person.post(`/api/v2/tickets/${id}/satisfaction_rating`, { satisfaction_rating: { score: 'so so' } });
  assert.equal(wrong.status, 422);
  person.close();
  const foreign = await api.post(`/api/v2/tickets/${id}/satisfaction_rating`, { satisfaction_rating: { score: 'bad' } });
  assert.equal(foreign.status, 403);
  const { email: other } = await answered();
  const stranger = await server.api(other);
  assert.equal((await stranger.post(`/api/v2/tickets/${id}/satisfaction_rating`, { satisfaction_rating: { score: 'bad' } })).status, 404);
  stranger.close();
});

test('lists filter by score, word and time, and page both ways', async () => {
  const all = await ratings('per_page=100');
  assert.deepEqual((await ratings('score=bad')).map((one) => one.score), ['bad']);
  assert.deepEqual((await ratings('score=good_without_comment')).map((one) => one.id), all.filter((one) => one.score === 'good' && !one.comment).map((one) => one.id));
  assert.deepEqual(await ratings('score=offered'), []);
  assert.deepEqual(await ratings('end_time=1000'), []);
  const walked = [];
  let next = '/api/v2/satisfaction_ratings?page[size]=1';
  let previous = null;
  while (next) {
    const { json } = await api.get(next);
    walked.push(...json.satisfaction_ratings.map((one) => one.id));
    previous = json.links.prev;
    next = json.meta.has_more ? json.links.next : null;
  }
  assert.deepEqual(walked, all.map((one) => one.id));
  const back = (await api.get(previous)).json.satisfaction_ratings;
  assert.deepEqual(back.map((one) => one.id), [all.at(-2).id]);
});
