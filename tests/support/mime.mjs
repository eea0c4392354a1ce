// SPDX-License-Identifier: GPL-3.0-or-later
//
// Mails as text: building those that tests send, and reading those that the program sent. The
// reader is deliberately strict and knows only what a correct mail has.

function decodeWords(value) {
  return value
    .replace(/\?=\s+=\?/g, '?==?')
    .replace(/=\?([^?*]+)(?:\*[^?]*)?\?([bq])\?([^?]*)\?=/gi, (all, charset, how, text) => {
      const bytes =
        how.toLowerCase() === 'b'
          ? Buffer.from(text, 'base64')
          : Buffer.from(unquote(text.replace(/_/g, ' ')), 'latin1');
      return new TextDecoder(charset).decode(bytes);
    });
}

function unquote(text) {
  return text
    .replace(/=\r?\n/g, '')
    .replace(/=([0-9a-f]{2})/gi, (all, hex) => String.fromCharCode(parseInt(hex, 16)));
}

// "text/plain; charset=utf-8" → { value: 'text/plain', params: { charset: 'utf-8' } }, with the
// continuations and charsets of RFC 2231.
export function parseParameters(header = '') {
  const [value, ...rest] = header.match(/(?:[^;"]|"(?:\\.|[^"\\])*")+/g) ?? [''];
  const params = {};
  const pieces = {};
  for (const part of rest) {
    const m = part.match(/^\s*([^\s=*]+)(?:\*(\d+))?(\*)?\s*=\s*(?:"((?:\\.|[^"\\])*)"|(\S*))\s*$/);
    if (!m) continue;
    const text = m[4] !== undefined ? m[4].replace(/\\(.)/g, '$1') : m[5];
    (pieces[m[1].toLowerCase()] ??= []).push({ n: Number(m[2] ?? 0), coded: Boolean(m[3]), text });
  }
  for (const [name, list] of Object.entries(pieces)) {
    list.sort((a, b) => a.n - b.n);
    let joined = list.map((piece) => piece.text).join('');
    if (list[0].coded) joined = decodeURIComponent(joined.replace(/^[^']*'[^']*'/, ''));
    params[name] = decodeWords(joined);
  }
  return { value: value.trim().toLowerCase(), params };
}

// { headers: Map of lower-case name → [values], header(name), type, params, parts, bytes, text }
function parsePart(raw) {
  const split = raw.search(/\r?\n\r?\n/);
  const head = split < 0 ? raw : raw.slice(0, split);
  const body = split < 0 ? '' : raw.slice(split).replace(/^\r?\n\r?\n/, '');
  const headers = new Map();
  for (const line of head.replace(/\r?\n(?=[ \t])/g, '').split(/\r?\n/)) {
    const at = line.indexOf(':');
    if (at <= 0) continue;
    const name = line.slice(0, at).toLowerCase();
    if (!headers.has(name)) headers.set(name, []);
    headers.get(name).push(Buffer.from(line.slice(at + 1).trim(), 'latin1').toString('utf8'));
  }
  const one = (name) => headers.get(name.toLowerCase())?.[0];
  const type = parseParameters(one('content-type') ?? 'text/plain');
  const disposition = parseParameters(one('content-disposition') ?? '');
  const part = {
    headers,
    header: (name) => (one(name) === undefined ? undefined : decodeWords(one(name))),
    type: type.value,
    params: type.params,
    disposition: disposition.value,
    filename: disposition.params.filename ?? type.params.name,
    parts: [],
  };
  if (type.value.startsWith('multipart/')) {
    const line = `--${type.params.boundary}`;
    const sections = `\n${body}`.split(new RegExp(`\\r?\\n${line.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}`));
    for (const section of sections.slice(1)) {
      if (section.startsWith('--')) break;
      part.parts.push(parsePart(section.replace(/^[ \t]*\r?\n/, '')));
    }
    return part;
  }
  const encoding = (one('content-transfer-encoding') ?? '').toLowerCase();
  if (encoding === 'base64') part.bytes = Buffer.from(body, 'base64');
  else if (encoding === 'quoted-printable') part.bytes = Buffer.from(unquote(body), 'latin1');
  else part.bytes = Buffer.from(body, 'latin1');
  if (part.type.startsWith('text/')) {
    part.text = new TextDecoder(part.params.charset ?? 'utf-8').decode(part.bytes).replace(/\r\n/g, '\n');
  }
  return part;
}

// A whole mail: what parsePart gives, and `subject`, `text`, `html` (first of each that is not an
// attachment), `attachments` and `all` (every leaf part).
export function parseMail(bytes) {
  const mail = parsePart(Buffer.from(bytes).toString('latin1'));
  const all = [];
  const waiting = [mail];
  while (waiting.length > 0) {
    const part = waiting.shift();
    if (part.parts.length > 0) waiting.unshift(...part.parts);
    else all.push(part);
  }
  const shown = (type) => all.find((part) => part.type === type && part.disposition !== 'attachment');
  return {
    ...mail,
    all,
    subject: mail.header('subject'),
    messageId: mail.header('message-id'),
    text: shown('text/plain')?.text,
    html: shown('text/html')?.text,
    attachments: all.filter((part) => part.disposition === 'attachment'),
  };
}

let counter = 0;

export function newMessageId(domain = 'example.net') {
  return `<${process.pid}.${Date.now()}.${++counter}@${domain}>`;
}

function entity(type, encoding, body, more = []) {
  return [`Content-Type: ${type}`, `Content-Transfer-Encoding: ${encoding}`, ...more, '', body].join('\r\n');
}

function wrapped(bytes) {
  return Buffer.from(bytes).toString('base64').replace(/(.{76})/g, '$1\r\n');
}

function multi(kind, parts) {
  const boundary = `=_${kind}_${process.pid}_${++counter}`;
  const body = parts.map((part) => `--${boundary}\r\n${part}\r\n`).join('');
  return `Content-Type: multipart/${kind}; boundary="${boundary}"\r\n\r\n${body}--${boundary}--\r\n`;
}

// A mail as a common client writes it. Fields: from, to, cc, subject, text, html, messageId,
// inReplyTo, references (array), headers (object of more), attachments [{ name, type, bytes, cid }],
// date (Date). Returns { bytes, messageId }.
export function buildMail(fields) {
  const messageId = fields.messageId ?? newMessageId();
  const word = (text) =>
    /^[\x20-\x7e]*$/.test(text) ? text : `=?utf-8?B?${Buffer.from(text).toString('base64')}?=`;
  const list = (value) => (Array.isArray(value) ? value.join(', ') : value);
  const head = [
    `From: ${fields.from ?? 'Anna Muster <anna@example.net>'}`,
    `To: ${list(fields.to ?? 'support@example.org')}`,
    ...(fields.cc ? [`Cc: ${list(fields.cc)}`] : []),
    `Subject: ${word(fields.subject ?? 'A question')}`,
    `Date: ${(fields.date ?? new Date()).toUTCString().replace('GMT', '+0000')}`,
    `Message-ID: ${messageId}`,
    ...(fields.inReplyTo ? [`In-Reply-To: ${fields.inReplyTo}`] : []),
    ...(fields.references ? [`References: ${fields.references.join(' ')}`] : []),
    'MIME-Version: 1.0',
    ...Object.entries(fields.headers ?? {}).map(([name, value]) => `${name}: ${value}`),
  ];
  const text = entity('text/plain; charset=utf-8', '8bit', (fields.text ?? 'Hello').replace(/\r?\n/g, '\r\n'));
  const html = fields.html && entity('text/html; charset=utf-8', 'base64', wrapped(fields.html));
  let content = html ? multi('alternative', [text, html]) : text;
  if (fields.attachments?.length > 0) {
    const files = fields.attachments.map((file) =>
      entity(file.type ?? 'application/octet-stream', 'base64', wrapped(file.bytes), [
        `Content-Disposition: ${file.cid ? 'inline' : 'attachment'}; filename="${file.name}"`,
        ...(file.cid ? [`Content-ID: <${file.cid}>`] : []),
      ]),
    );
    content = multi('mixed', [content, ...files]);
  }
  return { bytes: Buffer.from(`${head.join('\r\n')}\r\n${content}`), messageId };
}
