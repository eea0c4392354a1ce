-- A deleted person whose data was wiped for good: only the number stays.
ALTER TABLE person ADD COLUMN purged_at BIGINT;
-- Deleted people that can still be looked at.
CREATE INDEX person_deleted ON person (id) WHERE active = 0 AND purged_at IS NULL;
-- Organisations that became part of another one.
CREATE TABLE organization_merge (
    id TEXT PRIMARY KEY,
    loser_id BIGINT NOT NULL,
    winner_id BIGINT NOT NULL,
    created_at BIGINT NOT NULL
);
-- What an organisation took over.
CREATE INDEX organization_merge_winner ON organization_merge (winner_id);
