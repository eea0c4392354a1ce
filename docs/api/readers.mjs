// SPDX-License-Identifier: GPL-3.0-or-later
//
// What the program's readers take, from the tables of fields in C: those of JR_FIELD (src/json/read.h),
// and the members of records (src/desk/records/kinds.c). A field that a table gains is described by
// that alone.
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');
const whole = [{ type: 'integer' }, { type: 'string' }, { type: 'null' }];
const words = { anyOf: [{ type: 'array', items: { type: ['string', 'integer'] } }, { type: 'string' }, { type: 'null' }] };

const kinds = {
  STR: { type: ['string', 'number', 'null'] },
  INT: { anyOf: whole },
  ID: { anyOf: whole },
  REAL: { type: ['number', 'string', 'null'] },
  FLAG: { type: ['boolean', 'string', 'integer', 'null'] },
  TIME: { type: ['string', 'integer', 'null'] },
  STRS: words,
  WORDS: words,
  IDS: words,
  RAW: {},
};
const members = {
  WORD: { type: 'string' }, TEXT: { type: ['string', 'null'] }, KEY: { type: 'string' }, FLAG: { type: ['boolean', 'string', 'integer', 'null'] },
  NUMBER: { anyOf: whole }, LIST: { type: ['array', 'null'] }, OPTIONS: { type: ['array', 'null'] },
};

const limited = (schema, rest) => {
  const max = rest.match(/\.max = (\d+)/);
  if (!max || !schema.type?.includes?.('string')) return schema;
  return { ...schema, maxLength: Number(max[1]) };
};

// The rows of `static const struct TYPE NAME[] = {…}` in that file.
function table(file, type, name) {
  const text = fs.readFileSync(path.join(root, 'src', file), 'utf8');
  const from = text.search(new RegExp(`static const struct ${type} ${name}\\[\\] = \\{`));
  if (from < 0) throw new Error(`${file} has no table ${name}`);
  return text.slice(from, text.indexOf('};', from));
}

// An object as jr_bind() reads it by that table.
export function bound(file, name) {
  const rows = table(file, 'jr_field', name);
  const properties = {};
  for (const [, kind, key, rest] of rows.matchAll(/JR_FIELD\((\w+), "(\w+)",((?:[^()]|\([^()]*\))*)\)/g)) {
    properties[key] = limited(kinds[kind], rest);
  }
  for (const [, key, spec] of rows.matchAll(/JR_CHILD\("(\w+)",[^&]*&(\w+)\)/g)) properties[key] = bound(file, `${spec}_FIELDS`);
  if (Object.keys(properties).length === 0) throw new Error(`${file}: ${name} has no fields`);
  const required = [...rows.matchAll(/JR_FIELD\(\w+, "(\w+)",[^()]*\.required = true/g)].map(([, key]) => key);
  return { type: 'object', properties, ...(required.length > 0 ? { required } : {}) };
}

// A record as records/kinds.c knows it. Copies and what is never taken from outside are left out.
export function record(name) {
  const properties = {};
  for (const [, key, kind, rest] of table('desk/records/kinds.c', 'member', name).matchAll(/\{"(\w+)", MEMBER_(\w+)([^{}]*)\}/g)) {
    if (members[kind]) properties[key] = limited(members[kind], rest);
  }
  return { type: 'object', properties };
}

// The texts of a charter (src/desk/charter/fields.def).
export function charterFields() {
  const text = fs.readFileSync(path.join(root, 'src/desk/charter/fields.def'), 'utf8');
  return { type: 'object', properties: Object.fromEntries([...text.matchAll(/^FIELD\(\w+, "(\w+)"/gm)].map(([, key]) => [key, { type: 'string' }])) };
}
