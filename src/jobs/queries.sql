-- SPDX-License-Identifier: GPL-3.0-or-later

-- Gives the id of the row that stands for the job: a new one, or the unfinished one of its key.
-- name: job_put :one
-- in: id job_id, kind text, payload text, run_at i64, unique_key text?, created_at i64,
-- in: reschedule bool
-- out: id job_id
INSERT INTO job (id, kind, payload, state, run_at, attempts, unique_key, created_at)
VALUES (:id, :kind, :payload, 'waiting', :run_at, 0, :unique_key, :created_at)
ON CONFLICT (unique_key) WHERE state = 'waiting' DO UPDATE SET
    payload = excluded.payload,
    run_at = CASE WHEN job.lease_by IS NULL
            AND (:reschedule = 1 OR excluded.run_at < job.run_at)
        THEN excluded.run_at ELSE job.run_at END,
    again_at = CASE WHEN job.lease_by IS NULL THEN NULL
        WHEN :reschedule = 0 AND job.again_at < excluded.run_at THEN job.again_at
        ELSE excluded.run_at END
RETURNING id;

-- name: job_delete_key :changes
-- in: unique_key text
DELETE FROM job WHERE unique_key = :unique_key AND state = 'waiting';

-- When the next of these kinds is due.
-- name: job_next_due :opt
-- in: kinds text[]
-- out: run_at i64
SELECT run_at FROM job WHERE state = 'waiting' AND kind IN (:kinds) ORDER BY run_at LIMIT 1;

-- Claims what is due, longest due first.
-- name: job_claim :many
-- in: kinds text[], now i64, lease_until i64, lease_by text, most i64
-- out: id job_id, kind text, payload text, attempts i64, unique_key text?, created_at i64
-- sqlite:
UPDATE job SET lease_by = :lease_by, run_at = :lease_until, attempts = attempts + 1,
    again_at = NULL
WHERE id IN (
    SELECT id FROM job WHERE state = 'waiting' AND run_at <= :now AND kind IN (:kinds)
    ORDER BY run_at, id LIMIT :most)
RETURNING id, kind, payload, attempts, unique_key, created_at;
-- postgres:
UPDATE job SET lease_by = :lease_by, run_at = :lease_until, attempts = attempts + 1,
    again_at = NULL
WHERE id IN (
    SELECT id FROM job WHERE state = 'waiting' AND run_at <= :now AND kind IN (:kinds)
    ORDER BY run_at, id LIMIT :most FOR UPDATE SKIP LOCKED)
RETURNING id, kind, payload, attempts, unique_key, created_at;

-- name: job_extend_leases :exec
-- in: ids job_id[], lease_by text, lease_until i64
UPDATE job SET run_at = :lease_until
WHERE id IN (:ids) AND lease_by = :lease_by AND state = 'waiting';

-- Times that stand too far ahead for a clock that was never set back: of leases; of jobs that were put
-- in what is now the future, which wait as long as they were to wait; of attempts that failed then.
-- name: job_clock_back :exec
-- in: now i64, ahead i64, lease_until i64, longest i64
UPDATE job SET
    run_at = CASE WHEN lease_by IS NOT NULL THEN :lease_until
        WHEN created_at > :ahead AND run_at > created_at THEN :now + run_at - created_at
        ELSE :now END,
    created_at = CASE WHEN created_at > :ahead THEN :now ELSE created_at END
WHERE state = 'waiting' AND run_at > :now
    AND ((lease_by IS NOT NULL AND run_at > :lease_until)
        OR (lease_by IS NULL AND (created_at > :ahead OR (attempts > 0 AND run_at > :longest))));

-- name: job_delete_done :changes
-- in: id job_id, lease_by text, attempts i64
DELETE FROM job
WHERE id = :id AND lease_by = :lease_by AND attempts = :attempts AND again_at IS NULL;

-- It was asked for again while it ran; also the next turn of a timer.
-- name: job_begin_anew :exec
-- in: id job_id, lease_by text, attempts i64, run_at i64?, last_error text?
UPDATE job SET run_at = COALESCE(:run_at, again_at, run_at), again_at = NULL, lease_by = NULL,
    attempts = 0, last_error = :last_error
WHERE id = :id AND lease_by = :lease_by AND attempts = :attempts;

-- name: job_try_later :exec
-- in: id job_id, lease_by text, attempts i64, run_at i64, last_error text
UPDATE job SET run_at = :run_at, again_at = NULL, lease_by = NULL, last_error = :last_error
WHERE id = :id AND lease_by = :lease_by AND attempts = :attempts;

-- name: job_park :changes
-- in: id job_id, lease_by text, attempts i64, last_error text
UPDATE job SET state = 'dead', lease_by = NULL, last_error = :last_error
WHERE id = :id AND lease_by = :lease_by AND attempts = :attempts AND again_at IS NULL;

-- name: job_dead_list :many
-- in: most i64
-- out: id job_id, kind text, payload text, attempts i64, last_error text?, created_at i64
SELECT id, kind, payload, attempts, last_error, created_at FROM job WHERE state = 'dead'
ORDER BY id DESC LIMIT :most;

-- A dead job whose key has a new, unfinished one stays as it is.
-- name: job_revive :changes
-- in: id job_id, run_at i64
UPDATE job SET state = 'waiting', run_at = :run_at, attempts = 0
WHERE id = :id AND state = 'dead' AND NOT EXISTS (
    SELECT 1 FROM job other WHERE other.unique_key = job.unique_key AND other.state = 'waiting');

-- name: job_delete_dead :changes
-- in: id job_id
DELETE FROM job WHERE id = :id AND state = 'dead';

-- name: job_count :one
-- in: now i64
-- out: waiting i64, due i64, running i64, dead i64, oldest_due_at i64?
SELECT COUNT(CASE WHEN state = 'waiting' THEN 1 END) AS waiting,
    COUNT(CASE WHEN state = 'waiting' AND lease_by IS NULL AND run_at <= :now THEN 1 END) AS due,
    COUNT(CASE WHEN state = 'waiting' AND lease_by IS NOT NULL THEN 1 END) AS running,
    COUNT(CASE WHEN state = 'dead' THEN 1 END) AS dead,
    MIN(CASE WHEN state = 'waiting' AND lease_by IS NULL AND run_at <= :now THEN run_at END)
        AS oldest_due_at
FROM job;
