// SPDX-License-Identifier: GPL-3.0-or-later
//
// ./dev bench [ROW…]: measures each row of the table beside its limit, in one run on one machine, so
// that the ratios mean something where the numbers do not. Environment: STEWARD_PROGRAM and
// BENCH_TOOLS (folder of the programs of bench/) as ./dev bench sets them; BENCH_SECONDS for each
// measurement (5); BENCH_TICKETS for the large data folder (1000000); BENCH_DATA where the data
// folders are kept between runs.
import { spawn, execFileSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { signIn } from '../tests/support/desk.mjs';
import { request } from '../tests/support/http.mjs';
import { buildMail } from '../tests/support/mime.mjs';
import { prepareData, startServer } from '../tests/support/server.mjs';
import { freePort, until } from '../tests/support/wait.mjs';
import { changeRate, withPostgres, withProcessorTime } from './postgres.mjs';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
const tools = process.env.BENCH_TOOLS || path.join(root, 'build-bench/bench');
const program = process.env.STEWARD_PROGRAM || path.join(root, 'build-bench/src/cmd/steward');
const folder = process.env.BENCH_DATA || path.join(root, 'build-bench/data');
const seconds = Number(process.env.BENCH_SECONDS || 5);
const many = Number(process.env.BENCH_TICKETS || 1000000);
const few = Math.min(1000, many);
const clients = 8;
const threads = os.cpus().length;
const scratch = fs.mkdtempSync(path.join(os.tmpdir(), 'steward-bench-'));

const say = (text) => process.stderr.write(`${text}\n`);

// Runs a program of bench/; its line of name=value becomes an object of numbers.
function tool(name, args) {
  return new Promise((resolve, reject) => {
    const child = spawn(path.join(tools, `bench_${name}`), args.map(String));
    let out = '';
    let err = '';
    child.stdout.on('data', (chunk) => (out += chunk));
    child.stderr.on('data', (chunk) => (err += chunk));
    child.on('close', (code) => {
      if (code !== 0) return reject(new Error(`${name}: ${err || out}`));
      const numbers = Object.fromEntries(
        [...out.matchAll(/(\w+)=([\d.]+)/g)].map((m) => [m[1], Number(m[2])]),
      );
      if (numbers.errors > 0) return reject(new Error(`${name}: ${out}`));
      return resolve(numbers);
    });
  });
}

// A data folder with that many tickets, made once and kept.
async function dataFolder(tickets) {
  const data = path.join(folder, String(tickets));
  if (!fs.existsSync(path.join(data, 'bench-ready'))) {
    say(`Making a data folder with ${tickets} tickets`);
    fs.rmSync(data, { recursive: true, force: true });
    fs.mkdirSync(folder, { recursive: true });
    await prepareData(data, ['bench-data', '--tickets', String(tickets)]);
    fs.writeFileSync(path.join(data, 'bench-ready'), '');
  }
  await migrated(data);
  return data;
}

// A folder that an earlier build made is brought up to date before anything is measured on it, which
// takes minutes where an index is made of a million rows. Every subcommand that opens the database
// does so.
const upToDate = new Set();
async function migrated(data) {
  if (upToDate.has(data)) return;
  await new Promise((resolve, reject) => {
    const child = spawn(program, ['user', 'list', '--data', data], { stdio: ['ignore', 'ignore', 'inherit'] });
    child.on('close', (code) => (code === 0 ? resolve() : reject(new Error(`migrating ${data} failed`))));
  });
  upToDate.add(data);
}

function copyData(from) {
  const to = fs.mkdtempSync(path.join(scratch, 'data-'));
  execFileSync('cp', ['-a', '--reflink=auto', `${from}/.`, to]);
  return to;
}

async function withServer(data, options, work) {
  const server = await startServer({ ...options, data, logFile: path.join(scratch, 'log') });
  try {
    return await work(server);
  } finally {
    await server.stop();
  }
}

async function signedIn(server) {
  const visitor = server.visitor();
  await signIn(visitor, server.admin);
  visitor.close();
  return [...visitor.cookies].map(([key, value]) => `${key}=${value}`).join('; ');
}

const load = (server, paths, more = []) =>
  tool('load', ['-c', clients, '-s', seconds, ...more, '127.0.0.1', server.port, ...[paths].flat()]);

// The rate of a bare libmicrohttpd that sends what `url` sends, to the same load.
async function bareRate(server, url, headers) {
  const page = await request(new URL(url, server.url), { headers });
  if (page.status !== 200) throw new Error(`${url} answered ${page.status}`);
  const file = path.join(scratch, 'page');
  fs.writeFileSync(file, page.bytes);
  const skip = ['content-length', 'date', 'connection', 'keep-alive', 'transfer-encoding'];
  const lines = [];
  for (let i = 0; i < page.rawHeaders.length; i += 2) {
    const name = page.rawHeaders[i];
    if (!skip.includes(name.toLowerCase())) lines.push(`${name}: ${page.rawHeaders[i + 1]}`);
  }
  const port = await freePort();
  const bare = spawn(path.join(tools, 'bench_bare_mhd'), [port, threads, file, ...lines].map(String));
  await new Promise((resolve) => bare.stdout.once('data', resolve));
  try {
    const sent = Object.entries(headers).flatMap(([name, value]) => ['-H', `${name}: ${value}`]);
    return (await load({ port }, url, sent)).rate;
  } finally {
    bare.stdin.end();
  }
}

async function ticketWithTenComments(server) {
  const api = await server.api();
  const made = await api.post('/api/v2/tickets.json', {
    ticket: { subject: 'Ten comments', comment: { body: text(0) } },
  });
  const { id } = made.json.ticket;
  for (let i = 1; i < 10; i++) {
    await api.put(`/api/v2/tickets/${id}.json`, {
      ticket: { comment: { body: text(i), public: i % 3 !== 0 } },
    });
  }
  api.close();
  return id;
}

const words = ['printer', 'account', 'network', 'password', 'meeting', 'invoice', 'laptop', 'screen'];

function text(n) {
  const sentence = (i) =>
    `The ${words[(n + i) % 8]} on the ${i + 1}. floor needs ${words[(n * 3 + i) % 8]} ${n * 31 + i}.`;
  return Array.from({ length: 12 }, (_, i) => sentence(i)).join(' ');
}

async function pageRow() {
  return withServer(copyData(await dataFolder(few)), {}, async (server) => {
    const id = await ticketWithTenComments(server);
    const cookie = await signedIn(server);
    const url = `/tickets/${id}`;
    const limit = await bareRate(server, url, { cookie });
    const { rate } = await load(server, url, ['-H', `Cookie: ${cookie}`]);
    return { value: rate, limit, unit: '/s' };
  });
}

// The view with the most tickets among those that the workspace offers.
async function largestView(server, cookie) {
  const page = await request(`${server.url}/desk`, { headers: { cookie } });
  const views = [...new Set([...page.text.matchAll(/href="(\/desk\?[^"]*)"/g)].map((m) => m[1]))];
  return (views.find((url) => /open/.test(url)) ?? '/desk').replaceAll('&amp;', '&');
}

async function viewRow() {
  return withServer(await dataFolder(many), {}, async (server) => {
    const cookie = await signedIn(server);
    const url = await largestView(server, cookie);
    const limit = await bareRate(server, url, { cookie });
    const { rate } = await load(server, url, ['-H', `Cookie: ${cookie}`]);
    return { value: rate, limit, unit: '/s', note: url };
  });
}

const database = (data) => fs.readdirSync(data).find((name) => /\.(db|sqlite3?)$/.test(name));

// The rate of raw group commit of the rows that `change` writes into this data folder.
async function commitRate(data, options, change) {
  const before = copyData(data);
  const after = copyData(data);
  await withServer(after, options, change);
  const body = path.join(scratch, 'text');
  fs.writeFileSync(body, text(1));
  const name = database(before);
  const args = [path.join(before, name), path.join(after, name), clients, seconds, body];
  const { rate, rows: count } = await tool('raw_commit', args);
  say(`raw group commit of ${count} rows: ${Math.round(rate)}/s`);
  return rate;
}

async function createRow() {
  const data = await dataFolder(few);
  const ticket = { ticket: { subject: 'A printer is out of paper', comment: { body: text(7) } } };
  const file = path.join(scratch, 'ticket.json');
  fs.writeFileSync(file, JSON.stringify(ticket));
  const fresh = copyData(data);
  const value = await withServer(fresh, {}, async (server) => {
    const api = await server.api();
    const headers = [`Authorization: ${api.headers.authorization}`, 'Content-Type: application/json'];
    const args = ['-m', 'POST', '-b', file, ...headers.flatMap((line) => ['-H', line])];
    return (await load(server, '/api/v2/tickets.json', args)).rate;
  });
  // The first call makes the token's own rows; the difference to measure is the second's.
  const warm = copyData(data);
  await withServer(warm, {}, async (server) => {
    const api = await server.api();
    await api.post('/api/v2/tickets.json', ticket);
    fs.writeFileSync(path.join(scratch, 'token'), server.tokens.get(server.admin.email));
  });
  const token = fs.readFileSync(path.join(scratch, 'token'), 'utf8');
  const limit = await commitRate(warm, {}, async (server) => {
    server.tokens.set(server.admin.email, token);
    const answer = await (await server.api()).post('/api/v2/tickets.json', ticket);
    if (answer.status !== 201) throw new Error(`creating answered ${answer.status}`);
  });
  return { value, limit, unit: '/s' };
}

// Two hundred mails of different senders and sizes, without Message-ID: lmtp_load gives one.
function writeMails() {
  const files = [];
  for (let i = 0; i < 200; i++) {
    const mail = buildMail({
      from: `Person ${i} <person${i}@example.net>`,
      to: 'support@example.org',
      subject: `About the ${words[i % 8]} number ${i}`,
      text: text(i),
      html: i % 2 ? `<p>${text(i)}</p>` : undefined,
      attachments: i % 10 === 0 ? [{ name: 'a.bin', bytes: Buffer.alloc(20000, i) }] : [],
    });
    const file = path.join(scratch, `mail-${i}`);
    fs.writeFileSync(file, mail.bytes.toString('latin1').replace(/^Message-ID:.*\r\n/m, ''), 'latin1');
    files.push(file);
  }
  return files;
}

async function mailRow() {
  const data = await dataFolder(few);
  const files = writeMails();
  const to = 'support@example.org';
  const deliver = (server, time) =>
    tool('lmtp_load', [server.lmtp.host, server.lmtp.port, clients, time, to, ...files]);
  const fresh = copyData(data);
  const value = await withServer(fresh, { lmtp: true }, async (server) => (await deliver(server, seconds)).rate);
  const one = [files[1]];
  const warm = copyData(data);
  const single = (server) => tool('lmtp_load', [server.lmtp.host, server.lmtp.port, 1, 0, to, ...one]);
  await withServer(warm, { lmtp: true }, single);
  const commit = await commitRate(warm, { lmtp: true }, single);
  const parse = (await tool('bare_gmime', [seconds, ...files])).rate;
  return { value, limit: 1 / (1 / commit + 1 / parse), unit: '/s' };
}

async function searchRow() {
  const data = await dataFolder(many);
  const page = await withServer(data, {}, async (server) => {
    const cookie = await signedIn(server);
    const urls = words.map((word) => `/search?q=${word}`);
    const args = ['-c', 1, '-s', seconds, '-H', `Cookie: ${cookie}`];
    return tool('load', [...args, '127.0.0.1', server.port, ...urls]);
  });
  const raw = await tool('raw_fts', [path.join(data, database(data)), 'ticket_fts', seconds, 50, ...words]);
  return { value: page.p99_us / 1000, limit: raw.p99_us / 1000, unit: 'ms', less: true };
}

async function pageTime(tickets) {
  return withServer(copyData(await dataFolder(tickets)), {}, async (server) => {
    const id = await ticketWithTenComments(server);
    const cookie = await signedIn(server);
    const args = ['-c', 1, '-s', seconds, '-H', `Cookie: ${cookie}`, '127.0.0.1', server.port];
    return (await tool('load', [...args, `/tickets/${id}`])).p50_us / 1000;
  });
}

async function growthRow() {
  const limit = await pageTime(few);
  return { value: await pageTime(many), limit, unit: 'ms', less: true };
}

function residentMiB(pid) {
  const status = fs.readFileSync(`/proc/${pid}/status`, 'utf8');
  return Number(status.match(/VmRSS:\s+(\d+)/)[1]) / 1024;
}

async function idleRow() {
  return withServer(await dataFolder(few), { lmtp: true }, async (server) => {
    await request(`${server.url}/`);
    return { value: residentMiB(server.child.pid), limit: 40, unit: 'MiB', less: true };
  });
}

async function liveRow() {
  const count = 10000;
  return withServer(await dataFolder(few), {}, async (server) => {
    const cookie = await signedIn(server);
    const args = ['--hold', count, '-H', `Cookie: ${cookie}`, '127.0.0.1', server.port, '/live?topics=tickets'];
    const child = spawn(path.join(tools, 'bench_load'), args.map(String));
    let out = '';
    child.stdout.on('data', (chunk) => (out += chunk));
    child.stderr.on('data', (chunk) => (out += chunk));
    const ended = new Promise((resolve) => child.on('close', resolve));
    await until(`${count} browsers to be held`, () => /held=/.test(out) || child.exitCode !== null, 120000);
    if (!/held=/.test(out)) throw new Error(out);
    const value = residentMiB(server.child.pid);
    child.stdin.end();
    await ended;
    return { value, limit: 200, unit: 'MiB', less: true };
  });
}

async function startRow() {
  const data = await dataFolder(many);
  const times = [];
  for (let i = 0; i < 5; i++) {
    await withServer(data, {}, async (server) => times.push(server.firstAnswer));
  }
  times.sort((a, b) => a - b);
  return { value: times[2], limit: 150, unit: 'ms', less: true };
}

// --- on PostgreSQL ------------------------------------------------------------------------------

const measuring = { clients, seconds, scratch };

async function postgresPageRow() {
  const pages = async (server) => {
    const id = await ticketWithTenComments(server);
    return load(server, `/tickets/${id}`, ['-H', `Cookie: ${await signedIn(server)}`]);
  };
  const limit = (await withServer(copyData(await dataFolder(few)), {}, pages)).rate;
  return withPostgres(few, {}, async (server, postgres) => {
    const { rate, note } = await withProcessorTime(server, postgres, () => pages(server));
    return { value: rate, limit, unit: '/s', note };
  });
}

async function postgresCreateRow() {
  const ticket = { ticket: { subject: 'A printer is out of paper', comment: { body: text(7) } } };
  const file = path.join(scratch, 'ticket.json');
  fs.writeFileSync(file, JSON.stringify(ticket));
  return withPostgres(few, {}, async (server, postgres, name) => {
    const api = await server.api();
    const create = async () => {
      const answer = await api.post('/api/v2/tickets.json', ticket);
      if (answer.status !== 201) throw new Error(`creating answered ${answer.status}`);
    };
    await create();
    const headers = [`Authorization: ${api.headers.authorization}`, 'Content-Type: application/json'];
    const args = ['-m', 'POST', '-b', file, ...headers.flatMap((line) => ['-H', line])];
    const { rate, note } = await withProcessorTime(server, postgres, () => load(server, '/api/v2/tickets.json', args));
    const limit = await changeRate(postgres, name, measuring, create);
    api.close();
    return { value: rate, limit: limit.rate, unit: '/s', note: `${limit.rows} rows; ${note}` };
  });
}

async function postgresMailRow() {
  const files = writeMails();
  return withPostgres(few, { lmtp: true }, async (server, postgres, name) => {
    const deliver = (count, time, list) =>
      tool('lmtp_load', [server.lmtp.host, server.lmtp.port, count, time, 'support@example.org', ...list]);
    const { rate } = await deliver(clients, seconds, files);
    const limit = await changeRate(postgres, name, measuring, () => deliver(1, 0, [files[1]]));
    const parse = (await tool('bare_gmime', [seconds, ...files])).rate;
    return { value: rate, limit: 1 / (1 / limit.rate + 1 / parse), unit: '/s', note: `${limit.rows} rows` };
  });
}

// Prints lines of `name value`; an object of numbers.
function printedNumbers(...args) {
  const out = execFileSync(program, args);
  return Object.fromEntries([...`${out}`.matchAll(/^(\w+) ([\d.]+)$/gm)].map((m) => [m[1], Number(m[2])]));
}

// Five-fold, on labelled tickets that lie beside the source tree where there are some.
function triageRow() {
  const data = process.env.BENCH_LABELLED || path.join(root, '../shared/data/tickets.csv.gz');
  if (!fs.existsSync(data)) return [{ skip: `triage: not measured, there is no ${data}` }];
  const got = printedNumbers('triage', 'bench', '--data', data);
  return [
    { what: 'triage: accuracy, five-fold', value: got.accuracy, limit: 0.865, unit: '' },
    { what: 'triage: F1 of the worst class', value: got.least_f1, limit: 0.77, unit: '' },
    { what: `triage: training ${got.tickets} tickets`, value: got.train_s, limit: 10, unit: 's', less: true },
    { what: 'triage: one prediction', value: got.predict_us, limit: 100, unit: 'µs', less: true },
    { what: 'triage: size of the model', value: got.model_bytes / 2 ** 20, limit: 16, unit: 'MiB', less: true },
  ];
}

// On the sentences that the rules are tuned on, and on those that they are not.
function lensRow() {
  const read = (name) => {
    const program = path.join(tools, '../src/desk/contact/test_lens_sentences');
    const out = execFileSync(program, [path.join(root, `tests/lens/${name}.tsv`)]);
    return Object.fromEntries([...`${out}`.matchAll(/^(\w+) ([\d.]+)$/gm)].map((m) => [m[1], Number(m[2])]));
  };
  const [seen, unseen] = [read('development'), read('heldout')];
  return [
    { what: `lens: precision, ${unseen.sentences} sentences never tuned on`, value: unseen.precision, limit: 0.9, unit: '' },
    { what: 'lens: recall on them', value: unseen.recall, limit: 0.9, unit: '' },
    { what: `lens: precision, ${seen.sentences} sentences tuned on`, value: seen.precision, limit: 0.9, unit: '' },
    { what: 'lens: recall on them', value: seen.recall, limit: 0.9, unit: '' },
    { what: `lens: reading ${seen.words} words`, value: seen.read_ms, limit: 2, unit: 'ms', less: true },
  ];
}

// Changes a second by clients that each turn the priority of a ticket of their own.
async function changesRate(api, tickets) {
  const until = performance.now() + seconds * 1000;
  let done = 0;
  const begun = performance.now();
  await Promise.all(
    tickets.map(async (url) => {
      for (let i = 0; performance.now() < until; i++) {
        const answer = await api.put(url, { ticket: { priority: i % 2 ? 'low' : 'high' } });
        if (answer.status !== 200) throw new Error(`a change answered ${answer.status}`);
        done++;
      }
    }),
  );
  return (done * 1000) / (performance.now() - begun);
}

// Trigger number i: asks for the kinds of things that triggers ask for, and does not act.
const trigger = (i) => ({
  title: `Trigger ${i}`,
  conditions: {
    all: [
      { field: 'status', operator: 'less_than', value: 'solved' },
      { field: i % 2 ? 'subject_includes_word' : 'comment_includes_word', operator: 'includes', value: `word${i} other${i}` },
    ],
    any: [
      { field: 'priority', operator: 'changed', value: null },
      { field: 'current_tags', operator: 'includes', value: `tag${i}` },
    ],
  },
  actions: [{ field: 'current_tags', value: `done${i}` }],
});

async function rulesRow() {
  const data = copyData(await dataFolder(few));
  return withServer(data, {}, async (server) => {
    const api = await server.api();
    const tickets = [];
    for (let i = 0; i < clients; i++) {
      const made = await api.post('/api/v2/tickets', { ticket: { subject: text(1).slice(0, 80), comment: { body: text(3) } } });
      tickets.push(made.json.ticket.url);
    }
    await changesRate(api, tickets);
    const limit = await changesRate(api, tickets);
    for (let i = 0; i < 100; i++) {
      const made = await api.post('/api/v2/triggers', { trigger: trigger(i) });
      if (made.status !== 201) throw new Error(made.text);
    }
    return { value: await changesRate(api, tickets), limit, unit: '/s' };
  });
}

const rows = {
  page: { what: "agent's ticket page, ten comments", beside: 'bare libmicrohttpd, same bytes', goal: 0.4, run: pageRow },
  view: { what: `view of fifty out of ${many} tickets`, beside: 'the same', goal: 0.3, run: viewRow },
  create: { what: 'ticket by API, durable, 8 clients', beside: 'raw group commit, same rows', goal: 0.5, run: createRow },
  mail: { what: 'mail to ticket by LMTP, durable', beside: 'raw commit and bare GMime', goal: 0.5, run: mailRow },
  rules: { what: 'change with 100 triggers that are tried', beside: 'without', goal: 0.5, run: rulesRow },
  search: { what: `search among ${many} tickets, p99`, beside: 'raw FTS5 query', goal: 3, run: searchRow },
  growth: { what: `ticket page at ${many} tickets`, beside: `at ${few}`, goal: 1.2, run: growthRow },
  idle: { what: 'resident memory, idle', beside: 'goal', goal: 1, run: idleRow },
  live: { what: 'resident memory, 10,000 live browsers', beside: 'goal', goal: 1, run: liveRow },
  'postgres-page': { what: "PostgreSQL: agent's ticket page, ten comments", beside: 'the same on SQLite', goal: 0.4, run: postgresPageRow },
  'postgres-create': { what: 'PostgreSQL: ticket by API, durable, 8 clients', beside: 'pgbench, same writes', goal: 0.5, run: postgresCreateRow },
  'postgres-mail': { what: 'PostgreSQL: mail to ticket by LMTP, durable', beside: 'pgbench, same writes, and bare GMime', goal: 0.5, run: postgresMailRow },
  lens: { beside: 'goal', goal: 1, run: lensRow },
  triage: { beside: 'goal', goal: 1, run: triageRow },
  start: { what: `start to first answer, ${many} tickets`, beside: 'goal', goal: 1, run: startRow },
};

const number = (value) => (value >= 100 ? value.toFixed(0) : value.toFixed(value < 1 ? 4 : 2));

// One row of the table; `part` is what was measured, or why it was not.
function judged(name, row, part) {
  const { what, beside, goal, value, limit, unit, less, skip, note } = { ...row, ...part };
  if (note) say(`${what}: ${note}`);
  if (skip) return { name, what: skip, cells: ['', '', '', '', 'left out'] };
  const ratio = value / limit;
  const good = less ? ratio <= goal : ratio >= goal;
  return {
    name, what, value, limit, unit, ratio, goal, good,
    cells: [
      `${number(value)} ${unit}`.trim(),
      `${number(limit)} ${unit} (${beside})`.replace('  ', ' '),
      ratio.toFixed(2),
      `${less ? '≤' : '≥'} ${goal}`,
      good ? 'ok' : 'SHORT',
    ],
  };
}

// A row that cannot be measured does not keep the others from it.
async function measured(name, row) {
  const begun = Date.now();
  try {
    return [await row.run()].flat().map((part) => judged(name, row, part));
  } catch (error) {
    say(`${name}: ${error.stack}`);
    const why = error.message.split('\n')[0];
    return [{ name, what: row.what ?? name, good: false, cells: ['', why, '', '', 'FAILED'] }];
  } finally {
    say(`${name}: ${((Date.now() - begun) / 1000).toFixed(0)} s`);
  }
}

async function main() {
  const wanted = process.argv.length > 2 ? process.argv.slice(2) : Object.keys(rows);
  const unknown = wanted.find((name) => !rows[name]);
  if (unknown) throw new Error(`there is no row '${unknown}'; there are: ${Object.keys(rows).join(' ')}`);
  const results = [];
  for (const name of wanted) results.push(...(await measured(name, rows[name])));
  console.log('| row | work | measured | limit | ratio | goal | |\n| --- | --- | ---: | ---: | ---: | --- | --- |');
  for (const { name, what, cells } of results) console.log(`| ${[name, what, ...cells].join(' | ')} |`);
  fs.writeFileSync(path.join(root, 'build/bench.json'), JSON.stringify(results, null, 2));
  fs.rmSync(scratch, { recursive: true, force: true });
  process.exitCode = results.some(({ good }) => good === false) ? 1 : 0;
}

await main();
