// SPDX-License-Identifier: GPL-3.0-or-later
//
// A Dovecot of our own: everything in a temporary folder, LMTP on a socket file, IMAP on a free
// port of 127.0.0.1. Any name is a mailbox; all passwords are `dovecot.password`.
//
//   const dovecot = await startDovecot();
//   … mail goes to dovecot.lmtp …
//   const mail = await dovecot.wait('anna@people.example', (m) => m.subject.includes('[#1]'));
//   after(() => dovecot.stop());
//
// startDovecot({ tls: true }) also speaks TLS, at once on dovecot.imapsPort and by STARTTLS, with a
// certificate for 127.0.0.1 that dovecot.ca vouches for. startDovecot({ oauth: URL }) takes access
// tokens that URL knows (URL + token is asked and answers { username }).
//
// Mails are read from the Maildir, as support/mime.mjs parses them, oldest first.
import { execFile, spawn } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { parseMail } from './mime.mjs';
import { freePort, until } from './wait.mjs';

const exec = promisify(execFile);
const root = process.getuid() === 0;

export function dovecotMissing() {
  if (!fs.existsSync('/usr/sbin/dovecot')) return 'Dovecot is not installed';
  return fs.existsSync('/usr/lib/dovecot/lmtp') ? '' : 'dovecot-lmtpd is not installed';
}

function names() {
  const me = os.userInfo();
  return root
    ? { internal: 'dovecot', login: 'dovenull', group: 'dovecot', mail: 'nobody', mailGroup: 'nogroup' }
    : { internal: me.username, login: me.username, group: `${me.gid}`, mail: me.username, mailGroup: `${me.gid}` };
}

class Dovecot {
  constructor(options = {}) {
    this.options = options;
    this.folder = fs.mkdtempSync(path.join(os.tmpdir(), 'steward-dovecot-'));
    fs.chmodSync(this.folder, 0o755);
    this.password = 'secret';
    this.lmtp = { path: path.join(this.folder, 'lmtp') };
    this.authSocket = path.join(this.folder, 'auth');
    this.logFile = path.join(this.folder, 'log');
    this.mails = path.join(this.folder, 'mail');
    this.config = path.join(this.folder, 'dovecot.conf');
  }

  text() {
    const user = names();
    const chroots = ['anvil', 'imap-login', 'auth', 'stats', 'log', 'config', 'director', 'imap', 'lmtp'];
    return `
base_dir = ${this.folder}/run
state_dir = ${this.folder}/state
log_path = ${this.logFile}
protocols = imap lmtp
listen = 127.0.0.1
${this.options.tls ? `ssl = yes\nssl_cert = <${this.folder}/cert.pem\nssl_key = <${this.folder}/key.pem` : 'ssl = no'}
disable_plaintext_auth = no
default_internal_user = ${user.internal}
default_internal_group = ${user.group}
default_login_user = ${user.login}
first_valid_uid = 1
mail_uid = ${user.mail}
mail_gid = ${user.mailGroup}
mail_home = ${this.mails}/%u
mail_location = maildir:~/Maildir
auth_username_chars =
auth_mechanisms = plain login${this.options.oauth ? ' xoauth2' : ''}
recipient_delimiter = +
lmtp_save_to_detail_mailbox = no
mail_plugins =
${this.options.oauth ? `passdb {\n  driver = oauth2\n  mechanisms = xoauth2\n  args = ${this.folder}/oauth.conf\n}` : ''}
passdb {
  driver = static
  args = password=${this.password}
}
userdb {
  driver = static
  args = uid=${user.mail} gid=${user.mailGroup} home=${this.mails}/%u allow_all_users=yes
}
service lmtp {
  unix_listener ${this.lmtp.path} {
    mode = 0666
  }
}
service imap-login {
  inet_listener imap {
    port = ${this.imapPort}
  }
  inet_listener imaps {
    port = ${this.options.tls ? this.imapsPort : 0}
    ssl = ${this.options.tls ? 'yes' : 'no'}
  }
}
service auth {
  unix_listener ${this.authSocket} {
    mode = 0666
  }
}
${root ? '' : chroots.map((name) => `service ${name} {\n  chroot =\n}\n`).join('')}
namespace inbox {
  inbox = yes
}
`;
  }

  // Returns the certificate, which vouches for itself.
  async certificate() {
    const file = (name) => path.join(this.folder, name);
    await exec('openssl', [
      'req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes',
      '-keyout', file('key.pem'), '-out', file('cert.pem'), '-days', '2',
      '-subj', '/CN=127.0.0.1', '-addext', 'subjectAltName=IP:127.0.0.1',
    ]);
    return fs.readFileSync(file('cert.pem'), 'utf8');
  }

  async start() {
    this.imapPort = await freePort();
    this.imapsPort = await freePort();
    if (this.options.tls) this.ca = await this.certificate();
    if (this.options.oauth) {
      const lines = [`tokeninfo_url = ${this.options.oauth}`, `introspection_url = ${this.options.oauth}`, 'username_attribute = username'];
      fs.writeFileSync(path.join(this.folder, 'oauth.conf'), `${lines.join('\n')}\n`);
    }
    fs.mkdirSync(this.mails, { mode: 0o777 });
    fs.chmodSync(this.mails, 0o777);
    fs.writeFileSync(this.config, this.text());
    this.child = spawn('/usr/sbin/dovecot', ['-F', '-c', this.config], { stdio: ['ignore', 'pipe', 'pipe'] });
    this.said = '';
    this.child.stdout.on('data', (chunk) => (this.said += chunk));
    this.child.stderr.on('data', (chunk) => (this.said += chunk));
    this.ended = new Promise((resolve) => this.child.on('close', resolve));
    await until('Dovecot to start', () => {
      if (this.child.exitCode !== null) throw new Error(this.said + this.log());
      return fs.existsSync(this.lmtp.path) && fs.existsSync(this.authSocket);
    }, 30000).catch(async (error) => {
      await this.stop();
      throw error;
    });
    return this;
  }

  log() {
    return fs.existsSync(this.logFile) ? fs.readFileSync(this.logFile, 'utf8') : '';
  }

  // All mails of a mailbox.
  read(address) {
    const maildir = path.join(this.mails, address, 'Maildir');
    const files = ['new', 'cur'].flatMap((part) => {
      const folder = path.join(maildir, part);
      return fs.existsSync(folder) ? fs.readdirSync(folder).map((name) => path.join(folder, name)) : [];
    });
    return files
      .map((file) => ({ file, at: fs.statSync(file).mtimeMs }))
      .sort((a, b) => a.at - b.at || (a.file < b.file ? -1 : 1))
      .map(({ file }) => {
        const bytes = fs.readFileSync(file);
        return { bytes, raw: bytes.toString('latin1'), ...parseMail(bytes) };
      });
  }

  // The first mail of the mailbox for which `match` is true, waiting for it.
  wait(address, match = () => true, timeout = 20000) {
    return until(`a mail for ${address}`, () => this.read(address).find(match), timeout);
  }

  // By the server itself, as a mail program would see it.
  async fetch(address, field = 'hdr.subject') {
    const args = ['-c', this.config, 'fetch', '-u', address, field, 'mailbox', 'INBOX', 'ALL'];
    return (await exec('/usr/bin/doveadm', args)).stdout;
  }

  // `doveadm ARGS`, what it printed.
  async doveadm(args) {
    return (await exec('/usr/bin/doveadm', ['-c', this.config, ...args])).stdout;
  }

  // The mailbox gets another UIDVALIDITY and its messages other numbers, as after a repair.
  async renumber(address) {
    const maildir = path.join(this.mails, address, 'Maildir');
    await until('a later second', () => Date.now() > fs.statSync(path.join(maildir, 'dovecot-uidlist')).birthtimeMs + 1100);
    for (const name of fs.readdirSync(maildir)) {
      if (/^dovecot[.-]/.test(name)) fs.rmSync(path.join(maildir, name), { recursive: true });
    }
  }

  async stop() {
    if (this.child.exitCode === null) {
      this.child.kill('SIGTERM');
      const timer = setTimeout(() => this.child.kill('SIGKILL'), 10000);
      await this.ended;
      clearTimeout(timer);
    }
    fs.rmSync(this.folder, { recursive: true, force: true });
  }
}

export function startDovecot(options) {
  return new Dovecot(options).start();
}
