// SPDX-License-Identifier: GPL-3.0-or-later
//
// A PostgreSQL of our own in a temporary folder, reached by its unix socket only; started once a
// process, one database for each server under test. It refuses to run as root, so then it runs as
// the user `postgres`, or as `nobody`. Where with_postgres.sh has started one (its address is in
// STEWARD_TEST_POSTGRES), that one is used and goes on running.
import { execFile, spawn } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { until } from './wait.mjs';

const exec = promisify(execFile);
let shared = null;
let users = 0;

export function postgresBinaries() {
  const base = '/usr/lib/postgresql';
  const versions = fs.existsSync(base) ? fs.readdirSync(base).sort((a, b) => b - a) : [];
  if (versions.length === 0) throw new Error('PostgreSQL is not installed');
  return path.join(base, versions[0], 'bin');
}

// The user to run it as, for child_process.
export function postgresOwner() {
  if (process.getuid() !== 0) return {};
  const lines = fs.readFileSync('/etc/passwd', 'utf8').split('\n');
  for (const name of ['postgres', 'nobody']) {
    const entry = lines.find((line) => line.startsWith(`${name}:`))?.split(':');
    if (entry) return { uid: Number(entry[2]), gid: Number(entry[3]) };
  }
  throw new Error('there is no user to run PostgreSQL as');
}

// A process and its children, at once.
export function killAll(pid) {
  const children = fs
    .readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((name) => {
      try {
        return Number(fs.readFileSync(`/proc/${name}/stat`, 'utf8').replace(/^.*\) \S /s, '').split(' ')[0]) === pid;
      } catch {
        return false; // it has just ended
      }
    });
  for (const one of [pid, ...children.map(Number)]) {
    try {
      process.kill(one, 'SIGKILL');
    } catch {
      // it has just ended
    }
  }
}

class Postgres {
  constructor(settings) {
    this.bin = postgresBinaries();
    this.settings = settings;
    this.count = 0;
    const there = process.env.STEWARD_TEST_POSTGRES;
    if (there) {
      this.folder = new URL(there.replace('@/', '@localhost/')).searchParams.get('host');
      return;
    }
    this.as = postgresOwner();
    this.folder = fs.mkdtempSync(path.join(os.tmpdir(), 'steward-pg-'));
    if (this.as.uid !== undefined) fs.chownSync(this.folder, this.as.uid, this.as.gid);
  }

  async start() {
    if (!this.as) return this;
    const data = path.join(this.folder, 'data');
    await exec(
      path.join(this.bin, 'initdb'),
      ['-D', data, '-U', 'steward', '-A', 'trust', '-E', 'UTF8', '--locale=C.UTF-8', '-N'],
      { ...this.as, cwd: this.folder },
    );
    await this.launch();
    return this;
  }

  spawnServer() {
    this.child = spawn(
      path.join(this.bin, 'postgres'),
      [
        '-D', path.join(this.folder, 'data'), '-k', this.folder, '-c', 'listen_addresses=', '-c', 'fsync=off',
        '-c', 'max_connections=200', ...this.settings.flatMap((one) => ['-c', one]),
      ],
      { ...this.as, cwd: this.folder, stdio: 'ignore' },
    );
  }

  async launch() {
    this.spawnServer();
    await until(
      'PostgreSQL to start',
      () => {
        // It does not start while processes of the last one, which was killed, are still there.
        if (this.child.exitCode !== null) this.spawnServer();
        return this.sql('postgres', 'SELECT 1');
      },
      30000,
    );
  }

  // As if its machine were gone for a moment; what it wrote to its files is there.
  async killAndLaunch() {
    const ended = new Promise((resolve) => this.child.on('close', resolve));
    killAll(this.child.pid);
    await ended;
    await this.launch();
  }

  // Runs SQL by psql; returns its output, one row a line, columns divided by '|'.
  async sql(database, text) {
    const { stdout } = await exec(path.join(this.bin, 'psql'), [
      '-h', this.folder, '-U', 'steward', '-d', database, '-v', 'ON_ERROR_STOP=1', '-qAtc', text,
    ]);
    return stdout.trimEnd() || ' ';
  }

  // A new, empty database; returns its URL.
  async createDatabase() {
    const name = `t${process.pid}_${++this.count}`;
    await this.sql('postgres', `CREATE DATABASE ${name}`);
    return `postgresql://steward@/${name}?host=${encodeURIComponent(this.folder)}`;
  }

  // The database of this URL by way of pgbouncer. mode: session or transaction.
  async pooled(url, mode) {
    this.bouncer ??= (async () => {
      const { startPgbouncer } = await import('./cluster.mjs');
      return startPgbouncer(this.folder, mode);
    })();
    return (await this.bouncer).url(new URL(url.replace('@/', '@localhost/')).pathname.slice(1));
  }

  // Drops the database; a server of ours ends with its last user.
  async release(url) {
    const name = url?.match(/\/(t\d+_\d+)\?/)?.[1];
    if (name) await this.sql('postgres', `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
    if (--users > 0) return;
    if (this.bouncer) await (await this.bouncer).stop('SIGINT');
    this.bouncer = null;
    if (!this.as) return;
    shared = null;
    const ended = new Promise((resolve) => this.child.on('close', resolve));
    this.child.kill('SIGINT');
    await ended;
    fs.rmSync(this.folder, { recursive: true, force: true });
  }
}

// settings: 'name=value' for the server; those of the first caller count.
export function startPostgres(settings = []) {
  users++;
  shared ??= new Postgres(settings).start();
  return shared;
}
