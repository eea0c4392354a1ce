// SPDX-License-Identifier: GPL-3.0-or-later
//
// The real program in a data folder of its own. Every test file starts one:
//
//   const server = await startServer({ lmtp: true });
//   after(() => server.stop());
//
// stop() ends it as an administrator would and fails when it did not end cleanly or when a
// sanitizer had something to say.
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { Api, Visitor, request } from './http.mjs';
import { startPostgres } from './postgres.mjs';
import { freePort, until } from './wait.mjs';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');

// The program under test: the one with sanitizers unless STEWARD_PROGRAM names another.
export const program = path.resolve(
  root,
  process.env.STEWARD_PROGRAM || 'build-asan/src/cmd/steward',
);

// STEWARD_TEST_POOLER=session or transaction puts pgbouncer between the program and PostgreSQL.
export const engine = process.env.STEWARD_TEST_DB || 'sqlite';

const complaint = /AddressSanitizer|LeakSanitizer|runtime error:|assertion.*failed/i;

// Settings of every server under test, by the environment, so that options and `env` can say
// otherwise: nothing is slowed down or held back, and the desk has a name at which mails arrive.
const settings = {
  STEWARD_MAILBOX: 'support@example.org',
  STEWARD_UNDO_SEND_SECONDS: '0',
  STEWARD_RATE_PAGE: '0',
  STEWARD_RATE_API: '0',
  STEWARD_RATE_SIGN_IN: '0',
  STEWARD_RATE_PUBLIC_FORM: '0',
  STEWARD_TEST_FAST_HASH: '1', // argon2id at its lowest cost, so that signing in takes no second
};

function environment(extra = {}) {
  return {
    ...process.env,
    ...settings,
    ASAN_OPTIONS: 'detect_leaks=1:exitcode=99:strict_string_checks=1:detect_stack_use_after_return=1',
    UBSAN_OPTIONS: 'print_stacktrace=1:halt_on_error=1',
    LSAN_OPTIONS: `suppressions=${root}/tests/support/lsan.supp:print_suppressions=0`,
    G_SLICE: 'always-malloc',
    ...extra,
  };
}

// Runs the program once. Returns { code, signal, stdout, stderr }.
export function runProgram(args, { input = '', env = {}, timeout = 60000 } = {}) {
  return new Promise((resolve, reject) => {
    const begun = performance.now();
    const child = spawn(program, args, { env: environment(env) });
    const out = [];
    const err = [];
    const timer = setTimeout(() => child.kill('SIGKILL'), timeout);
    child.stdout.on('data', (chunk) => out.push(chunk));
    child.stderr.on('data', (chunk) => err.push(chunk));
    child.on('error', reject);
    child.stdin.on('error', () => {}); // it may well end before it has read everything
    child.stdin.end(input);
    child.on('close', (code, signal) => {
      clearTimeout(timer);
      const result = {
        code,
        signal,
        stdout: Buffer.concat(out).toString('utf8'),
        stderr: Buffer.concat(err).toString('utf8'),
      };
      if (complaint.test(result.stderr)) {
        reject(new Error(`steward ${args.join(' ')}:\n${result.stderr}`));
      } else {
        resolve(result);
      }
    });
  });
}

const admin = { email: 'admin@example.org', password: 'correct horse battery' };

class Server {
  constructor(options) {
    this.options = options;
    this.folder = fs.mkdtempSync(path.join(os.tmpdir(), 'steward-'));
    this.data = options.data ?? path.join(this.folder, 'data');
    this.db = options.db;
    this.admin = admin;
    this.log = '';
    this.child = null;
    this.tokens = new Map();
  }

  // Runs a subcommand on this data folder; fails unless it exits with `code`.
  async run(command, args = [], { code = 0, ...options } = {}) {
    const words = Array.isArray(command) ? command : [command];
    const all = [...words, '--data', this.data, ...this.dbArgs(), ...args];
    const result = await runProgram(all, { ...options, env: this.options.env });
    if (code !== null && result.code !== code) {
      throw new Error(`steward ${all.join(' ')} ended with ${result.code}:\n${result.stderr}`);
    }
    return result;
  }

  dbArgs() {
    return this.db ? ['--db', this.db] : [];
  }

  // Makes the data folder with its admin; `init: false` leaves it to the wizard.
  async prepare() {
    if (this.options.data) return;
    if ((this.options.engine ?? engine) === 'postgres' && !this.db) {
      this.postgres = await startPostgres();
      this.db = await this.postgres.createDatabase();
      const mode = process.env.STEWARD_TEST_POOLER;
      if (mode) {
        this.direct = this.db;
        this.db = await this.postgres.pooled(this.direct, mode);
        this.options.env = { STEWARD_DB_LISTEN: this.direct, ...this.options.env };
      }
    }
    fs.mkdirSync(this.data, { mode: 0o700 });
    if (this.options.init === false) return;
    const secret = path.join(this.folder, 'password');
    fs.writeFileSync(secret, this.admin.password, { mode: 0o600 });
    await this.run('init', ['--admin', this.admin.email, '--password-file', secret]);
  }

  async start() {
    const { options } = this;
    const worker = options.command === 'worker';
    const args = [options.command ?? 'serve', '--data', this.data, ...this.dbArgs()];
    if (!worker) {
      this.port ??= await freePort();
      this.url = `http://127.0.0.1:${this.port}`;
      args.push('--listen', `127.0.0.1:${this.port}`);
    }
    if (options.lmtp) {
      this.lmtp ??= { host: '127.0.0.1', port: await freePort() };
      args.push('--lmtp', `${this.lmtp.host}:${this.lmtp.port}`);
    }
    if (options.smtp) args.push('--smtp', options.smtp);
    args.push(...(options.args ?? []));
    const begun = performance.now();
    const log = options.logFile ? fs.openSync(options.logFile, 'a') : 'pipe';
    const child = spawn(program, args, { env: environment(options.env), stdio: ['ignore', log, log] });
    if (options.logFile) fs.closeSync(log);
    this.child = child;
    const take = (chunk) => {
      this.log += chunk.toString('utf8');
      if (process.env.STEWARD_TEST_LOG) process.stderr.write(chunk);
    };
    child.stdout?.on('data', take);
    child.stderr?.on('data', take);
    this.ended = new Promise((resolve) => {
      child.on('close', (code, signal) => resolve({ code, signal }));
    });
    let gone = null;
    this.ended.then((how) => (gone = how));
    await until(
      'the server to answer',
      async () => {
        if (gone) return true;
        if (worker) return this.log.includes('msg="working"');
        return (await request(`${this.url}/healthz`, { timeout: 2000 })).status === 200;
      },
      30000,
    );
    this.firstAnswer = performance.now() - begun; // ms, as coarse as the pause between two attempts
    if (gone) throw new Error(`the server ended at once (${JSON.stringify(gone)}):\n${this.log}`);
    return this;
  }

  visitor() {
    return new Visitor(this.url);
  }

  // An API client with a token of that user (the admin when none is named).
  async api(email = this.admin.email) {
    if (!this.tokens.has(email)) {
      const result = await this.run('token', ['--user', email]);
      this.tokens.set(email, result.stdout.trim().split(/\s+/).pop());
    }
    return new Api(this.url, email, this.tokens.get(email));
  }

  // As power loss would end it.
  async kill() {
    const { child, ended } = this;
    this.child = null;
    if (!child) return;
    child.kill('SIGKILL');
    await ended;
  }

  // As an administrator would end it; the data folder stays, start() goes on with it.
  async halt() {
    const { child, ended } = this;
    this.child = null;
    if (!child) return;
    child.kill('SIGTERM');
    const timer = setTimeout(() => child.kill('SIGKILL'), 30000);
    const { code, signal } = await ended;
    clearTimeout(timer);
    if (complaint.test(this.log)) throw new Error(`the server's log complains:\n${this.log.slice(-8000)}`);
    if (code !== 0) {
      throw new Error(`the server ended with ${code ?? signal}:\n${this.log.slice(-8000)}`);
    }
  }

  // Fails unless the desk that the test leaves is whole.
  async prove() {
    if (this.options.data || !fs.existsSync(path.join(this.data, 'secret'))) return;
    const { code, stdout, stderr } = await this.run('check', [], { code: null });
    if (code !== 0) throw new Error(`steward check ended with ${code}:\n${stdout}${stderr}`);
  }

  // The end of a test: halt, with STEWARD_TEST_CHECK set look whether all is well, and remove everything unless STEWARD_TEST_KEEP is set.
  async stop() {
    try {
      await this.halt();
      if (process.env.STEWARD_TEST_CHECK) await this.prove();
    } finally {
      if (!this.options.db) await this.postgres?.release(this.direct ?? this.db);
      if (process.env.STEWARD_TEST_KEEP) console.error(`kept ${this.folder}`);
      else fs.rmSync(this.folder, { recursive: true, force: true });
    }
  }
}

// Makes a data folder and keeps it: an admin as every test server has it, then one more command of
// the program, such as ['bench-data', '--tickets', '1000'].
export async function prepareData(data, [command, ...args]) {
  const server = new Server({});
  server.data = data;
  await server.prepare();
  await server.run(command, args, { timeout: 3600000 });
  fs.rmSync(server.folder, { recursive: true, force: true });
}

// options: data (a data folder that is there already and stays), db (the URL of a database that is
// somebody else's), engine (instead of STEWARD_TEST_DB), command ('worker' in place of serve),
// logFile (write the log there, not into server.log), lmtp (true), smtp (URL), args (more arguments
// of serve), env, init (false: no admin yet), before (async function called with the server when
// its data is there and it is not yet started).
export async function startServer(options = {}) {
  const server = new Server(options);
  try {
    await server.prepare();
    await options.before?.(server);
    return await server.start();
  } catch (error) {
    await server.kill();
    if (!options.db) await server.postgres?.release(server.direct ?? server.db);
    throw error;
  }
}
