-- SPDX-License-Identifier: GPL-3.0-or-later

-- ## Services

-- name: services_all :many
-- row: service_row
-- out: id object_id, name text, summary text, position i64, is_open bool
SELECT id, name, summary, position, is_open FROM catalogue_service ORDER BY position, id;

-- name: service_by_id :opt
-- row: service_row
-- in: id object_id
-- out: id object_id, name text, summary text, position i64, is_open bool
SELECT id, name, summary, position, is_open FROM catalogue_service WHERE id = :id;

-- name: service_insert :exec
-- in: id object_id, name text, summary text, now i64
INSERT INTO catalogue_service (id, name, summary, position, is_open, created_at)
SELECT :id, :name, :summary, COALESCE(MAX(position), 0) + 1, 0, :now FROM catalogue_service;

-- name: service_update :exec
-- in: id object_id, name text, summary text, is_open bool
UPDATE catalogue_service SET name = :name, summary = :summary, is_open = :is_open WHERE id = :id;

-- name: service_place :exec
-- in: id object_id, position i64
UPDATE catalogue_service SET position = :position WHERE id = :id;

-- ## Versions of forms

-- name: form_newest :opt
-- row: form_row
-- in: service_id object_id
-- out: id i64, service_id object_id, number i64, state text
SELECT id, service_id, number, state FROM catalogue_form WHERE service_id = :service_id
ORDER BY number DESC LIMIT 1;

-- name: form_published :opt
-- row: form_row
-- in: service_id object_id
-- out: id i64, service_id object_id, number i64, state text
SELECT id, service_id, number, state FROM catalogue_form
WHERE service_id = :service_id AND state = 'published' ORDER BY number DESC LIMIT 1;

-- name: form_by_number :opt
-- row: form_row
-- in: service_id object_id, number i64
-- out: id i64, service_id object_id, number i64, state text
SELECT id, service_id, number, state FROM catalogue_form
WHERE service_id = :service_id AND number = :number;

-- name: forms_of_service :many
-- in: service_id object_id
-- out: number i64, state text, created_by user_id?, created_at i64, requests i64
SELECT f.number, f.state, f.created_by, f.created_at,
    (SELECT COUNT(*) FROM catalogue_request r WHERE r.form_id = f.id) AS requests
FROM catalogue_form f WHERE f.service_id = :service_id ORDER BY f.number DESC;

-- name: form_insert :exec
-- in: id i64, service_id object_id, number i64, created_by user_id, now i64
INSERT INTO catalogue_form (id, service_id, number, state, created_by, created_at)
VALUES (:id, :service_id, :number, 'draft', :created_by, :now);

-- name: form_publish :exec
-- in: id i64, created_by user_id, now i64
UPDATE catalogue_form SET state = 'published', created_by = :created_by, created_at = :now
WHERE id = :id AND state = 'draft';

-- name: form_discard :exec
-- in: id i64
DELETE FROM catalogue_form WHERE id = :id AND state = 'draft';

-- name: forms_move_person :exec
-- in: from_id user_id, to_id user_id
UPDATE catalogue_form SET created_by = :to_id WHERE created_by = :from_id;

-- ## Fields

-- name: fields_of_form :many
-- in: form_id i64
-- out: mark i64, position i64, kind text, label text, hint text, required bool, choices text, preset text, when_mark i64, when_value text
SELECT mark, position, kind, label, hint, required, choices, preset, when_mark, when_value
FROM catalogue_field WHERE form_id = :form_id ORDER BY position, mark;

-- name: field_put :exec
-- in: form_id i64, mark i64, position i64, kind text, label text, hint text, required bool, choices text, preset text, when_mark i64, when_value text
INSERT INTO catalogue_field (form_id, mark, position, kind, label, hint, required, choices, preset,
    when_mark, when_value)
VALUES (:form_id, :mark, :position, :kind, :label, :hint, :required, :choices, :preset,
    :when_mark, :when_value);

-- name: fields_delete :exec
-- in: form_id i64
DELETE FROM catalogue_field WHERE form_id = :form_id;

-- ## Requests

-- name: request_insert :exec
-- in: ticket_id ticket_id, form_id i64
INSERT INTO catalogue_request (ticket_id, form_id) VALUES (:ticket_id, :form_id);

-- name: request_of_ticket :opt
-- in: ticket_id ticket_id
-- out: service_id object_id, name text, number i64
SELECT s.id AS service_id, s.name, f.number FROM catalogue_request r
JOIN catalogue_form f ON f.id = r.form_id
JOIN catalogue_service s ON s.id = f.service_id
WHERE r.ticket_id = :ticket_id;

-- name: request_forget :exec
-- in: ticket_id ticket_id
DELETE FROM catalogue_request WHERE ticket_id = :ticket_id;
