-- SPDX-License-Identifier: GPL-3.0-or-later
-- Named queries of the service room; tools/README.md says how they become C.

-- name: service_stamp_read :one
-- out: stamp i64
SELECT stamp FROM service_stamp WHERE id = 1;

-- name: service_stamp_write :exec
-- in: stamp i64
UPDATE service_stamp SET stamp = :stamp WHERE id = 1;

-- name: schedule_rows :many
-- out: id schedule_id, name text, time_zone text, created_at i64, updated_at i64
SELECT id, name, time_zone, created_at, updated_at FROM schedule ORDER BY id;

-- name: schedule_interval_rows :many
-- out: schedule_id schedule_id, start_minute i64, end_minute i64
SELECT schedule_id, start_minute, end_minute FROM schedule_interval
ORDER BY schedule_id, start_minute;

-- name: schedule_holiday_rows :many
-- out: id i64, schedule_id schedule_id, name text, first_day i64, last_day i64
SELECT id, schedule_id, name, first_day, last_day FROM schedule_holiday
ORDER BY schedule_id, first_day, id;

-- name: schedule_group_rows :many
-- out: schedule_id schedule_id, group_id group_id
SELECT schedule_id, group_id FROM schedule_group ORDER BY schedule_id, group_id;

-- name: schedule_write :exec
-- in: id schedule_id, name text, time_zone text, created_at i64, updated_at i64
INSERT INTO schedule (id, name, time_zone, created_at, updated_at)
VALUES (:id, :name, :time_zone, :created_at, :updated_at)
ON CONFLICT (id) DO UPDATE SET name = excluded.name, time_zone = excluded.time_zone,
    updated_at = excluded.updated_at;

-- name: schedule_interval_insert :exec
-- in: schedule_id schedule_id, start_minute i64, end_minute i64
INSERT INTO schedule_interval (schedule_id, start_minute, end_minute)
VALUES (:schedule_id, :start_minute, :end_minute);

-- name: schedule_holiday_insert :exec
-- in: id i64, schedule_id schedule_id, name text, first_day i64, last_day i64
INSERT INTO schedule_holiday (id, schedule_id, name, first_day, last_day)
VALUES (:id, :schedule_id, :name, :first_day, :last_day);

-- A group works by one schedule.
-- name: schedule_group_write :exec
-- in: group_id group_id, schedule_id schedule_id
INSERT INTO schedule_group (group_id, schedule_id) VALUES (:group_id, :schedule_id)
ON CONFLICT (group_id) DO UPDATE SET schedule_id = excluded.schedule_id;

-- name: schedule_intervals_remove :exec
-- in: schedule_id schedule_id
DELETE FROM schedule_interval WHERE schedule_id = :schedule_id;

-- name: schedule_holidays_remove :exec
-- in: schedule_id schedule_id
DELETE FROM schedule_holiday WHERE schedule_id = :schedule_id;

-- name: schedule_groups_remove :exec
-- in: schedule_id schedule_id
DELETE FROM schedule_group WHERE schedule_id = :schedule_id;

-- name: schedule_remove :exec
-- in: id schedule_id
DELETE FROM schedule WHERE id = :id;

-- name: policy_rows :many
-- out: id policy_id, title text, description text, position i64, created_at i64, updated_at i64
SELECT id, title, description, position, created_at, updated_at FROM sla_policy
ORDER BY position, id;

-- name: policy_term_rows :many
-- out: policy_id policy_id, ordinal i64, part i64, place text, field text, operator text?
-- out: value text?, is_list bool
SELECT policy_id, ordinal, part, place, field, operator, value, is_list FROM sla_term
ORDER BY policy_id, ordinal, part;

-- name: policy_target_rows :many
-- out: policy_id policy_id, priority i64, metric i64, target_ms i64, business bool
SELECT policy_id, priority, metric, target_ms, business FROM sla_target
ORDER BY policy_id, metric, priority;

-- name: policy_write :exec
-- in: id policy_id, title text, description text, position i64, created_at i64, updated_at i64
INSERT INTO sla_policy (id, title, description, position, created_at, updated_at)
VALUES (:id, :title, :description, :position, :created_at, :updated_at)
ON CONFLICT (id) DO UPDATE SET title = excluded.title, description = excluded.description,
    position = excluded.position, updated_at = excluded.updated_at;

-- name: policy_position_write :exec
-- in: id policy_id, position i64
UPDATE sla_policy SET position = :position WHERE id = :id;

-- name: policy_term_insert :exec
-- in: policy_id policy_id, ordinal i64, part i64, place text, field text, operator text?
-- in: value text?, is_list bool
INSERT INTO sla_term (policy_id, ordinal, part, place, field, operator, value, is_list)
VALUES (:policy_id, :ordinal, :part, :place, :field, :operator, :value, :is_list);

-- name: policy_target_insert :exec
-- in: policy_id policy_id, priority i64, metric i64, target_ms i64, business bool
INSERT INTO sla_target (policy_id, priority, metric, target_ms, business)
VALUES (:policy_id, :priority, :metric, :target_ms, :business);

-- name: policy_terms_remove :exec
-- in: policy_id policy_id
DELETE FROM sla_term WHERE policy_id = :policy_id;

-- name: policy_targets_remove :exec
-- in: policy_id policy_id
DELETE FROM sla_target WHERE policy_id = :policy_id;

-- name: policy_remove :exec
-- in: id policy_id
DELETE FROM sla_policy WHERE id = :id;

-- name: sla_ticket_read :opt
-- in: ticket_id ticket_id
-- out: policy_id policy_id, priority i64, schedule_id schedule_id?, replied bool, changed_at i64
SELECT policy_id, priority, schedule_id, replied, changed_at FROM sla_ticket
WHERE ticket_id = :ticket_id;

-- name: sla_ticket_write :exec
-- in: ticket_id ticket_id, policy_id policy_id, priority i64, schedule_id schedule_id?
-- in: replied bool, changed_at i64
INSERT INTO sla_ticket (ticket_id, policy_id, priority, schedule_id, replied, changed_at)
VALUES (:ticket_id, :policy_id, :priority, :schedule_id, :replied, :changed_at)
ON CONFLICT (ticket_id) DO UPDATE SET policy_id = excluded.policy_id,
    priority = excluded.priority, schedule_id = excluded.schedule_id, replied = excluded.replied,
    changed_at = excluded.changed_at;

-- name: sla_ticket_remove :exec
-- in: ticket_id ticket_id
DELETE FROM sla_ticket WHERE ticket_id = :ticket_id;

-- The next tickets under a schedule.
-- name: sla_tickets_of_schedule :many
-- in: schedule_id schedule_id, after_id ticket_id, most i64
-- out: ticket_id ticket_id
SELECT ticket_id FROM sla_ticket WHERE schedule_id = :schedule_id AND ticket_id > :after_id
ORDER BY ticket_id LIMIT :most;

-- name: sla_clocks_of :many
-- in: tickets i64[]
-- out: ticket_id ticket_id, metric i64, instance i64, phase i64, since i64, wall_ms i64, open_ms i64
-- out: target_ms i64, business bool, breach_at i64?, breached bool
SELECT ticket_id, metric, instance, phase, since, wall_ms, open_ms, target_ms, business, breach_at, breached
FROM sla_clock WHERE ticket_id IN (:tickets) ORDER BY ticket_id, metric;

-- name: sla_clock_write :exec
-- in: ticket_id ticket_id, metric i64, instance i64, phase i64, since i64, wall_ms i64, open_ms i64
-- in: target_ms i64, business bool, breach_at i64?, breached bool, fire_at i64?
INSERT INTO sla_clock (ticket_id, metric, instance, phase, since, wall_ms, open_ms, target_ms, business,
    breach_at, breached, fire_at)
VALUES (:ticket_id, :metric, :instance, :phase, :since, :wall_ms, :open_ms, :target_ms, :business,
    :breach_at, :breached, :fire_at)
ON CONFLICT (ticket_id, metric) DO UPDATE SET instance = excluded.instance,
    phase = excluded.phase, since = excluded.since, wall_ms = excluded.wall_ms, open_ms = excluded.open_ms,
    target_ms = excluded.target_ms, business = excluded.business, breach_at = excluded.breach_at,
    breached = excluded.breached, fire_at = excluded.fire_at;

-- name: sla_clock_remove :exec
-- in: ticket_id ticket_id, metric i64
DELETE FROM sla_clock WHERE ticket_id = :ticket_id AND metric = :metric;

-- Clocks whose time is over.
-- name: sla_clocks_over :many
-- in: now i64, most i64
-- out: ticket_id ticket_id, metric i64, instance i64, breach_at i64?
SELECT ticket_id, metric, instance, breach_at FROM sla_clock
WHERE fire_at IS NOT NULL AND fire_at <= :now ORDER BY fire_at LIMIT :most;

-- name: sla_clock_fired :exec
-- in: ticket_id ticket_id, metric i64
UPDATE sla_clock SET breached = 1, fire_at = NULL
WHERE ticket_id = :ticket_id AND metric = :metric;

-- name: metric_event_insert :exec
-- in: id i64, ticket_id ticket_id, metric i64, instance i64, kind i64, at i64, noted_at i64
-- in: policy_id policy_id?, policy_title text?, target_ms i64?, business i64?, calendar_ms i64?
-- in: business_ms i64?
INSERT INTO metric_event (id, ticket_id, metric, instance, kind, at, noted_at, policy_id,
    policy_title, target_ms, business, calendar_ms, business_ms)
VALUES (:id, :ticket_id, :metric, :instance, :kind, :at, :noted_at, :policy_id, :policy_title,
    :target_ms, :business, :calendar_ms, :business_ms);

-- name: metric_events_noted :many
-- row: metric_row
-- in: after_at i64, after_id i64, before i64, most i64
-- out: id i64, ticket_id ticket_id, metric i64, instance i64, kind i64, at i64, noted_at i64
-- out: policy_id policy_id?, policy_title text?, target_ms i64?, business i64?, calendar_ms i64?
-- out: business_ms i64?
SELECT id, ticket_id, metric, instance, kind, at, noted_at, policy_id, policy_title, target_ms,
    business, calendar_ms, business_ms
FROM metric_event
WHERE (noted_at > :after_at OR (noted_at = :after_at AND id > :after_id)) AND noted_at < :before
ORDER BY noted_at, id LIMIT :most;

-- name: metric_events_of :many
-- row: metric_row
-- in: tickets i64[]
-- out: id i64, ticket_id ticket_id, metric i64, instance i64, kind i64, at i64, noted_at i64
-- out: policy_id policy_id?, policy_title text?, target_ms i64?, business i64?, calendar_ms i64?
-- out: business_ms i64?
SELECT id, ticket_id, metric, instance, kind, at, noted_at, policy_id, policy_title, target_ms,
    business, calendar_ms, business_ms
FROM metric_event WHERE ticket_id IN (:tickets) ORDER BY ticket_id, id;

-- name: disruption_rates :many
-- out: organization_id organization_id, cents i64
SELECT organization_id, cents FROM disruption_rate ORDER BY organization_id;

-- The organisation's own rate first.
-- name: disruption_rate_of :many
-- in: organization_id organization_id
-- out: cents i64
SELECT cents FROM disruption_rate WHERE organization_id IN (0, :organization_id)
ORDER BY organization_id DESC LIMIT 1;

-- name: disruption_rate_write :exec
-- in: organization_id i64, cents i64
INSERT INTO disruption_rate (organization_id, cents) VALUES (:organization_id, :cents)
ON CONFLICT (organization_id) DO UPDATE SET cents = excluded.cents;

-- name: disruption_of :opt
-- in: ticket_id ticket_id
-- out: degree i64, people i64, said_degree i64, said_people i64, corrected_by user_id?
-- out: cents_an_hour i64, since i64, spent_cents i64
SELECT degree, people, said_degree, said_people, corrected_by, cents_an_hour, since, spent_cents
FROM disruption WHERE ticket_id = :ticket_id;

-- name: disruption_write :exec
-- in: ticket_id ticket_id, degree i64, people i64, said_degree i64, said_people i64
-- in: corrected_by user_id?, cents_an_hour i64, since i64, spent_cents i64
INSERT INTO disruption (ticket_id, degree, people, said_degree, said_people, corrected_by,
    cents_an_hour, since, spent_cents)
VALUES (:ticket_id, :degree, :people, :said_degree, :said_people, :corrected_by, :cents_an_hour,
    :since, :spent_cents)
ON CONFLICT (ticket_id) DO UPDATE SET degree = excluded.degree, people = excluded.people,
    corrected_by = excluded.corrected_by, cents_an_hour = excluded.cents_an_hour,
    since = excluded.since, spent_cents = excluded.spent_cents;

-- name: disruptions_of :many
-- in: tickets i64[]
-- out: ticket_id ticket_id, cents_an_hour i64, since i64, spent_cents i64
SELECT ticket_id, cents_an_hour, since, spent_cents FROM disruption
WHERE ticket_id IN (:tickets) ORDER BY ticket_id;

-- How promises ended that came to their end in a span of time, or broke in it: kind 2 is kept or
-- kept late, 4 is broken.
-- name: promises_of_span :many
-- in: since i64, until i64
-- out: metric i64, kept i64, late i64
SELECT f.metric AS metric, COUNT(*) AS kept,
    SUM(CASE WHEN EXISTS (SELECT 1 FROM metric_event b
        WHERE b.ticket_id = f.ticket_id AND b.metric = f.metric AND b.instance = f.instance
            AND b.kind = 4) THEN 1 ELSE 0 END) AS late
FROM metric_event f
WHERE f.noted_at >= :since AND f.noted_at < :until AND f.kind = 2
GROUP BY f.metric ORDER BY f.metric;
