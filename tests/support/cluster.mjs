// SPDX-License-Identifier: GPL-3.0-or-later
//
// What stands around several servers: HAProxy before them, pgbouncer between them and PostgreSQL,
// a PostgreSQL primary with a synchronous standby. Each in a temporary folder, on free ports or
// sockets of its own; stop() ends it.
import { execFile, spawn } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { request } from './http.mjs';
import { killAll, postgresBinaries, postgresOwner } from './postgres.mjs';
import { freePort, until } from './wait.mjs';

const exec = promisify(execFile);

// A program that runs until stop(). options: as, folder (removed at the end), ready (until then it
// is waited for).
async function startDaemon(file, args, { as = {}, folder, ready }) {
  const child = spawn(file, args, { ...as, cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] });
  const daemon = { child, said: '' };
  child.stdout.on('data', (chunk) => (daemon.said += chunk));
  child.stderr.on('data', (chunk) => (daemon.said += chunk));
  const ended = new Promise((resolve) => child.on('close', resolve));
  daemon.stop = async (signal = 'SIGTERM') => {
    if (child.exitCode === null && child.signalCode === null) child.kill(signal);
    await ended;
    fs.rmSync(folder, { recursive: true, force: true });
  };
  try {
    await until(`${path.basename(file)} to start`, () => {
      if (child.exitCode !== null) throw new Error(daemon.said);
      return ready(daemon);
    });
  } catch (error) {
    await daemon.stop('SIGKILL');
    throw error;
  }
  return daemon;
}

function ownFolder(name, as) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), `steward-${name}-`));
  if (as.uid !== undefined) fs.chownSync(folder, as.uid, as.gid);
  return folder;
}

// HAProxy as docs/administration.md has it, on a free port, asking quicker how the servers are.
export async function startHaproxy(servers) {
  const folder = ownFolder('haproxy', {});
  const port = await freePort();
  const lines = servers.map((server, i) => `    server s${i} 127.0.0.1:${server.port} check`);
  fs.writeFileSync(
    path.join(folder, 'haproxy.cfg'),
    `global
    maxconn 2000
    nbthread 1
    stats socket ${folder}/stats mode 600 level admin
defaults
    mode http
    option redispatch
    option forwardfor
    timeout connect 2s
    timeout client 1h
    timeout server 1h
frontend desk
    bind 127.0.0.1:${port}
    default_backend servers
backend servers
    balance leastconn
    option httpchk GET /healthz
    http-check expect status 200
    default-server inter 200ms fall 1 rise 1
${lines.join('\n')}
`,
  );
  const url = `http://127.0.0.1:${port}`;
  const daemon = await startDaemon('/usr/sbin/haproxy', ['-db', '-f', path.join(folder, 'haproxy.cfg')], {
    folder,
    ready: async () => (await request(`${url}/healthz`)).status === 200,
  });
  return Object.assign(daemon, { url, port });
}

// pgbouncer before the PostgreSQL whose socket is in `folder`. mode: session or transaction.
export async function startPgbouncer(postgresFolder, mode) {
  const as = postgresOwner();
  const folder = ownFolder('pgbouncer', as);
  const file = path.join(folder, 'pgbouncer.ini');
  fs.writeFileSync(
    file,
    `[databases]
* = host=${postgresFolder} user=steward
[pgbouncer]
listen_addr =
unix_socket_dir = ${folder}
listen_port = 6432
auth_type = any
pool_mode = ${mode}
default_pool_size = 40
max_client_conn = 500
`,
  );
  const daemon = await startDaemon('/usr/sbin/pgbouncer', [file], {
    as,
    folder,
    ready: () => fs.existsSync(path.join(folder, '.s.PGSQL.6432')),
  });
  daemon.url = (database) => `postgresql://steward@/${database}?host=${encodeURIComponent(folder)}&port=6432`;
  return daemon;
}

class Pair {
  constructor() {
    this.bin = postgresBinaries();
    this.as = postgresOwner();
    this.folder = ownFolder('pair', this.as);
    for (const name of ['one', 'two']) {
      fs.mkdirSync(path.join(this.folder, name));
      if (this.as.uid !== undefined) fs.chownSync(path.join(this.folder, name), this.as.uid, this.as.gid);
    }
    this.children = {};
  }

  run(program, args) {
    return exec(path.join(this.bin, program), args, { ...this.as, cwd: this.folder });
  }

  socket(name) {
    return path.join(this.folder, name);
  }

  async start(name) {
    const data = path.join(this.folder, `data-${name}`);
    const child = spawn(
      path.join(this.bin, 'postgres'),
      ['-D', data, '-k', this.socket(name), '-c', 'listen_addresses=', '-c', 'fsync=off', '-c', 'max_connections=200'],
      { ...this.as, cwd: this.folder, stdio: 'ignore' },
    );
    this.children[name] = child;
    child.ended = new Promise((resolve) => child.on('close', resolve));
    await until(`PostgreSQL ${name} to start`, () => this.sql(name, 'SELECT 1'), 30000);
  }

  async sql(name, text, database = 'postgres') {
    const { stdout } = await this.run('psql', [
      '-h', this.socket(name), '-U', 'steward', '-d', database, '-v', 'ON_ERROR_STOP=1', '-qAtc', text,
    ]);
    return stdout.trimEnd() || ' ';
  }

  async prepare() {
    await this.run('initdb', ['-D', path.join(this.folder, 'data-one'), '-U', 'steward', '-A', 'trust', '-E', 'UTF8', '--locale=C.UTF-8', '-N']);
    await this.start('one');
    await this.sql('one', 'CREATE DATABASE desk');
    await this.run('pg_basebackup', ['-h', this.socket('one'), '-U', 'steward', '-D', path.join(this.folder, 'data-two'), '-R', '-X', 'stream', '-c', 'fast', '--no-sync']);
    await this.start('two');
    await this.sql('one', "ALTER SYSTEM SET synchronous_standby_names = '*'");
    await this.sql('one', 'SELECT pg_reload_conf()');
    await until('the standby to be synchronous', async () =>
      (await this.sql('one', 'SELECT sync_state FROM pg_stat_replication')) === 'sync',
    );
    // The order is that of no preference: the standby stands first on purpose.
    this.url = `postgresql://steward@/desk?host=${encodeURIComponent(`${this.socket('two')},${this.socket('one')}`)}&target_session_attrs=read-write`;
    return this;
  }

  // As if the machine were gone.
  async killPrimary() {
    killAll(this.children.one.pid);
    await this.children.one.ended;
  }

  // What Patroni or whoever watches the two does.
  promote() {
    return this.run('pg_ctl', ['-D', path.join(this.folder, 'data-two'), '-w', 'promote']);
  }

  async stop() {
    for (const child of Object.values(this.children)) {
      if (child.exitCode === null && child.signalCode === null) child.kill('SIGINT');
      await child.ended;
    }
    fs.rmSync(this.folder, { recursive: true, force: true });
  }
}

export async function startPair() {
  const pair = new Pair();
  try {
    return await pair.prepare();
  } catch (error) {
    await pair.stop();
    throw error;
  }
}
