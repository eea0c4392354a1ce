// SPDX-License-Identifier: GPL-3.0-or-later
//
// The helpers themselves: a test is worth what its tools are.
import assert from 'node:assert/strict';
import http from 'node:http';
import net from 'node:net';
import { test } from 'node:test';
import { checkAccessibility, startBrowser } from '../support/browser.mjs';
import { Visitor, forms, multipart, pageText } from '../support/http.mjs';
import { LmtpClient, stuff } from '../support/lmtp.mjs';
import { buildMail, parseMail, parseParameters } from '../support/mime.mjs';
import { startSink } from '../support/smtp-sink.mjs';
import { until } from '../support/wait.mjs';

test('a mail that was built can be read again', () => {
  const { bytes, messageId } = buildMail({
    subject: 'Größe und Preis',
    text: 'Grüße\n.dot\n',
    html: '<p>Grüße</p>',
    attachments: [{ name: 'a.bin', bytes: Buffer.from([0, 1, 255]) }],
  });
  const mail = parseMail(bytes);
  assert.equal(mail.subject, 'Größe und Preis');
  assert.equal(mail.messageId, messageId);
  assert.equal(mail.text.trim(), 'Grüße\n.dot');
  assert.equal(mail.html, '<p>Grüße</p>');
  assert.deepEqual([...mail.attachments[0].bytes], [0, 1, 255]);
  assert.equal(mail.attachments[0].filename, 'a.bin');
});

test('parameters of RFC 2231 are joined and decoded', () => {
  const read = parseParameters(`attachment; filename*0*=utf-8''Gr%C3%B6; filename*1*=%C3%9Fe.txt`);
  assert.deepEqual(read, { value: 'attachment', params: { filename: 'Größe.txt' } });
});

test('lines that begin with a dot are doubled, and lines end with CRLF', () => {
  assert.equal(stuff('a\n.b\r\n..c\n').toString(), 'a\r\n..b\r\n...c\r\n.\r\n');
});

test('forms are read with their hidden fields and current values', () => {
  const [form] = forms(`<form method="post" action="/a?b=1&amp;c=2">
    <input type="hidden" name="csrf" value="x&quot;y"><input name=plain value=1>
    <input type="checkbox" name="no"><input type="checkbox" name="yes" checked>
    <select name="s"><option value="1">one<option value="2" selected>two</select>
    <textarea name="t">\nA &lt; B</textarea><button name="go" type="submit">Go</button></form>`);
  assert.equal(form.action, '/a?b=1&c=2');
  assert.equal(form.method, 'POST');
  assert.deepEqual(form.fields, { csrf: 'x"y', plain: '1', yes: 'on', t: 'A < B', s: '2' });
  assert.equal(pageText('<p>a&nbsp;<b>b</b></p><script>c</script>'), 'a b');
});

test('multipart bodies carry files', () => {
  const { body } = multipart({ a: '1', f: { name: 'x.txt', type: 'text/plain', bytes: Buffer.from('hi') } });
  assert.match(body.toString(), /name="f"; filename="x.txt"\r\nContent-Type: text\/plain\r\n\r\nhi\r\n/);
});

test('a visitor keeps cookies, follows redirects and fills forms', async () => {
  const seen = [];
  const server = http.createServer((req, res) => {
    let body = '';
    req.on('data', (chunk) => (body += chunk));
    req.on('end', () => {
      seen.push([req.method, req.url, req.headers.cookie ?? '', body]);
      if (req.url === '/') {
        res.writeHead(303, { location: '/form', 'set-cookie': 's=1; HttpOnly; Path=/' }).end();
      } else if (req.method === 'GET') {
        res.end('<form method=post action="/save"><input type=hidden name=csrf value=t><input name=a></form>');
      } else res.writeHead(303, { location: '/' }).end();
    });
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const visitor = new Visitor(`http://127.0.0.1:${server.address().port}`);
  const page = await visitor.get('/');
  const saved = await visitor.submit(page, '/save', { a: 'ä' });
  assert.equal(saved.status, 303);
  assert.deepEqual(seen.at(-1), ['POST', '/save', 's=1', 'csrf=t&a=%C3%A4']);
  await assert.rejects(visitor.submit(page, '/other'), /there are: \/save/);
  visitor.close();
  server.close();
});

test('the sink keeps mails, refuses and hangs when told to', async () => {
  const sink = await startSink();
  const talk = async (lines) => {
    const socket = net.connect(sink.port, '127.0.0.1');
    let said = '';
    socket.on('data', (chunk) => (said += chunk));
    socket.write(lines.join('\r\n') + '\r\n');
    await until('an answer', () => /^221/m.test(said) || socket.destroyed);
    socket.destroy();
    return said;
  };
  const mail = ['EHLO x', 'MAIL FROM:<a@b.c>', 'RCPT TO:<d@e.f>', 'DATA', 'Subject: s', '', '..x', '.', 'QUIT'];
  await talk(mail);
  const kept = await sink.wait((one) => one.to.includes('d@e.f'));
  assert.equal(kept.subject, 's');
  assert.equal(kept.text, '.x\n');
  sink.behave = { 'RCPT TO': '550 5.1.1 unknown' };
  assert.match(await talk(['EHLO x', 'MAIL FROM:<a@b.c>', 'RCPT TO:<d@e.f>', 'QUIT']), /^550/m);
  assert.equal(sink.mails.length, 1);
  await sink.close();
});

test('the LMTP client reads one answer for each recipient', async () => {
  const server = net.createServer((socket) => {
    let data = false;
    socket.write('220 hello\r\n');
    socket.on('data', (chunk) => {
      const text = chunk.toString();
      if (data) {
        if (text.endsWith('\r\n.\r\n')) socket.write('250 one\r\n452 two\r\n');
        return;
      }
      for (const line of text.trimEnd().split('\r\n')) {
        if (line === 'DATA') data = true;
        socket.write(line.startsWith('LHLO') ? '250-a\r\n250 b\r\n' : data ? '354 go\r\n' : '250 ok\r\n');
      }
    });
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const client = await LmtpClient.connect({ host: '127.0.0.1', port: server.address().port });
  assert.equal((await client.lhlo()).text, 'a\nb');
  const sent = await client.send({ to: ['a@b', 'c@d'], message: 'Subject: x\n\ny\n', pipelining: true });
  assert.deepEqual(sent.results.map((result) => result.code), [250, 452]);
  client.destroy();
  server.close();
});

test('the browser starts, and axe-core finds what is wrong in either theme', async () => {
  const server = http.createServer((req, res) => {
    res.setHeader('content-security-policy', "default-src 'none'; style-src 'self'");
    const good = '<!doctype html><html lang="en"><title>t</title><main><h1>Hi</h1>';
    res.setHeader('content-type', 'text/html; charset=utf-8');
    res.end(req.url === '/bad' ? `${good}<img src="data:,"></main>` : `${good}</main>`);
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const browser = await startBrowser();
  const page = await browser.page({ url: `http://127.0.0.1:${server.address().port}` });
  await page.goto('/');
  await checkAccessibility(page);
  await page.goto('/bad');
  await assert.rejects(checkAccessibility(page), /image-alt/);
  await browser.close();
  server.close();
});
