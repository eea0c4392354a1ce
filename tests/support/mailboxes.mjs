// SPDX-License-Identifier: GPL-3.0-or-later
//
// Mailboxes that mail is fetched from, as an administrator sets them, and mail put into Dovecot's.
import { pageText, urlencoded } from './http.mjs';
import { deliver as deliverByLmtp } from './lmtp.mjs';
import { buildMail } from './mime.mjs';

// Adds one by the form; the password is Dovecot's unless given.
export async function addMailbox(admin, fields, status = 303) {
  const page = await admin.get('/admin/mailboxes/new');
  const answer = await admin.submit(page, '/admin/mailboxes', {
    host: '127.0.0.1', security: 'none', user: fields.address, secret: 'secret', folder: 'INBOX',
    after: 'leave', auth: 'password', poll_seconds: '60', ...fields, port: String(fields.port ?? 1),
  });
  if (answer.status !== status) throw new Error(`adding a mailbox was answered with ${answer.status}: ${pageText(answer.text)}`);
  return answer;
}

function section(text, address) {
  const parts = text.split(/(?=<section)/).filter((part) => part.startsWith('<section'));
  const found = parts.find((part) => part.includes(`>${address}</a> `));
  if (!found) throw new Error(`${address} is not on the page`);
  return found;
}

// The words of the page of mailboxes, or of one of them.
export async function boxes(admin, address) {
  const { text } = await admin.get('/admin/mailboxes');
  return pageText(address ? section(text, address) : text);
}

// A form's POST by hand, with its token.
export async function post(admin, path, fields) {
  const page = await admin.get('/admin/mailboxes/new');
  const [, csrf] = page.text.match(/name="csrf" value="([^"]+)"/);
  return admin.send(path, {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: urlencoded({ csrf, ...fields }),
  });
}

// Presses a button of a mailbox: ('paused', '1'), ('answering', '1'), ('try'), ('remove'), ('ask').
// Returns its id.
export async function press(admin, address, name, value = '', fields = {}) {
  const page = await admin.get('/admin/mailboxes');
  const [, id] = section(page.text, address).match(/id="mailbox-(\d+)"/);
  const switches = ['paused', 'answering'].includes(name);
  const answer = await post(admin, `/admin/mailboxes/${id}/${switches ? 'switch' : name}`, { [name]: value, ...fields });
  if (answer.status !== 303) throw new Error(`${name} was answered with ${answer.status}`);
  return id;
}

// Puts a mail into Dovecot's mailbox. fields: as for buildMail, or `raw`.
export async function deliver(dovecot, address, fields) {
  const bytes = fields.raw ?? buildMail({ to: address, ...fields }).bytes;
  await deliverByLmtp(dovecot.lmtp, { to: address, message: bytes });
}
