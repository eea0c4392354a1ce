// SPDX-License-Identifier: GPL-3.0-or-later
//
// An OpenLDAP server of our own: a plain process, all of it in a temporary folder, on free ports of
// 127.0.0.1. Whoever has a `password` in `people` signs in with it.
//
//   const directory = await startDirectory({ people: [{ uid: 'ana', cn: 'Ana Ruiz', mail: 'ana@x.example', password: 'p' }] });
//   … directory.url (plain, STARTTLS), directory.tlsUrl, directory.ca, directory.binder …
//
// stop() and start() again keep what is in it; change(edit) edits it as LDIF.
import { execFile, spawn } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { freePort, until } from './wait.mjs';

const exec = promisify(execFile);
const base = 'dc=example,dc=org';

export function directoryMissing() {
  return fs.existsSync('/usr/sbin/slapd') ? '' : 'slapd is not installed';
}

class Directory {
  constructor({ people, groups = {} }) {
    this.folder = fs.mkdtempSync(path.join(os.tmpdir(), 'steward-slapd-'));
    this.people = `ou=people,${base}`;
    this.base = base;
    this.binder = { dn: `cn=desk,${base}`, password: 'the desk’s own' };
    this.entries = people;
    this.groups = groups;
  }

  file(name) {
    return path.join(this.folder, name);
  }

  dn(uid) {
    return `uid=${uid},${this.people}`;
  }

  group(name) {
    return `cn=${name},ou=groups,${base}`;
  }

  config() {
    return `
include /etc/ldap/schema/core.schema
include /etc/ldap/schema/cosine.schema
include /etc/ldap/schema/inetorgperson.schema
modulepath /usr/lib/ldap
moduleload back_mdb
pidfile ${this.file('pid')}
TLSCACertificateFile ${this.file('cert.pem')}
TLSCertificateFile ${this.file('cert.pem')}
TLSCertificateKeyFile ${this.file('key.pem')}
allow bind_anon_cred
database mdb
maxsize 16777216
suffix "${base}"
rootdn "cn=root,${base}"
rootpw root
directory ${this.file('data')}
access to attrs=userPassword by anonymous auth by * none
access to * by dn.exact="${this.binder.dn}" read by * none
`;
  }

  ldif() {
    const person = ({ uid, cn, mail, password, dn }) => `dn: ${dn ?? this.dn(uid)}
objectClass: inetOrgPerson
uid: ${uid}
cn: ${cn}
sn: ${cn.split(' ').at(-1)}
${mail ? `mail: ${mail}\n` : ''}userPassword: ${password}
`;
    const groups = Object.entries(this.groups).map(([name, members]) => `dn: ${this.group(name)}
objectClass: groupOfNames
cn: ${name}
${members.map((uid) => `member: ${this.dn(uid)}`).join('\n')}
`);
    return [
      `dn: ${base}\nobjectClass: dcObject\nobjectClass: organization\no: Example\ndc: example\n`,
      `dn: ${this.people}\nobjectClass: organizationalUnit\nou: people\n`,
      `dn: ou=groups,${base}\nobjectClass: organizationalUnit\nou: groups\n`,
      `dn: ${this.binder.dn}\nobjectClass: organizationalRole\nobjectClass: simpleSecurityObject\ncn: desk\nuserPassword: ${this.binder.password}\n`,
      ...this.entries.map(person), ...groups,
    ].join('\n');
  }

  async make() {
    await exec('openssl', [
      'req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes',
      '-keyout', this.file('key.pem'), '-out', this.file('cert.pem'), '-days', '2',
      '-subj', '/CN=127.0.0.1', '-addext', 'subjectAltName=IP:127.0.0.1',
    ]);
    this.ca = fs.readFileSync(this.file('cert.pem'), 'utf8');
    fs.mkdirSync(this.file('data'));
    fs.writeFileSync(this.file('slapd.conf'), this.config());
    fs.writeFileSync(this.file('people.ldif'), this.ldif());
    await exec('/usr/sbin/slapadd', ['-f', this.file('slapd.conf'), '-l', this.file('people.ldif')]);
    this.port = await freePort();
    this.tlsPort = await freePort();
    this.url = `ldap://127.0.0.1:${this.port}`;
    this.tlsUrl = `ldaps://127.0.0.1:${this.tlsPort}`;
  }

  async start() {
    const addresses = `ldap://127.0.0.1:${this.port}/ ldaps://127.0.0.1:${this.tlsPort}/`;
    this.child = spawn('/usr/sbin/slapd', ['-f', this.file('slapd.conf'), '-h', addresses, '-d', '0'], { stdio: ['ignore', 'ignore', 'pipe'] });
    this.said = '';
    this.child.stderr.on('data', (chunk) => (this.said += chunk));
    this.ended = new Promise((resolve) => this.child.on('close', resolve));
    await until('slapd to start', () => {
      if (this.child.exitCode !== null) throw new Error(this.said);
      return fs.existsSync(this.file('pid'));
    }, 20000);
    return this;
  }

  // Changes what is in it: stopped, written, started again.
  async change(edit) {
    await this.stop();
    const text = (await exec('/usr/sbin/slapcat', ['-f', this.file('slapd.conf')])).stdout;
    fs.rmSync(this.file('data'), { recursive: true });
    fs.mkdirSync(this.file('data'));
    fs.writeFileSync(this.file('people.ldif'), edit(text));
    await exec('/usr/sbin/slapadd', ['-f', this.file('slapd.conf'), '-l', this.file('people.ldif')]);
    await this.start();
  }

  async stop() {
    if (this.child?.exitCode === null && this.child.signalCode === null) {
      this.child.kill('SIGTERM');
      await this.ended;
    }
  }

  async remove() {
    await this.stop();
    fs.rmSync(this.folder, { recursive: true, force: true });
  }
}

export async function startDirectory(options) {
  const directory = new Directory(options);
  try {
    await directory.make();
    return await directory.start();
  } catch (error) {
    await directory.remove();
    throw error;
  }
}
