-- What two tickets have to do with each other. from_id duplicates, blocks, or is the parent of, to_id;
-- 'related' says nothing more than that, and reads the same from both sides.
CREATE TABLE ticket_bond (
    id BIGINT PRIMARY KEY,
    kind TEXT NOT NULL CHECK (kind IN ('related', 'duplicates', 'blocks', 'parent')),
    from_id BIGINT NOT NULL,
    to_id BIGINT NOT NULL,
    made_by BIGINT NOT NULL,
    made_at BIGINT NOT NULL
);
-- A ticket's bonds, from either side; a pair is tied once in each way.
CREATE UNIQUE INDEX ticket_bond_from ON ticket_bond (from_id, to_id, kind);
CREATE INDEX ticket_bond_to ON ticket_bond (to_id);
