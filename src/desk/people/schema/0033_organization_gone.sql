-- Organisations that were deleted, so that exports can tell those who keep a copy.
CREATE TABLE organization_gone (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL,
    external_id TEXT,
    created_at BIGINT NOT NULL,
    deleted_at BIGINT NOT NULL
);
-- Both in order of change.
CREATE INDEX organization_gone_time ON organization_gone (deleted_at, id);
CREATE INDEX organization_updated ON organization (updated_at, id);
