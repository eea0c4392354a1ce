// SPDX-License-Identifier: GPL-3.0-or-later
//
// The story that the product is for, told once from end to end: somebody writes a mail, agents see it
// come, one of them answers, and both stay in one conversation until it is done. Real browsers, real
// Postfix and Dovecot on the far side; the tests follow each other and share one ticket.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { startBrowser } from '../support/browser.mjs';
import { dovecotMissing, startDovecot } from '../support/dovecot.mjs';
import { buildMail } from '../support/mime.mjs';
import { postfixMissing, startPostfix } from '../support/postfix.mjs';
import { signInAs, signInByLink } from '../support/sample.mjs';
import { startServer } from '../support/server.mjs';
import { freePort, until } from '../support/wait.mjs';

const UNDO_SECONDS = 3;
const desk = 'support@desk.example';
const ana = 'ana@people.example';
const password = 'wind lamp river nine';
const agents = { tom: { email: 'tom@desk.example', name: 'Tom Berg', password }, eva: { email: 'eva@desk.example', name: 'Eva Lind', password } };
const picture = Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR4nGNgYPj/HwADAgH/p0lVjwAAAABJRU5ErkJggg==', 'base64');
const note = 'Drum unit ordered at Contoso, arrives Friday';

// Puts a file where a person would drop or paste it.
function give(page, kind, name, text) {
  return page.locator('trix-editor').evaluate((editor, [event, file, content]) => {
    const data = new DataTransfer();
    data.items.add(new File([content], file, { type: 'text/plain' }));
    const options = { bubbles: true, cancelable: true };
    editor.dispatchEvent(event === 'drop'
      ? new DragEvent('drop', { ...options, dataTransfer: data })
      : new ClipboardEvent('paste', { ...options, clipboardData: data }));
  }, [kind, name, text]);
}

describe('the story', { skip: postfixMissing() || dovecotMissing() || false }, () => {
  let dovecot;
  let postfix;
  let server;
  let browser;
  let api;
  let tom; // the agent who answers
  let eva; // the agent who looks in
  let portal; // the requester's browser
  let ticket; // address of the ticket
  let request; // and of the same on the portal
  let reply; // Tom's answer as it arrived
  const original = buildMail({
    from: `Ana Ruiz <${ana}>`,
    to: desk,
    subject: 'Printer on the third floor prints blank pages',
    text: 'It prints empty pages since this morning.\nThe payroll list has to go out today.',
    html: '<p>It prints <b>empty</b> pages since this morning.</p><p>The payroll list has to go out today.</p>',
    attachments: [{ name: 'page.png', type: 'image/png', bytes: picture }],
  });

  const mailFrom = (fields) => {
    const { bytes, messageId } = buildMail({ from: `Ana Ruiz <${ana}>`, to: desk, ...fields });
    return postfix.send({ from: ana, to: fields.to ?? desk, message: bytes }).then(() => messageId);
  };
  const replies = () => dovecot.read(ana).filter((mail) => /via/.test(mail.header('from')));
  const editor = (page) => page.locator('trix-editor');
  const open = async (page, path) => {
    await page.goto(path);
    await editor(page).waitFor();
  };
  const status = async () => (await api.get(`/api/v2${ticket}.json`)).json.ticket.status;

  before(async () => {
    dovecot = await startDovecot();
    server = await startServer({
      lmtp: true,
      env: { STEWARD_UNDO_SEND_SECONDS: `${UNDO_SECONDS}`, STEWARD_MAILBOX: desk },
      async before(one) {
        one.port = await freePort();
        one.lmtp = { host: '127.0.0.1', port: await freePort() };
        postfix = await startPostfix({ domains: { 'desk.example': one.lmtp, 'people.example': dovecot.lmtp } });
        one.options.smtp = postfix.url;
      },
    });
    api = await server.api();
    for (const { email, name } of Object.values(agents)) {
      const made = await api.post('/api/v2/users.json', { user: { email, name, role: 'agent' } });
      assert.equal(made.status, 201, made.text);
      const set = await api.post(`/api/v2/users/${made.json.user.id}/password.json`, { password });
      assert.equal(set.status, 200, set.text);
    }
    browser = await startBrowser();
    tom = await browser.page(server);
    eva = await browser.page(server);
    await Promise.all([signInAs(tom, agents.tom), signInAs(eva, agents.eva)]);
  });

  after(async () => {
    await browser?.close();
    api?.close();
    await server?.stop();
    await postfix?.stop();
    await dovecot?.stop();
  });

  test('a mail appears in the open list by itself', async () => {
    await tom.goto('/desk?view=unassigned');
    await tom.getByText('No tickets here').waitFor();
    await tom.evaluate(() => (document.body.dataset.same = 'page'));
    await postfix.send({ from: ana, to: desk, message: original.bytes });
    const row = tom.locator('.row', { hasText: 'prints blank pages' });
    await row.waitFor();
    assert.match(await row.innerText(), /Ana Ruiz · It prints empty pages/);
    assert.equal(await tom.evaluate(() => document.body.dataset.same), 'page', 'the page was not loaded anew');
    await tom.keyboard.press('j');
    await tom.keyboard.press('Enter');
    await editor(tom).waitFor();
    ticket = new URL(tom.url()).pathname;
    request = ticket.replace('tickets', 'requests');
    await tom.frameLocator('.mail-frame').locator('b', { hasText: 'empty' }).waitFor();
    const href = await tom.locator('.comment .file', { hasText: 'page.png' }).getAttribute('href');
    const file = await tom.request.get(href);
    assert.deepEqual(await file.body(), picture);
  });

  test('the requester is told once that it arrived', async () => {
    const mail = await dovecot.wait(ana, (one) => one.subject.includes('prints blank pages'));
    assert.equal(mail.header('in-reply-to'), original.messageId);
    assert.equal(mail.header('auto-submitted'), 'auto-replied');
  });

  test('two agents at one ticket see each other', async () => {
    await open(eva, ticket);
    await eva.locator('#here', { hasText: 'Tom Berg is looking' }).waitFor();
    await tom.locator('#here', { hasText: 'Eva Lind is looking' }).waitFor();
    await editor(tom).pressSequentially('Hello Ana');
    await eva.locator('#here', { hasText: 'Tom Berg is writing' }).waitFor();
  });

  test('a draft outlives its tab', async () => {
    await tom.getByText('Draft saved').waitFor();
    await tom.close();
    tom = await tom.context().newPage();
    await open(tom, ticket);
    await tom.locator('trix-editor', { hasText: 'Hello Ana' }).waitFor();
  });

  test('an internal note stays inside', async () => {
    await open(eva, ticket);
    await eva.locator('h1').click();
    await eva.keyboard.press('n');
    await editor(eva).pressSequentially(note);
    await eva.getByRole('button', { name: 'Send', exact: true }).click();
    await eva.locator('.comment-internal', { hasText: note }).waitFor();
    await tom.locator('.comment-internal', { hasText: note }).waitFor();
    await tom.locator('trix-editor', { hasText: 'Hello Ana' }).waitFor();
  });

  test('an answer with bold text and files can be taken back', async () => {
    await editor(tom).click();
    await tom.keyboard.press('Control+End');
    await tom.keyboard.type(', we will bring ');
    await tom.getByRole('button', { name: 'Bold' }).click();
    await tom.keyboard.type('another printer');
    await tom.locator('input[type=file]').setInputFiles({ name: 'chosen.txt', mimeType: 'text/plain', buffer: Buffer.from('by the chooser') });
    await give(tom, 'drop', 'dropped.txt', 'by a drop');
    await give(tom, 'paste', 'pasted.txt', 'by a paste');
    assert.deepEqual(await tom.locator('.composer-files .file span:first-child').allInnerTexts(), ['chosen.txt', 'dropped.txt', 'pasted.txt']);
    await tom.getByRole('button', { name: 'Send', exact: true }).click();
    await tom.getByText('Will be sent in a few seconds.').waitFor();
    const sent = Date.now();
    assert.equal(await editor(tom).innerText(), '');
    await tom.getByRole('button', { name: 'Undo sending' }).click();
    await tom.locator('trix-editor', { hasText: 'Hello Ana, we will bring another printer' }).waitFor();
    assert.equal(await editor(tom).locator('strong').innerText(), 'another printer');
    await tom.getByText('A reply was taken back before it was sent.').waitFor();
    await until('the seconds to pass', () => Date.now() - sent > (UNDO_SECONDS + 1) * 1000);
    assert.deepEqual(replies(), []);
    assert.deepEqual(await tom.locator('.composer-kept .file label').allInnerTexts(), ['chosen.txt', 'dropped.txt', 'pasted.txt']);
  });

  test('the answer arrives as a mail', async () => {
    await tom.getByRole('button', { name: 'Send and wait for answer' }).click();
    reply = await dovecot.wait(ana, (mail) => /another printer/.test(mail.text ?? ''));
    assert.equal(replies().length, 1);
    assert.equal(reply.parts[0].type, 'multipart/alternative');
    assert.match(reply.html, /<(strong|b)>another printer<\/(strong|b)>/);
    assert.equal(reply.header('in-reply-to'), original.messageId);
    assert.ok(reply.header('references').includes(original.messageId));
    assert.match(reply.subject, /^Re: Printer on the third floor prints blank pages \[#\d+\]$/);
    assert.match(reply.header('from'), /^Tom Berg via .* <support@desk\.example>$/);
    assert.deepEqual(
      reply.attachments.map((file) => `${file.filename}: ${file.bytes}`),
      ['chosen.txt: by the chooser', 'dropped.txt: by a drop', 'pasted.txt: by a paste'],
    );
    assert.ok(!/pending|assignee|Contoso|internal/i.test(reply.text + reply.html), 'no internal words');
    assert.equal(await status(), 'pending');
    await tom.getByText('Will be sent in a few seconds.').waitFor({ state: 'detached' });
    assert.equal(await tom.getByRole('button', { name: 'Undo sending' }).count(), 0);
  });

  test('the requester’s mail joins the ticket on the open page', async () => {
    await editor(tom).pressSequentially('half written');
    await mailFrom({
      to: reply.header('reply-to').match(/[^<\s]+@[^>\s]+/)[0],
      subject: reply.subject,
      inReplyTo: reply.messageId,
      references: [original.messageId, reply.messageId],
      text: `Thank you, third floor please.\n\nOn Mon, 23 Nov 2026 at 10:02, Tom Berg <support@desk.example> wrote:\n> Hello Ana, we will bring another printer\n`,
    });
    await tom.locator('.comment', { hasText: 'Thank you, third floor please.' }).waitFor();
    await tom.locator('trix-editor', { hasText: 'half written' }).waitFor();
    const shown = await tom.locator('.comment', { hasText: 'third floor please' }).innerText();
    assert.ok(shown.includes('Earlier messages') && !shown.includes('On Mon'), shown);
    await until('the ticket to be open again', async () => (await status()) === 'open');
    await editor(tom).fill('');
  });

  test('the agent looks at it as the requester does', async () => {
    await tom.locator('h1').click();
    await tom.keyboard.press('v');
    await tom.getByText('This is what the requester sees.').waitFor();
    await tom.locator('.comment strong', { hasText: 'another printer' }).waitFor();
    const page = await tom.locator('body').innerText();
    assert.ok(!page.includes('Contoso'), page);
    assert.equal(await tom.locator('.comment', { hasText: 'taken back' }).count(), 0);
    await tom.getByRole('link', { name: 'Back to the ticket' }).click();
    await editor(tom).waitFor();
  });

  test('the requester reads and answers on the portal', async () => {
    portal = await browser.page(server);
    await signInByLink(portal, ana, (match) => dovecot.wait(ana, match));
    await portal.getByRole('link', { name: /prints blank pages/ }).click();
    await portal.waitForURL(`**${request}`);
    await portal.getByText('Tom Berg looks after this for you.').waitFor();
    await portal.locator('.comment strong', { hasText: 'another printer' }).waitFor();
    const page = await portal.locator('body').innerText();
    assert.ok(!/Contoso|internal|assignee/i.test(page), page);
    await portal.getByLabel('Your answer').fill('Is it here before noon?');
    await portal.getByRole('button', { name: 'Send', exact: true }).click();
    await tom.locator('.comment', { hasText: 'Is it here before noon?' }).waitFor();
  });

  test('what can still be taken back is not on the portal yet', async () => {
    await editor(tom).pressSequentially('Yes, at eleven.');
    await tom.getByRole('button', { name: 'Send', exact: true }).click();
    await tom.getByText('Will be sent in a few seconds.').waitFor();
    await portal.reload();
    assert.equal(await portal.locator('.comment', { hasText: 'Yes, at eleven.' }).count(), 0);
    await portal.locator('.comment', { hasText: 'Yes, at eleven.' }).waitFor(); // by itself
    await dovecot.wait(ana, (mail) => /at eleven/.test(mail.text ?? ''));
  });

  test('the same without scripts', async () => {
    const plain = await browser.page(server, { javaScriptEnabled: false });
    const before = new Set(dovecot.read(ana).map((mail) => mail.file ?? mail.messageId));
    await signInByLink(plain, ana, (match) => dovecot.wait(ana, (mail) => !before.has(mail.messageId) && match(mail)));
    await plain.getByRole('link', { name: /prints blank pages/ }).click();
    await plain.locator('.comment strong', { hasText: 'another printer' }).waitFor();
    await plain.getByLabel('Your answer').fill('Written without scripts');
    await plain.locator('input[type=file]').setInputFiles({ name: 'plain.txt', mimeType: 'text/plain', buffer: Buffer.from('plain') });
    await plain.getByRole('button', { name: 'Send', exact: true }).click();
    await plain.locator('.comment', { hasText: 'Written without scripts' }).getByText('plain.txt').waitFor();
    await tom.locator('.comment', { hasText: 'Written without scripts' }).waitFor();
    await plain.context().close();
  });

  test('an agent without scripts answers too', async () => {
    const plain = await browser.page(server, { javaScriptEnabled: false });
    await signInAs(plain, agents.eva);
    await plain.goto(ticket);
    await plain.getByLabel('Message').fill('Eva here, it works again.');
    await plain.getByRole('button', { name: 'Send as solved' }).click();
    await plain.locator('.comment', { hasText: 'Eva here, it works again.' }).waitFor();
    const mail = await dovecot.wait(ana, (one) => /works again/.test(one.text ?? ''));
    assert.match(mail.header('from'), /^Eva Lind via/);
    assert.equal(await status(), 'solved');
    await plain.context().close();
  });

  test('an answer opens a solved ticket again', async () => {
    await mailFrom({ subject: reply.subject, inReplyTo: reply.messageId, text: 'It is blank again.' });
    await until('the ticket to be open again', async () => (await status()) === 'open');
    await tom.locator('.comment', { hasText: 'It is blank again.' }).waitFor();
  });

  test('keys lead through a day', async () => {
    const body = tom.locator('h1');
    await body.click();
    await tom.keyboard.press('r');
    assert.ok(await tom.locator('input[name=public][value="1"]').isChecked());
    await tom.waitForFunction(() => document.activeElement?.tagName === 'TRIX-EDITOR');
    await body.click();
    await tom.keyboard.press('n');
    await tom.waitForFunction(() => document.querySelector('input[name=public][value="0"]').checked && document.activeElement?.tagName === 'TRIX-EDITOR');
    for (const [key, id] of [['a', 'p-assignee'], ['s', 'p-status']]) {
      await body.click();
      await tom.keyboard.press(key);
      await tom.waitForFunction((name) => document.activeElement?.id === name, id);
    }
    await body.click();
    await tom.keyboard.press('?');
    await tom.locator('dialog[open]', { hasText: 'Next, previous in the list' }).waitFor();
    await tom.keyboard.press('Escape');
    await tom.keyboard.press('Control+k');
    await tom.locator('dialog[open] input').fill('people');
    await tom.keyboard.press('Enter');
    await tom.waitForURL('**/people');
    await tom.keyboard.press('g');
    await tom.keyboard.press('h');
    await tom.waitForURL(/\/desk$/);
    await tom.keyboard.press('g');
    await tom.keyboard.press('t');
    await tom.waitForURL(/\/desk\?view=mine$/);
    await tom.keyboard.press('/');
    await tom.keyboard.type('payroll list');
    await tom.keyboard.press('Enter');
    await tom.waitForURL('**/search?q=payroll**');
  });

  test('search finds it, with the words in their line', async () => {
    const row = tom.locator('.row', { hasText: 'prints blank pages' });
    assert.deepEqual((await row.locator('mark').allInnerTexts()).map((word) => word.toLowerCase()), ['payroll', 'list']);
    await tom.keyboard.press('j');
    await tom.keyboard.press('x');
    await tom.locator('[data-bulk-bar]', { hasText: '1 selected' }).waitFor();
    await tom.keyboard.press('x');
    // Results follow what happens, too.
    await api.put(`/api/v2${ticket}.json`, { ticket: { status: 'hold' } });
    await row.locator('.chip-hold').waitFor();
    assert.equal(await tom.locator('main').count(), 1);
  });

  test('a closed ticket is followed by a new one', async () => {
    await api.put(`/api/v2${ticket}.json`, { ticket: { status: 'solved' } });
    const closed = await api.put(`/api/v2${ticket}.json`, { ticket: { status: 'closed' } });
    assert.equal(closed.json?.ticket?.status, 'closed', closed.text);
    // It arrives after the page was made and before the page listens.
    const arrived = tom.waitForRequest('**/live?*').then(async () => {
      await mailFrom({ subject: reply.subject, inReplyTo: reply.messageId, text: 'One more thing about that printer.' });
      await until('the follow-up', async () => (await api.get('/api/v2/tickets/count.json')).json.count.value === 2);
    });
    await tom.route('**/live?*', (route) => arrived.then(() => route.continue()));
    await tom.goto('/desk?view=unassigned');
    await tom.locator('.row', { hasText: 'One more thing' }).locator('a').first().click();
    await tom.getByRole('link', { name: `Follow-up of #${ticket.split('/').pop()}` }).waitFor();
    await tom.unroute('**/live?*');
    await portal.goto('/requests');
    assert.equal(await portal.locator('.request').count(), 2);
  });

  test('no page complained on the way', () => {
    assert.deepEqual([tom, eva, portal].flatMap((page) => page.complaints ?? []), []);
  });
});
