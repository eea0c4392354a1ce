// SPDX-License-Identifier: GPL-3.0-or-later
//
// A Postfix of our own: configuration, queue and log in a temporary folder, SMTP on a free port of
// 127.0.0.1. Nothing of the machine's own Postfix is read or touched.
//
//   const postfix = await startPostfix({
//     domains: { 'desk.example': { host: '127.0.0.1', port: 2424 }, 'people.example': dovecot.lmtp },
//   });
//   await postfix.send({ from: 'anna@people.example', to: 'support@desk.example', message });
//   after(() => postfix.stop());
//
// Mail to a domain of `domains` goes to that LMTP server ({ host, port } or { path }); mail to any
// other bounces. tls: true offers STARTTLS with a certificate for 127.0.0.1 (postfix.ca is the file to
// trust); auth: { socket } asks Dovecot's authentication socket. Postfix's master insists on
// starting as root: without root, sudo is used, and postfixMissing says why it cannot be.
import { execFile, execFileSync, spawn } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { stuff, LmtpClient } from './lmtp.mjs';
import { freePort, until } from './wait.mjs';

const exec = promisify(execFile);
const root = process.getuid() === 0;

function asRoot(program, args) {
  return root ? [program, args] : ['sudo', ['-n', program, ...args]];
}

// '' when Postfix can be started here, else the reason.
export function postfixMissing() {
  if (!fs.existsSync('/usr/sbin/postfix')) return 'Postfix is not installed';
  if (root) return '';
  try {
    execFileSync('sudo', ['-n', 'true'], { stdio: 'ignore' });
    return '';
  } catch {
    return 'Postfix starts as root only, and there is no sudo without a password';
  }
}

function destination(where) {
  return where.path ? `lmtp:unix:${where.path}` : `lmtp:inet:${where.host}:${where.port}`;
}

// master.cf: services that other programs talk to are public, the rest private.
function services(smtpPort) {
  const line = (name, type, open, wakeup, limit, command = name) =>
    `${name} ${type} ${open ? 'n' : '-'} - n ${wakeup} ${limit} ${command}\n`;
  return [
    line(`127.0.0.1:${smtpPort}`, 'inet', true, '-', '-', 'smtpd'),
    line('pickup', 'unix', true, '5', '1'),
    line('cleanup', 'unix', true, '-', '0'),
    line('qmgr', 'unix', true, '1', '1'),
    line('flush', 'unix', true, '1000?', '0'),
    line('showq', 'unix', true, '-', '-'),
    line('postlog', 'unix-dgram', true, '-', '1', 'postlogd'),
    line('tlsmgr', 'unix', false, '1000?', '1'),
    line('rewrite', 'unix', false, '-', '-', 'trivial-rewrite'),
    line('bounce', 'unix', false, '-', '0'),
    line('defer', 'unix', false, '-', '0', 'bounce'),
    line('trace', 'unix', false, '-', '0', 'bounce'),
    line('verify', 'unix', false, '-', '1'),
    line('proxymap', 'unix', false, '-', '-'),
    line('lmtp', 'unix', false, '-', '-'),
    line('error', 'unix', false, '-', '-'),
    line('retry', 'unix', false, '-', '-', 'error'),
    line('anvil', 'unix', false, '-', '1'),
    line('scache', 'unix', false, '-', '1'),
  ].join('');
}

class Postfix {
  constructor(options) {
    this.options = options;
    this.folder = fs.mkdtempSync(path.join(os.tmpdir(), 'steward-postfix-'));
    fs.chmodSync(this.folder, 0o755);
    this.config = path.join(this.folder, 'etc');
    this.logFile = path.join(this.folder, 'log');
  }

  get url() {
    return `smtp://127.0.0.1:${this.port}`;
  }

  settings() {
    const { domains, tls, auth, settings = {} } = this.options;
    const transports = Object.entries(domains).map(([name, to]) => `{ ${name} = ${destination(to)} }`);
    return {
      compatibility_level: '3.6',
      queue_directory: path.join(this.folder, 'queue'),
      data_directory: path.join(this.folder, 'state'),
      maillog_file: this.logFile,
      maillog_file_prefixes: this.folder,
      command_directory: '/usr/sbin',
      daemon_directory: '/usr/lib/postfix/sbin',
      myhostname: 'mx.steward.test',
      inet_interfaces: '127.0.0.1',
      inet_protocols: 'ipv4',
      mynetworks: '127.0.0.0/8',
      mydestination: '',
      local_recipient_maps: '',
      alias_maps: '',
      alias_database: '',
      default_transport: 'error:no such domain in this test',
      relay_domains: Object.keys(domains).join(' '),
      transport_maps: `inline:{ ${transports.join(', ')} }`,
      recipient_delimiter: '+',
      smtputf8_enable: 'yes',
      biff: 'no',
      // Impatient, so that tests see retries.
      queue_run_delay: '1s',
      minimal_backoff_time: '1s',
      maximal_backoff_time: '2s',
      lmtp_connect_timeout: '5s',
      destination_concurrency_failed_cohort_limit: '1000',
      transport_retry_time: '1s',
      smtpd_client_connection_rate_limit: '0',
      message_size_limit: '104857600',
      mailbox_size_limit: '0',
      ...(tls
        ? {
            smtpd_tls_security_level: 'may',
            smtpd_tls_cert_file: path.join(this.folder, 'cert.pem'),
            smtpd_tls_key_file: path.join(this.folder, 'key.pem'),
          }
        : {}),
      ...(auth
        ? {
            smtpd_sasl_auth_enable: 'yes',
            smtpd_sasl_type: 'dovecot',
            smtpd_sasl_path: auth.socket,
            smtpd_relay_restrictions: 'permit_sasl_authenticated, reject',
            smtpd_tls_auth_only: tls ? 'yes' : 'no',
          }
        : {}),
      ...settings,
    };
  }

  async certificate() {
    const file = (name) => path.join(this.folder, name);
    await exec('openssl', [
      'req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes',
      '-keyout', file('key.pem'), '-out', file('cert.pem'), '-days', '2',
      '-subj', '/CN=127.0.0.1', '-addext', 'subjectAltName=IP:127.0.0.1',
    ]);
    this.ca = file('cert.pem');
  }

  async start() {
    this.port = await freePort();
    if (this.options.tls) await this.certificate();
    fs.mkdirSync(this.config);
    fs.mkdirSync(path.join(this.folder, 'queue'));
    const lines = Object.entries(this.settings()).map(([name, value]) => `${name} = ${value}\n`);
    fs.writeFileSync(path.join(this.config, 'main.cf'), lines.join(''));
    fs.writeFileSync(path.join(this.config, 'master.cf'), services(this.port));
    fs.mkdirSync(path.join(this.folder, 'state'));
    await exec(...asRoot('chown', ['root', this.config, path.join(this.folder, 'queue')]));
    await exec(...asRoot('chown', ['postfix', path.join(this.folder, 'state')]));
    const [program, args] = asRoot('/usr/sbin/postfix', ['-c', this.config, 'start-fg']);
    this.child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    this.said = '';
    this.child.stdout.on('data', (chunk) => (this.said += chunk));
    this.child.stderr.on('data', (chunk) => (this.said += chunk));
    this.ended = new Promise((resolve) => this.child.on('close', resolve));
    await until(`Postfix to start: ${this.folder}`, async () => {
      if (this.child.exitCode !== null) throw new Error(this.said + this.log());
      (await LmtpClient.connect({ host: '127.0.0.1', port: this.port })).destroy();
      return true;
    }, 30000).catch(async (error) => {
      await this.stop();
      throw error;
    });
    return this;
  }

  log() {
    return fs.existsSync(this.logFile) ? fs.readFileSync(this.logFile, 'utf8') : '';
  }

  // Hands one message in by SMTP. Returns the answers: { mail, rcpt: […], data, results: [one] }.
  async send({ from, to, message, utf8 = false }) {
    const client = await LmtpClient.connect({ host: '127.0.0.1', port: this.port });
    try {
      await client.command('EHLO client.example');
      const mail = await client.command(`MAIL FROM:<${from}>${utf8 ? ' SMTPUTF8' : ''}`);
      const rcpt = [];
      for (const one of [to].flat()) rcpt.push(await client.command(`RCPT TO:<${one}>`));
      const data = await client.command('DATA');
      const results = [];
      if (data.code === 354) {
        client.socket.write(stuff(message));
        results.push(await client.answer());
      }
      for (const answer of [mail, ...rcpt, data, ...results]) {
        if (answer.code >= 400) throw new Error(`Postfix said: ${answer.line}`);
      }
      await client.quit();
      return { mail, rcpt, data, results };
    } finally {
      client.destroy();
    }
  }

  // Hands one message in as programs do that call sendmail(1): lines may end in LF.
  sendmail({ from, to, message }) {
    const [program, args] = asRoot('/usr/sbin/sendmail', [
      '-C', this.config, '-i', '-f', from, '--', ...[to].flat(),
    ]);
    return new Promise((resolve, reject) => {
      const child = spawn(program, args, { stdio: ['pipe', 'inherit', 'inherit'] });
      child.on('error', reject);
      child.on('close', (code) => (code === 0 ? resolve() : reject(new Error(`sendmail: ${code}`))));
      child.stdin.end(message);
    });
  }

  // What waits in the queue: [{ queue_name, recipients: [{ address, delay_reason }] …}].
  async queue() {
    const { stdout } = await exec(...asRoot('/usr/sbin/postqueue', ['-c', this.config, '-j']));
    return stdout.split('\n').filter(Boolean).map((line) => JSON.parse(line));
  }

  // Tries everything that waits now.
  async flush() {
    await exec(...asRoot('/usr/sbin/postqueue', ['-c', this.config, '-f']));
  }

  async stop() {
    if (this.child.exitCode === null) {
      // "stop" would first wait five seconds for processes that have nothing to do.
      await exec(...asRoot('/usr/sbin/postfix', ['-c', this.config, 'abort'])).catch(() => {});
      const timer = setTimeout(() => this.child.kill('SIGKILL'), 10000);
      await this.ended;
      clearTimeout(timer);
    }
    await exec(...asRoot('rm', ['-rf', this.folder]));
  }
}

export function startPostfix(options) {
  return new Postfix(options).start();
}
