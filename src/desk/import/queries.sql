-- SPDX-License-Identifier: GPL-3.0-or-later

-- name: import_record_find :opt
-- in: source text, kind text, foreign_key i64
-- out: own_id i64, stamp i64, made bool
SELECT own_id, stamp, made FROM import_record
WHERE source = :source AND kind = :kind AND foreign_key = :foreign_key;

-- name: import_records_find :many
-- in: source text, kind text, keys i64[]
-- out: foreign_key i64, own_id i64
SELECT foreign_key, own_id FROM import_record
WHERE source = :source AND kind = :kind AND foreign_key IN (:keys);

-- name: import_record_put :exec
-- in: source text, kind text, foreign_key i64, own_id i64, stamp i64, made bool
INSERT INTO import_record (source, kind, foreign_key, own_id, stamp, made)
VALUES (:source, :kind, :foreign_key, :own_id, :stamp, :made)
ON CONFLICT (source, kind, foreign_key)
DO UPDATE SET own_id = excluded.own_id, stamp = excluded.stamp;
