// SPDX-License-Identifier: GPL-3.0-or-later
//
// node docs/api/generate.mjs build/src/cmd/steward > docs/api/openapi.yaml
//
// The description of the API from the program's own list of routes: which calls there are and who may
// make them is never told by hand. What objects look like stands in schemas.mjs; tests/api hold the
// answers against it.
import { execFileSync } from 'node:child_process';
import { bodies } from './bodies.mjs';
import { nameless, sample } from './example-values.mjs';
import { ends, examples } from './examples.mjs';
import { answers, parameters, schemas } from './schemas.mjs';

const words = { anyone: 'anyone', 'signed-in': 'any person', staff: 'staff', agent: 'agents', lead: 'leads', admin: 'administrators' };
const verbs = { GET: 'Show', POST: 'Make', PUT: 'Change', PATCH: 'Change', DELETE: 'Remove' };

const routes = execFileSync(process.argv[2], ['routes'], { encoding: 'utf8' })
  .trim().split('\n').map((line) => line.split(' '))
  .filter(([, , kind]) => kind === 'api');

const plain = (text) => text.replace(/[{}]/g, '').replace(/:id/g, '').replaceAll('_', ' ');
const tagOf = (path) => (path.startsWith('/oauth') ? 'oauth' : path.split('/')[3]);

// "Show tickets, ticket, comments" for GET /api/v2/tickets/{ticket:id}/comments.
function summary(method, path) {
  const parts = path.replace('/api/v2/', '').replace(/^\//, '').split('/');
  return `${verbs[method]} ${parts.map(plain).join(', ')}`;
}

// A name that stands twice in a path gets a number.
function distinct(path) {
  const seen = new Map();
  return path.replace(/\{(\w+)(:id)?\}/g, (all, name, id = '') => {
    const times = (seen.get(name) ?? 0) + 1;
    seen.set(name, times);
    return times === 1 ? all : `{${name}_${times}${id}}`;
  });
}

// A call as examples, bodies and answers know it: without values, and help-center calls without language.
export const nameOf = (method, path) =>
  nameless(`${method} ${path.startsWith('/api/v2') ? path.slice('/api/v2'.length).replace('/help_center/{locale}/', '/help_center/') : `/${path}`}`);
const exampleOf = new Map([...examples, ...ends].reverse().filter(([, body]) => body !== undefined).map(([line, body]) => [nameless(line), body]));

function operation(method, path, who) {
  const names = [...distinct(path).matchAll(/\{(\w+)(:id)?\}/g)];
  const call = nameOf(method, path);
  const { statuses = [200], schema } = answers[call] ?? {};
  const example = exampleOf.get(call);
  const made = {
    operationId: `${method.toLowerCase()}_${path.replace(/[^\w]+/g, '_').replace(/^_|_$/g, '')}`,
    summary: summary(method, path),
    description: `For ${words[who]}.`,
    tags: [tagOf(path)],
    parameters: names.map(([, name, id]) => ({
      name, in: 'path', required: true, description: `Which ${name.replaceAll('_', ' ')}.`,
      schema: id ? { type: 'integer' } : { type: 'string' },
    })),
    responses: {},
  };
  if (method === 'GET' && !path.endsWith('}')) made.parameters.push(...Object.keys(parameters).map((name) => ({ $ref: `#/components/parameters/${name}` })));
  if (who === 'anyone') made.security = [{}, { basic: [] }, { bearer: [] }];
  if (call === 'POST /uploads') {
    made.parameters.push({ name: 'filename', in: 'query', required: false, description: 'The name of the file.', schema: { type: 'string' } });
    made.requestBody = { required: true, content: { 'application/octet-stream': {} } };
  } else if (bodies[call]) {
    made.requestBody = { required: true, content: { 'application/json': { schema: bodies[call], ...(example ? { example: sample(example) } : {}) } } };
  } else if (example) {
    made.requestBody = { required: false, content: { 'application/json': { schema: { type: 'object' }, example: sample(example) } } };
  }
  for (const status of statuses) {
    const what = { 201: 'It was made.', 202: 'It was taken.', 204: 'It is done.' }[status] ?? 'The answer.';
    made.responses[status] = { description: what, ...(schema ? { content: { 'application/json': { schema } } } : {}) };
  }
  for (const status of [400, 401, 403, 404, 409, 422, 429]) made.responses[status] = { $ref: '#/components/responses/Error' };
  if (made.parameters.length === 0) delete made.parameters;
  return made;
}

const paths = {};
for (const [method, path, , who] of routes) {
  const key = distinct(path).replace(/:id\}/g, '}');
  paths[key] ??= {};
  paths[key][method.toLowerCase()] = operation(method, path, who);
}

const description = {
  openapi: '3.1.0',
  info: {
    title: 'Steward',
    version: '2',
    summary: 'The API of a Steward help desk.',
    description: 'Made from the program: docs/api/generate.mjs. Lists take page and per_page, or page[size], page[after] and page[before].',
  },
  servers: [{ url: 'https://help.example.org', description: 'Your desk.' }],
  security: [{ basic: [] }, { bearer: [] }],
  tags: [...new Set(routes.map(([, path]) => tagOf(path)))].sort().map((name) => ({ name, description: `About ${name.replaceAll('_', ' ')}.` })),
  paths: Object.fromEntries(Object.entries(paths).sort(([a], [b]) => (a < b ? -1 : 1))),
  components: {
    securitySchemes: {
      basic: { type: 'http', scheme: 'basic', description: 'email/token:TOKEN, or email:password.' },
      bearer: { type: 'http', scheme: 'bearer', description: 'A token of the desk or of OAuth.' },
    },
    parameters,
    responses: { Error: { description: 'What is wrong.', content: { 'application/json': { schema: { $ref: '#/components/schemas/Error' } } } } },
    schemas,
  },
};

// YAML of plain values: maps and lists by lines, scalars as JSON writes them.
function yaml(value, indent) {
  const pad = '  '.repeat(indent);
  if (Array.isArray(value)) {
    if (value.length === 0) return ' []\n';
    return `\n${value.map((one) => `${pad}-${yaml(one, indent + 1).replace(/^\n\s+/, ' ')}`).join('')}`;
  }
  if (value !== null && typeof value === 'object') {
    const entries = Object.entries(value);
    if (entries.length === 0) return ' {}\n';
    return `\n${entries.map(([key, one]) => `${pad}${/^[\w$]+$/.test(key) && !/^\d/.test(key) ? key : JSON.stringify(key)}:${yaml(one, indent + 1)}`).join('')}`;
  }
  return ` ${JSON.stringify(value)}\n`;
}

process.stdout.write(`# SPDX-License-Identifier: GPL-3.0-or-later\n# Made by docs/api/generate.mjs; not written by hand.${yaml(description, 0)}`);
