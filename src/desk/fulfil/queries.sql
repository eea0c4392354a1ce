-- SPDX-License-Identifier: GPL-3.0-or-later

-- ## Steps of services

-- name: steps_of_service :many
-- row: step_row
-- in: service_id object_id
-- out: id i64, service_id object_id, position i64, name text, kind text, limit_mark i64, limit_over i64
SELECT id, service_id, position, name, kind, limit_mark, limit_over FROM fulfil_step
WHERE service_id = :service_id ORDER BY position, id;

-- name: step_people :many
-- in: ids i64[]
-- out: step_id i64, user_id user_id
SELECT step_id, user_id FROM fulfil_step_person WHERE step_id IN (:ids) ORDER BY step_id, user_id;

-- name: step_insert :exec
-- in: id i64, service_id object_id, name text, kind text, limit_mark i64, limit_over i64
INSERT INTO fulfil_step (id, service_id, position, name, kind, limit_mark, limit_over)
SELECT :id, :service_id, COALESCE(MAX(position), 0) + 1, :name, :kind, :limit_mark, :limit_over
FROM fulfil_step WHERE service_id = :service_id;

-- name: step_update :changes
-- in: id i64, service_id object_id, name text, kind text, limit_mark i64, limit_over i64
UPDATE fulfil_step SET name = :name, kind = :kind, limit_mark = :limit_mark,
    limit_over = :limit_over WHERE id = :id AND service_id = :service_id;

-- name: step_place :exec
-- in: id i64, position i64
UPDATE fulfil_step SET position = :position WHERE id = :id;

-- name: step_delete :exec
-- in: id i64
DELETE FROM fulfil_step WHERE id = :id;

-- name: step_person_add :exec
-- in: step_id i64, user_id user_id
INSERT INTO fulfil_step_person (step_id, user_id) VALUES (:step_id, :user_id)
ON CONFLICT (step_id, user_id) DO NOTHING;

-- name: step_people_clear :exec
-- in: step_id i64
DELETE FROM fulfil_step_person WHERE step_id = :step_id;

-- ## Steps of requests

-- name: gates_of_ticket :many
-- in: ticket_id ticket_id
-- out: id i64, position i64, name text, kind text, state text, created_at i64, closed_at i64?
SELECT id, position, name, kind, state, created_at, closed_at FROM fulfil_gate
WHERE ticket_id = :ticket_id ORDER BY position, id;

-- name: gate_insert :exec
-- in: id i64, ticket_id ticket_id, name text, kind text, now i64
INSERT INTO fulfil_gate (id, ticket_id, position, name, kind, state, created_at)
SELECT :id, :ticket_id, COALESCE(MAX(position), 0) + 1, :name, :kind, 'waiting', :now
FROM fulfil_gate WHERE ticket_id = :ticket_id;

-- name: gate_open :exec
-- in: id i64
UPDATE fulfil_gate SET state = 'open' WHERE id = :id AND state = 'waiting';

-- name: gate_close :exec
-- in: id i64, state text, now i64
UPDATE fulfil_gate SET state = :state, closed_at = :now WHERE id = :id AND state = 'open';

-- name: gates_drop :changes
-- in: ticket_id ticket_id, now i64
UPDATE fulfil_gate SET state = 'dropped', closed_at = :now
WHERE ticket_id = :ticket_id AND state IN ('waiting', 'open');

-- ## Who is asked

-- name: asks_of_ticket :many
-- row: ask_row
-- in: ticket_id ticket_id
-- out: id i64, gate_id i64, ticket_id ticket_id, user_id user_id, deputy_id user_id?, state text, reason text, decided_by user_id?, decided_at i64?, asked_at i64?, told_at i64?, told i64
SELECT id, gate_id, ticket_id, user_id, deputy_id, state, reason, decided_by, decided_at, asked_at,
    told_at, told FROM fulfil_ask WHERE ticket_id = :ticket_id ORDER BY id;

-- name: ask_by_id :opt
-- row: ask_row
-- in: id i64
-- out: id i64, gate_id i64, ticket_id ticket_id, user_id user_id, deputy_id user_id?, state text, reason text, decided_by user_id?, decided_at i64?, asked_at i64?, told_at i64?, told i64
SELECT id, gate_id, ticket_id, user_id, deputy_id, state, reason, decided_by, decided_at, asked_at,
    told_at, told FROM fulfil_ask WHERE id = :id;

-- name: asks_open_of :many
-- row: ask_row
-- in: user_id user_id
-- out: id i64, gate_id i64, ticket_id ticket_id, user_id user_id, deputy_id user_id?, state text, reason text, decided_by user_id?, decided_at i64?, asked_at i64?, told_at i64?, told i64
SELECT id, gate_id, ticket_id, user_id, deputy_id, state, reason, decided_by, decided_at, asked_at,
    told_at, told FROM fulfil_ask
WHERE state = 'open' AND (user_id = :user_id OR deputy_id = :user_id) ORDER BY id LIMIT 200;

-- name: asks_to_remind :many
-- row: ask_row
-- in: before i64, most i64, limit i64
-- out: id i64, gate_id i64, ticket_id ticket_id, user_id user_id, deputy_id user_id?, state text, reason text, decided_by user_id?, decided_at i64?, asked_at i64?, told_at i64?, told i64
SELECT id, gate_id, ticket_id, user_id, deputy_id, state, reason, decided_by, decided_at, asked_at,
    told_at, told FROM fulfil_ask
WHERE state = 'open' AND told_at < :before AND told < :most ORDER BY told_at LIMIT :limit;

-- Whom the manager's turn had passed over can be asked after all.
-- name: ask_insert :exec
-- in: id i64, gate_id i64, ticket_id ticket_id, user_id user_id
INSERT INTO fulfil_ask (id, gate_id, ticket_id, user_id, state, reason, told)
VALUES (:id, :gate_id, :ticket_id, :user_id, 'waiting', '', 0)
ON CONFLICT (gate_id, user_id) DO UPDATE SET state = 'waiting' WHERE fulfil_ask.state = 'over';

-- name: ask_tell :exec
-- in: id i64, deputy_id user_id?, now i64
UPDATE fulfil_ask SET state = 'open', deputy_id = :deputy_id, asked_at = COALESCE(asked_at, :now),
    told_at = :now, told = told + 1 WHERE id = :id AND state IN ('waiting', 'open');

-- name: ask_decide :changes
-- in: id i64, state text, reason text, decided_by user_id, now i64
UPDATE fulfil_ask SET state = :state, reason = :reason, decided_by = :decided_by, decided_at = :now
WHERE id = :id AND state = 'open';

-- name: asks_over :exec
-- in: gate_id i64
UPDATE fulfil_ask SET state = 'over' WHERE gate_id = :gate_id AND state IN ('waiting', 'open');

-- name: asks_end :exec
-- in: ticket_id ticket_id
UPDATE fulfil_ask SET state = 'over' WHERE ticket_id = :ticket_id AND state IN ('waiting', 'open');

-- ## Tasks

-- name: plans_of_service :many
-- row: plan_row
-- in: service_id object_id
-- out: id i64, service_id object_id, stage i64, name text, group_id group_id?, when_mark i64, when_value text
SELECT id, service_id, stage, name, group_id, when_mark, when_value FROM fulfil_plan
WHERE service_id = :service_id ORDER BY stage, id;

-- name: plan_insert :exec
-- in: id i64, service_id object_id, stage i64, name text, group_id group_id?, when_mark i64, when_value text
INSERT INTO fulfil_plan (id, service_id, stage, name, group_id, when_mark, when_value)
VALUES (:id, :service_id, :stage, :name, :group_id, :when_mark, :when_value);

-- name: plan_delete :changes
-- in: id i64, service_id object_id
DELETE FROM fulfil_plan WHERE id = :id AND service_id = :service_id;

-- name: tasks_of_ticket :many
-- row: task_row
-- in: ticket_id ticket_id
-- out: id i64, ticket_id ticket_id, stage i64, name text, group_id group_id?, assignee_id user_id?, state text, note text, done_by user_id?, opened_at i64?, done_at i64?
SELECT id, ticket_id, stage, name, group_id, assignee_id, state, note, done_by, opened_at, done_at
FROM fulfil_task WHERE ticket_id = :ticket_id ORDER BY stage, id;

-- name: task_by_id :opt
-- row: task_row
-- in: id i64
-- out: id i64, ticket_id ticket_id, stage i64, name text, group_id group_id?, assignee_id user_id?, state text, note text, done_by user_id?, opened_at i64?, done_at i64?
SELECT id, ticket_id, stage, name, group_id, assignee_id, state, note, done_by, opened_at, done_at
FROM fulfil_task WHERE id = :id;

-- What this person may have to do: theirs, what nobody has taken of their groups, and of no group.
-- name: tasks_for :many
-- row: task_row
-- in: user_id user_id, groups group_id[], limit i64
-- out: id i64, ticket_id ticket_id, stage i64, name text, group_id group_id?, assignee_id user_id?, state text, note text, done_by user_id?, opened_at i64?, done_at i64?
SELECT id, ticket_id, stage, name, group_id, assignee_id, state, note, done_by, opened_at, done_at
FROM fulfil_task WHERE state = 'open' AND (assignee_id = :user_id
    OR (assignee_id IS NULL AND (group_id IS NULL OR group_id IN (:groups))))
ORDER BY opened_at, id LIMIT :limit;

-- name: task_insert :exec
-- in: id i64, ticket_id ticket_id, stage i64, name text, group_id group_id?
INSERT INTO fulfil_task (id, ticket_id, stage, name, group_id, state, note)
VALUES (:id, :ticket_id, :stage, :name, :group_id, 'waiting', '');

-- name: tasks_open :exec
-- in: ticket_id ticket_id, stage i64, now i64
UPDATE fulfil_task SET state = 'open', opened_at = :now
WHERE ticket_id = :ticket_id AND stage = :stage AND state = 'waiting';

-- name: task_take :exec
-- in: id i64, assignee_id user_id?
UPDATE fulfil_task SET assignee_id = :assignee_id WHERE id = :id AND state = 'open';

-- name: task_end :exec
-- in: id i64, state text, note text, done_by user_id, now i64
UPDATE fulfil_task SET state = :state, note = :note, done_by = :done_by, done_at = :now
WHERE id = :id AND state = 'open';

-- name: task_reopen :exec
-- in: id i64, now i64
UPDATE fulfil_task SET state = 'open', done_by = NULL, done_at = NULL, opened_at = :now
WHERE id = :id AND state IN ('done', 'skipped');

-- name: tasks_drop :exec
-- in: ticket_id ticket_id, now i64
UPDATE fulfil_task SET state = 'skipped', done_at = :now
WHERE ticket_id = :ticket_id AND state IN ('waiting', 'open');

-- name: tasks_purge :exec
-- in: ticket_id ticket_id
DELETE FROM fulfil_task WHERE ticket_id = :ticket_id;

-- name: tasks_move_person :exec
-- in: from_id user_id, to_id user_id
UPDATE fulfil_task SET assignee_id = CASE WHEN assignee_id = :from_id THEN :to_id ELSE assignee_id END,
    done_by = CASE WHEN done_by = :from_id THEN :to_id ELSE done_by END
WHERE assignee_id = :from_id OR done_by = :from_id;

-- ## Work orders

-- name: orders_of_ticket :many
-- row: order_row
-- in: ticket_id ticket_id
-- out: id i64, ticket_id ticket_id, kind text, state text, what text, place text, from_at i64?, to_at i64?, assignee_id user_id?, parts text, note text, signed_name text, signed_at i64?, created_at i64
SELECT id, ticket_id, kind, state, what, place, from_at, to_at, assignee_id, parts, note, signed_name,
    signed_at, created_at
FROM work_order WHERE ticket_id = :ticket_id ORDER BY id;

-- name: orders_open :many
-- row: order_row
-- in: limit i64
-- out: id i64, ticket_id ticket_id, kind text, state text, what text, place text, from_at i64?, to_at i64?, assignee_id user_id?, parts text, note text, signed_name text, signed_at i64?, created_at i64
SELECT id, ticket_id, kind, state, what, place, from_at, to_at, assignee_id, parts, note, signed_name,
    signed_at, created_at
FROM work_order WHERE state IN ('planned', 'under_way')
ORDER BY COALESCE(from_at, 9000000000000000), id LIMIT :limit;

-- name: order_by_id :opt
-- row: order_row
-- in: id i64
-- out: id i64, ticket_id ticket_id, kind text, state text, what text, place text, from_at i64?, to_at i64?, assignee_id user_id?, parts text, note text, signed_name text, signed_at i64?, created_at i64
SELECT id, ticket_id, kind, state, what, place, from_at, to_at, assignee_id, parts, note, signed_name,
    signed_at, created_at
FROM work_order WHERE id = :id;

-- name: order_insert :exec
-- in: id i64, ticket_id ticket_id, kind text, what text, place text, from_at i64?, to_at i64?, assignee_id user_id?, parts text, note text, created_by user_id?, now i64
INSERT INTO work_order (id, ticket_id, kind, state, what, place, from_at, to_at, assignee_id, parts,
    note, signed_name, created_by, created_at)
VALUES (:id, :ticket_id, :kind, 'planned', :what, :place, :from_at, :to_at, :assignee_id, :parts,
    :note, '', :created_by, :now);

-- name: order_update :exec
-- in: id i64, what text, place text, from_at i64?, to_at i64?, assignee_id user_id?, parts text, note text
UPDATE work_order SET what = :what, place = :place, from_at = :from_at, to_at = :to_at,
    assignee_id = :assignee_id, parts = :parts, note = :note WHERE id = :id;

-- name: order_set_state :changes
-- in: id i64, before text, state text, ended_at i64?
UPDATE work_order SET state = :state, ended_at = :ended_at WHERE id = :id AND state = :before;

-- name: order_sign :exec
-- in: id i64, name text, now i64
UPDATE work_order SET signed_name = :name, signed_at = :now WHERE id = :id;

-- name: orders_purge :exec
-- in: ticket_id ticket_id
DELETE FROM work_order WHERE ticket_id = :ticket_id;

-- name: orders_move_person :exec
-- in: from_id user_id, to_id user_id
UPDATE work_order SET assignee_id = CASE WHEN assignee_id = :from_id THEN :to_id ELSE assignee_id END,
    created_by = CASE WHEN created_by = :from_id THEN :to_id ELSE created_by END
WHERE assignee_id = :from_id OR created_by = :from_id;

-- ## At a ticket

-- name: fulfil_counts :one
-- in: ticket_id ticket_id
-- out: gates i64, agreed i64, refused i64, waiting i64, tasks i64, done i64, orders i64, orders_open i64
SELECT COUNT(*) AS gates,
    COALESCE(SUM(CASE WHEN state = 'yes' THEN 1 ELSE 0 END), 0) AS agreed,
    COALESCE(SUM(CASE WHEN state = 'no' THEN 1 ELSE 0 END), 0) AS refused,
    COALESCE(SUM(CASE WHEN state IN ('waiting', 'open') THEN 1 ELSE 0 END), 0) AS waiting,
    (SELECT COUNT(*) FROM fulfil_task t WHERE t.ticket_id = :ticket_id) AS tasks,
    (SELECT COUNT(*) FROM fulfil_task t WHERE t.ticket_id = :ticket_id
        AND t.state IN ('done', 'skipped')) AS done,
    (SELECT COUNT(*) FROM work_order o WHERE o.ticket_id = :ticket_id) AS orders,
    (SELECT COUNT(*) FROM work_order o WHERE o.ticket_id = :ticket_id
        AND o.state IN ('planned', 'under_way')) AS orders_open
FROM fulfil_gate WHERE ticket_id = :ticket_id;

-- ## Ends

-- name: gates_purge :exec
-- in: ticket_id ticket_id
DELETE FROM fulfil_gate WHERE ticket_id = :ticket_id;

-- name: asks_purge :exec
-- in: ticket_id ticket_id
DELETE FROM fulfil_ask WHERE ticket_id = :ticket_id;

-- Where both accounts stand at one step, one of them goes.
-- name: step_people_twice :exec
-- in: from_id user_id, to_id user_id
DELETE FROM fulfil_step_person WHERE user_id = :from_id AND step_id IN
    (SELECT o.step_id FROM fulfil_step_person o WHERE o.user_id = :to_id);

-- name: step_people_move :exec
-- in: from_id user_id, to_id user_id
UPDATE fulfil_step_person SET user_id = :to_id WHERE user_id = :from_id;

-- name: asks_twice :exec
-- in: from_id user_id, to_id user_id
DELETE FROM fulfil_ask WHERE user_id = :from_id AND gate_id IN
    (SELECT o.gate_id FROM fulfil_ask o WHERE o.user_id = :to_id);

-- name: asks_move :exec
-- in: from_id user_id, to_id user_id
UPDATE fulfil_ask SET user_id = CASE WHEN user_id = :from_id THEN :to_id ELSE user_id END,
    deputy_id = CASE WHEN deputy_id = :from_id THEN :to_id ELSE deputy_id END,
    decided_by = CASE WHEN decided_by = :from_id THEN :to_id ELSE decided_by END
WHERE user_id = :from_id OR deputy_id = :from_id OR decided_by = :from_id;
