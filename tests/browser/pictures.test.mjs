// SPDX-License-Identifier: GPL-3.0-or-later
//
// The pictures of the documentation: pages of the sample desk, light and dark, wide and as a phone
// shows them. `./dev pictures` writes them into docs/pictures; here they end in build/pictures.
import { after, before, test } from 'node:test';
import { picture, startBrowser } from '../support/browser.mjs';
import { sampleDesk, signInAs } from '../support/sample.mjs';

let server;
let browser;
let places;

before(async () => {
  ({ server, places } = await sampleDesk());
  browser = await startBrowser();
});
after(async () => {
  await browser?.close();
  await server?.stop();
});

const shown = [
  { name: 'portal', path: () => '/' },
  { name: 'ask', path: () => '/ask' },
  { name: 'list', path: () => '/desk?view=open', agent: true },
  { name: 'ticket', path: () => places.ticket, agent: true, ready: 'trix-editor' },
  { name: 'internal', path: () => places.ticket, agent: true, ready: 'trix-editor', act: (page) => page.keyboard.press('n') },
  { name: 'admin', path: () => '/admin', agent: true },
];
const sizes = { wide: { width: 1440, height: 900 }, phone: { width: 390, height: 844 } };

for (const colorScheme of ['light', 'dark']) {
  for (const [size, viewport] of Object.entries(sizes)) {
    test(`pictures, ${colorScheme}, ${size}`, async () => {
      const page = await browser.page(server, { colorScheme, viewport, deviceScaleFactor: 1 });
      let signedIn = false;
      for (const one of shown) {
        if (one.agent && !signedIn) {
          await signInAs(page, server.admin);
          signedIn = true;
        }
        await page.goto(one.path());
        if (one.ready) await page.locator(one.ready).waitFor();
        await one.act?.(page);
        await picture(page, `${one.name}-${colorScheme}-${size}`);
      }
      await page.context().close();
    });
  }
}
