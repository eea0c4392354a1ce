// SPDX-License-Identifier: GPL-3.0-or-later
//
// node lint.mjs FILE: is the description of the API valid OpenAPI, and does each call have what a
// reader needs? The rules stand in redocly.yaml.
import { formatProblems, getTotals, lint, loadConfig } from '@redocly/openapi-core';

const config = await loadConfig({ configPath: new URL('redocly.yaml', import.meta.url).pathname });
const problems = await lint({ ref: process.argv[2], config });
const totals = getTotals(problems);
formatProblems(problems, { totals, version: '' });
process.exitCode = problems.length > 0 ? 1 : 0;
