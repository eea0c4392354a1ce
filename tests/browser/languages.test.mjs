// SPDX-License-Identifier: GPL-3.0-or-later
//
// Whoever asks for help reads their own language: by the browser's wish, by choosing at the foot of
// the page, and in the mails that come back; nothing is cut off, from the right or from the left.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { checkAccessibility, picture, startBrowser } from '../support/browser.mjs';
import { answerForm, signIn } from '../support/desk.mjs';
import { startServer } from '../support/server.mjs';
import { startSink } from '../support/smtp-sink.mjs';

const ask = { de: 'Einen Menschen fragen', es: 'Preguntar a una persona', fr: 'Demander à une personne', ar: 'اسأل شخصًا', ja: '人に聞く' };
let server;
let browser;
let sink;

before(async () => {
  sink = await startSink();
  server = await startServer({ smtp: sink.url });
  browser = await startBrowser();
});
after(async () => {
  await browser?.close();
  await server?.stop();
  await sink?.close();
});

// What is wider than its place.
function cutOff() {
  const wide = [...document.querySelectorAll('a, button, label, h1, h2, p')].filter((one) => {
    const style = getComputedStyle(one);
    return style.overflow !== 'visible' && one.scrollWidth > one.clientWidth + 1 && !one.matches('.hidden, .skip');
  });
  return { page: document.documentElement.scrollWidth - innerWidth, wide: wide.map((one) => one.outerHTML.slice(0, 100)) };
}

for (const [code, words] of Object.entries(ask)) {
  test(`the portal in ${code}, wide and on a phone`, async () => {
    const page = await browser.page(server, { locale: code });
    for (const width of [1280, 320]) {
      await page.setViewportSize({ width, height: 800 });
      for (const address of ['/', '/ask', '/sign-in', '/help']) {
        await page.goto(address);
        assert.equal(await page.locator('html').getAttribute('lang'), code);
        assert.equal(await page.locator('html').getAttribute('dir'), code === 'ar' ? 'rtl' : 'ltr');
        assert.deepEqual(await page.evaluate(cutOff), { page: 0, wide: [] }, `${code} ${address} ${width}`);
      }
      await page.goto('/');
      await page.getByRole('link', { name: words }).first().waitFor();
      await picture(page, `portal-${code}-${width}`);
    }
    await checkAccessibility(page);
    assert.deepEqual(page.complaints, []);
  });
}

test('a language is chosen at the foot of the page and stays; the answer by mail speaks it', async () => {
  const page = await browser.page(server);
  await page.goto('/ask');
  await page.getByRole('link', { name: 'Deutsch' }).click();
  await page.waitForURL(/\/ask$/);
  assert.equal(await page.locator('html').getAttribute('lang'), 'de');
  await page.locator('[name=name]').fill('Anna Muster');
  await page.locator('[name=email]').fill('anna@kunde.example');
  await page.locator('[name=body]').fill('Der Drucker druckt nicht mehr.');
  await page.getByRole('button', { name: 'Senden', exact: true }).click();
  await page.waitForURL(/\/asked/);
  const received = await sink.wait((mail) => mail.to.includes('anna@kunde.example'));
  assert.match(received.text, /wir haben Ihre Anfrage/);
  const agent = server.visitor();
  await signIn(agent, server.admin);
  await answerForm(agent, 1, 'Bitte schalten Sie ihn aus und wieder ein.', { public: '1' });
  const answer = await sink.wait((mail) => mail.to.includes('anna@kunde.example') && /schalten Sie/.test(mail.text ?? ''));
  assert.match(answer.text, /^Ja: /m);
  assert.match(answer.text, /Hat das geholfen\?/);
});

test('only pages of this desk are come back to, and only languages that there are', async () => {
  const choose = (query) => fetch(`${server.url}/language?${query}`, { redirect: 'manual' });
  for (const back of ['//evil.example', 'https://evil.example', '/\\evil.example', '']) {
    const answer = await choose(`code=fr&back=${encodeURIComponent(back)}`);
    assert.equal(answer.status, 303);
    assert.equal(answer.headers.get('location'), '/');
  }
  assert.equal((await choose('code=xx&back=/')).status, 422);
  const chosen = await choose('code=fr&back=/help');
  assert.equal(chosen.headers.get('location'), '/help');
  const cookie = chosen.headers.get('set-cookie').match(/language=fr/)[0];
  const page = await fetch(`${server.url}/`, { headers: { cookie } });
  assert.match(await page.text(), /<html lang="fr" dir="ltr">/);
});
