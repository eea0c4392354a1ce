// SPDX-License-Identifier: GPL-3.0-or-later
//
// What looked wrong once and must not again: things cut off, on top of each other, or out of reach.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { startBrowser } from '../support/browser.mjs';
import { sampleDesk, signInAs } from '../support/sample.mjs';

let server;
let browser;
let places;
let page;

before(async () => {
  ({ server, places } = await sampleDesk());
  browser = await startBrowser();
  page = await browser.page(server, { viewport: { width: 1440, height: 900 } });
  await signInAs(page, server.admin);
});
after(async () => {
  await browser?.close();
  await server?.stop();
});

const box = (locator) => locator.evaluate((element) => element.getBoundingClientRect().toJSON());

test('a ticket opens with whole comments, and all of the latest', async () => {
  for (const height of [1000, 950, 900, 850, 800]) {
    await page.setViewportSize({ width: 1440, height });
    await page.goto(places.ticket);
    await page.locator('trix-editor').waitFor();
    const region = await box(page.locator('.talk-scroll'));
    const comments = await page.locator('.comment').evaluateAll((all) => all.map((one) => one.getBoundingClientRect().toJSON()));
    const cut = comments.filter((one) => one.top < region.top && one.bottom > region.top);
    const tall = comments.at(-1).height > region.height;
    assert.deepEqual(tall ? [] : cut, [], `${height} px high`);
    assert.ok(tall || comments.at(-1).bottom <= region.bottom, `the latest comment is shown whole, ${height} px high`);
  }
});

test('on a phone all ways to send are within reach', async () => {
  for (const width of [390, 320]) {
    await page.setViewportSize({ width, height: 844 });
    await page.goto(places.ticket);
    await page.locator('trix-editor').waitFor();
    const buttons = page.locator('.composer-send button:visible');
    assert.ok((await buttons.count()) >= 3);
    for (const button of await buttons.all()) {
      const { left, right } = await box(button);
      assert.ok(left >= 0 && right <= width, `${await button.innerText()} ends at ${right} of ${width} px`);
    }
  }
});

test('a person’s tickets show status and time beside each other', async () => {
  for (const width of [1440, 390]) {
    await page.setViewportSize({ width, height: 844 });
    await page.goto(places.person);
    const row = page.locator('.card .row').first();
    const chip = await box(row.locator('.chip'));
    const when = await box(row.locator('.row-when'));
    assert.ok(chip.width > 0 && when.width > 0 && chip.right <= when.left, `${width} px: ${chip.right} and ${when.left}`);
  }
});

test('what happened stands with its time in one text', async () => {
  await page.setViewportSize({ width: 390, height: 844 });
  await page.goto(places.ticket);
  const event = page.locator('.event').first();
  const [text, time] = await event.evaluate((one) => [...one.children].map((part) => part.getClientRects()).map((rects) => rects[rects.length - 1].toJSON()));
  assert.ok(Math.abs(text.bottom - time.bottom) < 4 || time.left < text.left + 4, 'the time follows the last word');
  assert.equal(await event.evaluate((one) => getComputedStyle(one).display), 'list-item');
});

test('where no mail server is set, administration says so as a warning', async () => {
  await page.goto('/admin');
  const warning = page.locator('.alert', { hasText: 'no mail server is set' });
  const note = await page.evaluate(() => {
    const one = document.createElement('div');
    one.className = 'alert';
    one.setAttribute('role', 'note');
    document.body.append(one);
    const { backgroundColor } = getComputedStyle(one);
    one.remove();
    return backgroundColor;
  });
  assert.notEqual(await warning.evaluate((one) => getComputedStyle(one).backgroundColor), note);
});
