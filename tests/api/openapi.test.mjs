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
import { fillIn, nameless, sample } from '../../docs/api/example-values.mjs';
import { ends, examples } from '../../docs/api/examples.mjs';
import { unasked, Walk } from '../support/examples.mjs';
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
after(async () => {
  walk?.close();
  api.close();
  await server.stop();
});

test('every call of the program is described, and no other', async () => {
  const { stdout } = await runProgram(['routes']);
  const served = stdout.trim().split('\n').map((line) => line.split(' ')).filter(([, , kind]) => kind === 'api')
    .map(([method, route]) => `${method} ${route.replace(/\{\w+(:id)?\}/g, '{}')}`);
  const described = Object.entries(file.paths).flatMap(([route, calls]) =>
    Object.keys(calls).map((method) => `${method.toUpperCase()} ${route.replace(/\{\w+\}/g, '{}')}`));
  assert.deepEqual([...described].sort(), [...served].sort(), 'make it anew: docs/api/generate.mjs');
});

// --- every example, every answer ----------------------------------------------------------------

const ajv = new Ajv({ strict: false });
ajv.addSchema({ $id: 'file', components: file.components });
const compiled = new Map();
function validator(schema) {
  const text = JSON.stringify(schema).replaceAll('"#/components', '"file#/components');
  if (!compiled.has(text)) compiled.set(text, ajv.compile(JSON.parse(text)));
  return compiled.get(text);
}

// What the file says of a call of examples.mjs, and of its sister with a language in the path.
const described = new Map(Object.entries(file.paths).flatMap(([route, calls]) =>
  Object.entries(calls).map(([method, call]) => [nameless(`${method.toUpperCase()} ${route.startsWith('/api/v2') ? route.slice(7) : `/${route}`}`), call])));

// All that is wrong is told at once.
const wrong = [];
const nothingWrong = () => assert.deepEqual(wrong.splice(0), []);
function judge(call, answer) {
  try {
    compare(call, answer);
  } catch (error) {
    wrong.push(error.message);
  }
}

function compare(call, answer) {
  const said = described.get(call)?.responses[answer.status];
  assert.ok(said, `${call}: ${answer.status} is not described: ${answer.text.slice(0, 300)}`);
  const schema = said.content?.['application/json'].schema;
  if (!schema) {
    if (said.$ref) return;
    assert.ok(answer.text === '' || answer.text === '{}', `${call}: a body that is not described: ${answer.text.slice(0, 200)}`);
    return;
  }
  const json = answer.json ?? JSON.parse(answer.text);
  const validate = validator(schema);
  assert.ok(validate(json), `${call}: ${JSON.stringify(validate.errors?.slice(0, 3))} in ${JSON.stringify(json).slice(0, 400)}`);
}

// Each member of a body is in the schema: an example shows nothing that nobody reads.
function unknownMembers(schema, value, where = '') {
  if (schema.anyOf) return schema.anyOf.map((one) => unknownMembers(one, value, where)).sort((a, b) => a.length - b.length)[0];
  if (Array.isArray(value)) return schema.items ? value.flatMap((one) => unknownMembers(schema.items, one, where)) : [];
  if (value === null || typeof value !== 'object' || !schema.properties) return [];
  return Object.entries(value).flatMap(([key, one]) =>
    schema.properties[key] ? unknownMembers(schema.properties[key], one, `${where}.${key}`) : [`${where}.${key}`]);
}

// What is written and read back under the same name. Not told again: secrets, and what means something else on the way in.
const notEchoed = new Set(['password', 'custom_fields', 'comment', 'comments', 'description', 'requester', 'settings', 'email', 'from', 'authentication', 'tags', 'category_id', 'value', 'metadata', 'values', 'objectives']);
function echoed(call, body, json) {
  const [key, wanted] = Object.entries(body ?? {})[0] ?? [];
  const got = json?.[key];
  if (!got || typeof wanted !== 'object' || Array.isArray(wanted)) return 0;
  let count = 0;
  for (const [member, value] of Object.entries(wanted)) {
    if (notEchoed.has(member) || !(member in got) || (value !== null && typeof value === 'object')) continue;
    assert.equal(got[member], value, `${call}: ${member} was not taken`);
    count++;
  }
  return count;
}

async function sendAll(walk, list) {
  let members = 0;
  for (const one of list) {
    const [line, body, { keep } = {}] = one;
    const call = nameless(line);
    const said = described.get(call);
    assert.ok(said, `${call} is not described`);
    const answer = await walk.send(one).catch((error) => wrong.push(error.message) && null);
    if (!answer) continue;
    judge(call, answer);
    if (body !== undefined) {
      const sent = fillIn(body, keep === 'client' ? {} : walk.kept);
      const { schema } = said.requestBody.content['application/json'];
      const validate = validator(schema);
      assert.ok(validate(sent), `${call}: the example is not as described: ${JSON.stringify(validate.errors)}`);
      assert.deepEqual(unknownMembers(schema, sent), [], `${call}: members of the example that are not described`);
      members += echoed(call, sent, answer.json);
    }
  }
  return members;
}

let walk;

test('each example is taken, and answered as the description says', { timeout: 120000 }, async () => {
  walk = new Walk(server, api);
  await walk.prepare();
  const members = await sendAll(walk, examples);
  judge('POST /uploads', await walk.files());
  assert.ok(validator(described.get('POST /views').requestBody.content['application/json'].schema)({ view: 7 }) === false, 'the check itself can fail');
  // The same below a language.
  const made = [];
  for (const [line, body, rest] of examples) {
    if (!/ \/help_center\/(categories|sections|articles)/.test(line) || /translations|\/(up|down)$/.test(line)) continue;
    const localised = line.replace('/help_center/', '/help_center/{locale}/');
    const answer = await walk.send([localised, body, { ...rest, keep: undefined }]);
    judge(nameless(localised), answer);
    if (answer.status === 201) made.unshift(Object.values(answer.json)[0].url.replace(/\/help_center\/(?!de|en)/, '/help_center/en-us/'));
  }
  for (const url of made) judge(`DELETE /help_center/{}/${url.match(/(\w+)\/\d+/)[1]}/{}`, await walk.end(url));
  nothingWrong();
  assert.ok(members > 100, `${members} members were read back`);
});

test('the examples in the file are those that are sent', () => {
  const shown = new Map();
  for (const [line, body] of [...examples, ...ends]) if (body !== undefined && !shown.has(nameless(line))) shown.set(nameless(line), sample(body));
  let count = 0;
  for (const [call, { requestBody }] of described) {
    const content = requestBody?.content['application/json'];
    if (!content) continue;
    const name = call.replace('/help_center/{}/', '/help_center/');
    assert.deepEqual(content.example, shown.get(shown.has(call) ? call : name), `${call}: make the file anew`);
    assert.ok(content.example !== undefined, `${call} takes a body and shows no example`);
    count++;
  }
  assert.ok(count > 140, `${count} examples`);
});

test('whatever can be read is answered as the description says', { timeout: 120000 }, async () => {
  await walk.lookAround();
  for (const [call] of described) {
    if (!call.startsWith('GET ')) continue;
    const route = Object.keys(file.paths).find((one) => file.paths[one].get && nameless(`GET ${one.slice(7)}`) === call);
    if (unasked.has(call)) continue;
    judge(call, await walk.read(route));
  }
  nothingWrong();
});

test('what ends things is answered as the description says, and no call was left out', { timeout: 120000 }, async () => {
  await sendAll(walk, ends);
  for (const path of ['/users/me/session', '/users/me/sessions', '/users/me/logout']) judge(`DELETE ${path}`, await walk.leave(path));
  judge('DELETE /oauth/tokens/current', await walk.endToken());
  nothingWrong();
  const left = [...described.keys()].filter((call) => !walk.sent.has(call) && !unasked.has(call));
  assert.deepEqual(left, []);
});

test('the list of calls can be read at /api', async () => {
  const page = await request(`${server.url}/api`);
  assert.equal(page.status, 200);
  assert.match(page.text, /<code>GET \/api\/v2\/tickets<\/code>/);
});
