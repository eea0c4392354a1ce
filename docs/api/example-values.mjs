// SPDX-License-Identifier: GPL-3.0-or-later
//
// References in examples, made values: those of objects that were made, or samples to be read.
import { Reference } from './examples.mjs';

// A call with {} for the parts of its path that are values.
export const nameless = (call) => call.replace(/\{[^}]*\}/g, '{}');

export function resolve(value, kept) {
  if (!(value instanceof Reference)) return value;
  const one = kept[value.name];
  if (one?.[value.member] === undefined) throw new Error(`nothing is kept as ${value.name}.${value.member}`);
  return one[value.member];
}

function walk(value, replace) {
  if (value instanceof Reference) return replace(value);
  if (Array.isArray(value)) return value.map((one) => walk(one, replace));
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, walk(one, replace)]));
}

export const fillIn = (body, kept) => walk(body, (reference) => resolve(reference, kept));

const samples = { ticket: 35, again: 36, problem: 30, toner: 37, comment: 4711, agent: 4030, user: 4021, me: 4001 };
export const sample = (body) => walk(body, ({ name, member }) => {
  if (member !== 'id') return `the ${member} of the ${name.replaceAll('_', ' ')}`;
  return samples[name] ?? 5000 + [...name].reduce((sum, c) => sum + c.charCodeAt(0), 0);
});
