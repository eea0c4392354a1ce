// SPDX-License-Identifier: GPL-3.0-or-later
//
// Dynamic content and the addresses that answers come from; smaller calls around tickets.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { request } from '../support/http.mjs';
import { startServer } from '../support/server.mjs';

let server;
let api;

before(async () => {
  server = await startServer();
  api = await server.api();
});
after(async () => {
  api.close();
  await server.stop();
});

async function made(where, body) {
  const answer = await api.post(`/api/v2/${where}`, body);
  assert.equal(answer.status, 201, `${where}: ${answer.text}`);
  return Object.values(answer.json)[0];
}
const items = 'dynamic_content/items';

test('an item has variants, one of them the default, and its placeholder stays', async () => {
  const item = await made(items, { item: { name: 'Our Greeting', default_locale_id: 2, variants: [{ locale_id: 1, content: 'Hello' }, { locale_id: 2, content: 'Hola' }] } });
  assert.deepEqual([item.placeholder, item.default_locale_id, item.variants.map((one) => [one.content, one.default, one.active])],
    ['{{dc.our_greeting}}', 2, [['Hello', false, true], ['Hola', true, true]]]);
  const renamed = (await api.put(item.url, { item: { name: 'Greeting' } })).json.item;
  assert.deepEqual([renamed.name, renamed.placeholder], ['Greeting', '{{dc.our_greeting}}']);
  const [hello, hola] = item.variants;
  assert.deepEqual((await api.get(hello.url)).json.variant, hello);
  const changed = await api.put(hola.url, { variant: { content: 'Buenos días' } });
  assert.equal(changed.json.variant.content, 'Buenos días', changed.text);
  const one = await made(`${items}/${item.id}/variants`, { variant: { locale_id: 3, content: 'Salut' } });
  const many = await api.post(`/api/v2/${items}/${item.id}/variants/create_many`, { variants: [{ locale_id: 4, content: 'Hallo' }, { locale_id: 5, content: 'Ciao' }] });
  assert.deepEqual([many.status, many.json.variants.length], [201, 5], many.text);
  const update = await api.put(`/api/v2/${items}/${item.id}/variants/update_many`, { variants: [{ id: one.id, content: 'Bonjour', default: true }] });
  assert.deepEqual(update.json.variants.filter((row) => row.default).map((row) => row.content), ['Bonjour'], update.text);
  const page = (await api.get(`/api/v2/${items}/${item.id}/variants?page[size]=2`)).json;
  assert.deepEqual([page.variants.length, page.meta.has_more], [2, true]);
  assert.equal((await api.get(page.links.next)).json.variants.length, 2);
  // What is refused.
  const refused = async (call, field, word) => assert.equal((await call).json.details[field][0].error, word);
  await refused(api.post(`/api/v2/${items}/${item.id}/variants`, { variant: { locale_id: 3, content: 'x' } }), 'locale_id', 'DuplicateValue');
  await refused(api.post(`/api/v2/${items}/${item.id}/variants`, { variant: { locale_id: 9 } }), 'content', 'BlankValue');
  await refused(api.post(`/api/v2/${items}`, { item: { name: 'our greeting', content: 'x' } }), 'placeholder', 'DuplicateValue');
  await refused(api.post(`/api/v2/${items}`, { item: { name: 'Empty' } }), 'variants', 'BlankValue');
  await refused(api.put(one.url, { variant: { active: false } }), 'active', 'InvalidValue');
  await refused(api.delete(one.url), 'base', 'InvalidValue');
  const half = await api.post(`/api/v2/${items}/${item.id}/variants/create_many`, { variants: [{ locale_id: 7, content: 'x' }, { locale_id: 7, content: 'y' }] });
  assert.equal(half.status, 422);
  assert.equal((await api.get(item.url)).json.item.variants.length, 5, 'all or none');
  assert.equal((await api.delete(hola.url)).status, 204);
  assert.equal((await api.get(hola.url)).status, 404);
  await made(items, { item: { name: 'Bye', content: 'See you', default_locale_id: 1 } });
  for (const names of ['our_greeting', 'dc.our_greeting', encodeURIComponent('{{dc.our_greeting}}')]) {
    assert.deepEqual((await api.get(`/api/v2/${items}/show_many?identifiers=${names}`)).json.items.map((row) => row.id), [item.id], names);
  }
  assert.equal((await api.get(`/api/v2/${items}.json?per_page=1`)).json.count, 2);
});

test('rules put the words in, and nothing when the item is gone', async () => {
  const macro = await made('macros', { macro: { title: 'Greet', actions: [{ field: 'comment_value', value: 'So: {{dc.bye}}! {{dc.nobody}}' }] } });
  const body = async () => (await api.get(`/api/v2/macros/${macro.id}/apply`)).json.result.ticket.comment.body;
  assert.equal(await body(), 'So: See you! ');
  const [item] = (await api.get(`/api/v2/${items}/show_many?identifiers=bye`)).json.items;
  assert.equal((await api.delete(item.url)).status, 204);
  assert.equal((await api.get(item.url)).status, 404);
  assert.equal(await body(), 'So: ! ');
  const notes = (await api.get('/api/v2/audit_logs?filter[source_type]=dynamic_content')).json.audit_logs;
  assert.equal(notes[0].action, 'destroy');
});

test('addresses: the desk\'s own, and others', async () => {
  const list = (await api.get('/api/v2/recipient_addresses.json?page[size]=10')).json.recipient_addresses;
  assert.deepEqual(list.map((one) => [one.email, one.default, one.forwarding_status]), [['support@example.org', true, 'verified']]);
  const other = await made('recipient_addresses', { recipient_address: { name: 'Lamps', email: 'lamps@example.net' } });
  assert.deepEqual([other.forwarding_status, other.spf_status, other.default, other.brand_id], ['unknown', 'unknown', false, 301]);
  assert.deepEqual((await api.put(`/api/v2/recipient_addresses/${other.id}/verify`)).json.recipient_address, other);
  assert.equal((await api.put(other.url, { recipient_address: { name: 'Lights' } })).json.recipient_address.name, 'Lights');
  const word = async (call) => (await call).json.details.email[0].error;
  assert.equal(await word(api.post('/api/v2/recipient_addresses', { recipient_address: { email: 'nonsense' } })), 'InvalidFormat');
  assert.equal(await word(api.post('/api/v2/recipient_addresses', { recipient_address: { email: 'LAMPS@example.net' } })), 'DuplicateValue');
  assert.equal(await word(api.put(list[0].url, { recipient_address: { email: 'else@example.org' } })), 'InvalidValue');
  assert.equal((await api.delete(list[0].url)).status, 422);
  assert.equal((await api.delete(other.url)).status, 204);
});

test('problems are found by words of their subject', async () => {
  const problem = await made('tickets', { ticket: { subject: 'No light in the hall', type: 'problem', comment: 'x' } });
  await made('tickets', { ticket: { subject: 'No light in the hall', type: 'question', comment: 'x' } });
  const found = await api.post('/api/v2/problems/autocomplete.json', { text: 'LIGHT in' });
  assert.deepEqual(found.json.tickets.map((one) => one.id), [problem.id], found.text);
  assert.equal((await api.post('/api/v2/problems/autocomplete', { text: 'dark' })).json.count, 0);
});

test('a file is deleted: its bytes are gone, its place stays', async () => {
  const upload = await request(`${server.url}/api/v2/uploads?filename=a.txt`, { method: 'POST', headers: { ...api.headers, 'content-type': 'text/plain' }, body: 'secret words' });
  const { token } = JSON.parse(upload.text).upload;
  const ticket = await made('tickets', { ticket: { comment: { body: 'x', uploads: [token] } } });
  const file = async () => (await api.get(`/api/v2/tickets/${ticket.id}/comments`)).json.comments[0].attachments[0];
  const before = await file();
  assert.equal((await request(before.content_url)).text, 'secret words');
  const light = await made('users', { user: { name: 'Li', email: 'li@example.org', role: 'light-agent' } });
  const reader = await server.api(light.email);
  assert.equal((await reader.delete(before.url)).status, 403);
  reader.close();
  assert.equal((await api.delete(before.url)).status, 204);
  assert.deepEqual([(await file()).file_name, (await file()).size], ['redacted.txt', 0]);
  assert.equal((await request((await file()).content_url)).text, '');
});
