// SPDX-License-Identifier: GPL-3.0-or-later
//
// The knowledge: articles in sections through the API and the pages, languages and versions, who may
// read what, search that knows endings and forgives typos, votes, and what was read before asking.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { signIn } from '../support/desk.mjs';
import { forms, pageText } from '../support/http.mjs';
import { startServer } from '../support/server.mjs';

const hc = '/api/v2/help_center';
let server;
let api;
let agent;
let section;
let reader; // nobody in particular

before(async () => {
  server = await startServer();
  api = await server.api();
  agent = server.visitor();
  reader = server.visitor();
  await signIn(agent, server.admin);
  const category = await made(api.post(`${hc}/categories`, { category: { name: 'Workplace', locale: 'en-us' } }), 'category');
  section = await made(api.post(`${hc}/categories/${category.id}/sections`, { section: { name: 'Printers', locale: 'en-us' } }), 'section');
  assert.equal(section.category_id, category.id);
});
after(async () => {
  api?.close();
  await server?.stop();
});

async function made(call, name) {
  const answer = await call;
  assert.equal(answer.status, 201, answer.text);
  return answer.json[name];
}
const article = (fields) =>
  made(
    api.post(`${hc}/sections/${section.id}/articles`, {
      article: { locale: 'en-us', permission_group_id: 1, user_segment_id: null, ...fields },
      notify_subscribers: false,
    }),
    'article',
  );
const found = async (query, who = api) =>
  (await who.get(`${hc}/articles/search?query=${encodeURIComponent(query)}`)).json.results.map((one) => one.title);

test('an article has the shape that clients read, and bad markup is gone', async () => {
  const one = await article({
    title: 'Clearing a paper jam',
    body: '<p>Open the <b>tray</b>.</p><script>alert(1)</script><p onclick="x()">Pull gently.</p><img src="//evil.example/a.png"><a href="//evil.example/">x</a><a href="/help">Help</a>',
    label_names: ['Paper', 'jam'],
    promoted: true,
  });
  assert.deepEqual([one.name, one.title, one.locale, one.source_locale, one.draft, one.promoted], ['Clearing a paper jam', 'Clearing a paper jam', 'en-us', 'en-us', false, true]);
  assert.deepEqual(one.label_names, ['jam', 'paper']);
  assert.doesNotMatch(one.body, /script|onclick|evil/);
  assert.match(one.body, /href="\/help"/);
  const shown = await api.get(one.url);
  assert.deepEqual(shown.json.article, one);
  const page = await reader.get(`/help/articles/${one.id}`);
  assert.equal(page.status, 200);
  assert.match(pageText(page.text), /Clearing a paper jam Open the tray \. Pull gently\./);
  assert.match(page.text, /action="\/ask"/);
});

test('search knows endings, takes typos for their neighbours, and says nothing else', async () => {
  await article({ title: 'Printing on both sides', body: '<p>Choose duplex in the printer settings of your laptop.</p>' });
  await article({ title: 'A new password', body: '<p>Passwords expire after a year.</p>' });
  assert.equal((await found('printed both side'))[0], 'Printing on both sides');
  assert.equal((await found('how do I change my pasword'))[0], 'A new password');
  assert.equal((await found('duplx'))[0], 'Printing on both sides');
  assert.deepEqual(await found('zebra'), []);
  assert.deepEqual(await found('"; DROP TABLE kb_fts --'), []);
  assert.equal((await api.get(`${hc}/articles/search`)).status, 400);
  // The older name, for everybody, drafts for nobody.
  const old = async (query) => JSON.parse((await reader.get(`/api/v2/portal/search.json?query=${query}`)).text);
  assert.equal((await old('duplex')).results[0].title, 'Printing on both sides');
  await article({ title: 'Nebula draft', body: 'nebula', draft: true });
  assert.deepEqual((await old('nebula')).results, []);
});

test('drafts are for staff, some articles for people who signed in, some for staff', async () => {
  const draft = await article({ title: 'Quasar draft', body: 'quasar', draft: true });
  const inside = await article({ title: 'Quasar inside', body: 'quasar', user_segment_id: 2 });
  const staff = await article({ title: 'Quasar staff', body: 'quasar', user_segment_id: 3 });
  assert.equal((await found('quasar')).length, 3);
  await api.post('/api/v2/users', { user: { name: 'Rita', email: 'rita@example.net', verified: true } });
  const rita = await server.api('rita@example.net');
  assert.deepEqual(await found('quasar', rita), ['Quasar inside']);
  assert.equal((await rita.get(`${hc}/articles/${inside.id}`)).status, 200);
  for (const hidden of [draft, staff]) {
    assert.equal((await rita.get(`${hc}/articles/${hidden.id}`)).status, 404);
    assert.equal((await rita.get(`${hc}/articles/${hidden.id}/translations`)).status, 404);
    assert.equal((await reader.get(`/help/articles/${hidden.id}`)).status, 404);
  }
  assert.equal((await reader.get(`/help/articles/${inside.id}`)).status, 404);
  assert.equal((await rita.put(`${hc}/articles/${inside.id}`, { article: { promoted: true } })).status, 403);
  rita.close();
  const list = pageText((await reader.get('/help')).text);
  assert.doesNotMatch(list, /Quasar/);
  assert.doesNotMatch((await reader.get('/sitemap.xml')).text, new RegExp(`/${staff.id}<`));
});

test('translations: the reader gets their language, the others are marked when the first moves on', async () => {
  const one = await article({ title: 'Reaching the desk', body: '<p>Call 1234.</p>' });
  const at = `${hc}/articles/${one.id}/translations`;
  const german = await made(api.post(at, { translation: { locale: 'de', title: 'So erreichen Sie uns', body: '<p>Rufen Sie 1234 an.</p>' } }), 'translation');
  assert.equal(german.outdated, false);
  assert.equal((await api.get(`${hc}/de/articles/${one.id}`)).json.article.title, 'So erreichen Sie uns');
  assert.equal((await api.get(`${hc}/fr/articles/${one.id}`)).json.article.title, 'Reaching the desk');
  assert.equal((await api.post(at, { translation: { locale: 'de', title: 'x' } })).status, 422);
  const changed = await api.put(`${at}/en-us`, { translation: { body: '<p>Call 5678.</p>' } });
  assert.equal(changed.json.translation.title, 'Reaching the desk');
  assert.equal((await api.get(`${at}/de`)).json.translation.outdated, true);
  assert.deepEqual((await api.get(`${hc}/articles/${one.id}`)).json.article.outdated_locales, ['de']);
  assert.deepEqual((await found('Rufen')), ['Reaching the desk']);
  const first = (await api.get(`${at}/en-us`)).json.translation;
  assert.equal((await api.delete(`${hc}/translations/${first.id}`)).status, 409);
  assert.equal((await api.delete(`${hc}/translations/${german.id}`)).status, 204);
  assert.equal((await api.get(`${at}/de`)).status, 404);
});

test('agents write Markdown on the page; what it said before stays as a version', async () => {
  const page = await agent.get('/knowledge/new');
  const fields = { title: 'Spilled coffee', source: '# At once\n\n1. Turn it off\n2. Turn it *over*\n\n| a | b |\n|---|---|\n| 1 | 2 |', section: String(section.id), visibility: 'all', locale: 'en-us', labels: 'coffee', published: '1' };
  const saved = await agent.submit(page, '/knowledge/articles', fields);
  assert.equal(saved.status, 303, saved.text);
  const id = saved.location.split('/').pop();
  const shown = (await reader.get(`/help/articles/${id}`)).text;
  assert.match(shown, /<em>over<\/em>/);
  assert.match(shown, /<table>/);
  const edit = await agent.get(`/knowledge/articles/${id}`);
  assert.match(edit.text, /Turn it \*over\*/);
  const again = await agent.submit(edit, `/knowledge/articles/${id}`, { ...fields, source: 'Dry it for a day.' });
  assert.equal(again.status, 303);
  assert.match(pageText((await agent.get(`/knowledge/articles/${id}`)).text), /Earlier versions Spilled coffee .* Turn it off/);
  const refused = await agent.submit(edit, `/knowledge/articles/${id}`, { ...fields, title: ' ', source: 'not lost' });
  assert.equal(refused.status, 422);
  assert.match(refused.text, /not lost/);
});

test('one vote of a reader, replaced; anonymous ones count too', async () => {
  const one = await article({ title: 'Votes', body: 'x' });
  const up = await api.post(`${hc}/articles/${one.id}/up`);
  assert.deepEqual([up.status, up.json.vote.value, up.json.vote.item_id], [200, 1, one.id]);
  await api.post(`${hc}/articles/${one.id}/down`);
  const page = await reader.get(`/help/articles/${one.id}`);
  await reader.submit(page, `/help/articles/${one.id}/vote`, { vote: 'up' });
  await reader.submit(page, `/help/articles/${one.id}/vote`, { vote: 'up' });
  const { article: now } = (await api.get(`${hc}/articles/${one.id}`)).json;
  assert.deepEqual([now.vote_sum, now.vote_count], [0, 2]);
  assert.equal((await api.get(`${hc}/articles/${one.id}/votes`)).json.votes.length, 1);
});

test('what was read goes along with the request, and the article hears of it', async () => {
  const one = await article({ title: 'Beamer in room 5', body: 'Press the blue button.' });
  const suggested = await reader.get('/help/suggest?subject=beamer%20ro');
  assert.match(pageText(suggested.text), /Beamer in room 5/);
  const ask = await reader.get(`/ask?read=${one.id}&read=999`);
  const form = forms(ask.text).find((it) => it.action === '/ask' && 'body' in it.fields);
  assert.equal(form.fields.read, '999');
  const sent = await reader.submit(ask, '/ask', { ...form.fields, read: String(one.id), name: 'Rea', email: 'rea@example.net', subject: 'Beamer', body: 'The button is green.' });
  assert.equal(sent.status, 303);
  const [ticket] = (await api.get('/api/v2/search?query=type:ticket green')).json.results;
  assert.match(pageText((await agent.get(`/tickets/${ticket.id}`)).text), /Read before asking Beamer in room 5/);
  assert.match(pageText((await agent.get('/knowledge')).text), /asked all the same.* Beamer in room 5 : 1, /);
});

test('a search without an answer is noted for those who write', async () => {
  await reader.get('/help?q=Teleporter%20calibration');
  assert.match(pageText((await agent.get('/knowledge')).text), /teleporter calibration 1/);
});

test('lists page by number with the help centre\'s fields, and shelves with things on them stay', async () => {
  const first = (await api.get(`${hc}/articles?per_page=2&sort_by=title&sort_order=asc`)).json;
  assert.deepEqual([first.page, first.per_page, first.articles.length], [1, 2, 2]);
  assert.ok(first.articles[0].title <= first.articles[1].title);
  const all = await api.all(`${hc}/articles?per_page=2`, 'articles');
  assert.equal(new Set(all.map((one) => one.id)).size, first.count);
  assert.equal((await api.get(`${hc}/articles`)).json.per_page, 30);
  assert.equal((await api.delete(`${hc}/sections/${section.id}`)).status, 409);
  const gone = all[0];
  assert.equal((await api.delete(`${hc}/articles/${gone.id}`)).status, 204);
  assert.equal((await api.get(`${hc}/articles/${gone.id}`)).status, 404);
  assert.equal((await found(gone.title)).includes(gone.title), false);
  const changes = (await api.get(`${hc}/incremental/articles?start_time=0`)).json;
  assert.equal(changes.count, all.length - 1);
});
