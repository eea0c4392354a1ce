// SPDX-License-Identifier: GPL-3.0-or-later
//
// Waiting for a bulk call of the API to end.
import assert from 'node:assert/strict';
import { until } from './wait.mjs';

// `answer` is what the call answered; returns the finished job_status.
export async function finished(api, answer) {
  assert.equal(answer.status, 200, answer.text);
  const job = answer.json.job_status;
  assert.match(job.id, /^V3-[0-9a-f]{32}$/);
  assert.deepEqual([job.status, job.total, job.progress, job.message, job.results],
    ['queued', null, null, null, null]);
  return until('the job to end', async () => {
    const { json } = await api.get(job.url);
    return ['completed', 'failed', 'killed'].includes(json.job_status.status) && json.job_status;
  });
}
