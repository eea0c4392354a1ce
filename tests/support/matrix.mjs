// SPDX-License-Identifier: GPL-3.0-or-later
//
// Parts of api/matrix.test.mjs: addresses with real objects in them, bodies, and the expectations
// that stand in files of their own, one a room: api/matrix.d/ROOM.txt, a line each of who may ask at
// least, the method and the path.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const folder = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../api/matrix.d');

// [who, "METHOD path" lines] for each line of the files.
export function moreExpected() {
  const lines = fs.readdirSync(folder).sort().flatMap((name) => fs.readFileSync(path.join(folder, name), 'utf8').split('\n'));
  return lines.filter((line) => /^[a-z]/.test(line)).map((line) => {
    const at = line.indexOf(' ');
    return [line.slice(0, at), `\n${line.slice(at + 1)}\n`];
  });
}

export function address(route, objects) {
  if (route.startsWith('/rules/')) return route.replace('{name}', 'views').replace('{rule:id}', objects.view);
  if (route.startsWith('/admin/records/')) return route.replace('{name}', 'ticket_fields').replace('{record:id}', objects.record);
  if (/^(\/admin)?\/services\//.test(route)) return route.replace('{object:id}', '8').replace('{number:id}', '1');
  return route
    .replace(/\{(\w+):id\}/g, (all, name) => {
      const key = route.includes('/trigger_categories') && name === 'category' ? 'triggerCategory' : name;
      assert.ok(objects[key], `no object for ${all}`);
      return objects[key];
    })
    .replace('{token}', 'x'.repeat(32))
    .replace('{locale}', 'en-us')
    .replace('{name}', 'nothing.css');
}

// Bodies that would change something, where the person asked about decides.
export function bodyFor(url) {
  if (/users\/\d+\/password$/.test(url)) return { password: 'four other plain words' };
  if (/satisfaction_rating$/.test(url)) return { satisfaction_rating: { score: 'bad' } };
  return /users\/\d+$/.test(url) ? { user: { name: 'Somebody else' } } : {};
}
