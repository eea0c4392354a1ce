-- SPDX-License-Identifier: GPL-3.0-or-later

-- ## Bonds between tickets

-- name: bond_insert :exec
-- in: id i64, kind text, from_id ticket_id, to_id ticket_id, made_by user_id, made_at i64
INSERT INTO ticket_bond (id, kind, from_id, to_id, made_by, made_at)
VALUES (:id, :kind, :from_id, :to_id, :made_by, :made_at);

-- name: bonds_of_ticket :many
-- row: bond_row
-- in: ticket ticket_id
-- out: id i64, kind text, from_id ticket_id, to_id ticket_id
SELECT id, kind, from_id, to_id FROM ticket_bond WHERE from_id = :ticket OR to_id = :ticket
ORDER BY id;

-- name: bond_by_id :opt
-- row: bond_row
-- in: id i64
-- out: id i64, kind text, from_id ticket_id, to_id ticket_id
SELECT id, kind, from_id, to_id FROM ticket_bond WHERE id = :id;

-- name: bond_parent_of :opt
-- in: child ticket_id
-- out: from_id ticket_id
SELECT from_id FROM ticket_bond WHERE to_id = :child AND kind = 'parent' ORDER BY id LIMIT 1;

-- name: bond_delete :exec
-- in: id i64
DELETE FROM ticket_bond WHERE id = :id;

-- name: bond_set :exec
-- in: id i64, from_id ticket_id, to_id ticket_id
UPDATE ticket_bond SET from_id = :from_id, to_id = :to_id WHERE id = :id;

-- name: bonds_forget_ticket :exec
-- in: ticket ticket_id
DELETE FROM ticket_bond WHERE from_id = :ticket OR to_id = :ticket;

-- name: bonds_move_person :exec
-- in: from_id user_id, to_id user_id
UPDATE ticket_bond SET made_by = :to_id WHERE made_by = :from_id;
