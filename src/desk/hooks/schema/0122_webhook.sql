-- Addresses outside that the desk calls. What proves who calls is sealed with the desk's key:
-- auth_sealed (JSON of type and data) and secret_sealed (for the signature). subscriptions: words,
-- 'conditional_ticket_events' for calls by rules, or types of events. paused_until: too much failed.
CREATE TABLE webhook (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    description TEXT,
    active INTEGER NOT NULL CHECK (active IN (0, 1)),
    endpoint TEXT NOT NULL,
    method TEXT NOT NULL,
    format TEXT NOT NULL,
    auth_sealed TEXT NOT NULL,
    secret_sealed TEXT NOT NULL,
    headers TEXT NOT NULL,
    subscriptions TEXT NOT NULL,
    paused_until BIGINT NOT NULL,
    created_by BIGINT,
    created_at BIGINT NOT NULL,
    updated_by BIGINT,
    updated_at BIGINT
);

-- One thing to tell, whatever number of attempts it takes. status: 'pending', 'success', 'failed'.
CREATE TABLE webhook_invocation (
    id TEXT PRIMARY KEY,
    webhook_id TEXT NOT NULL,
    payload TEXT NOT NULL,
    status TEXT NOT NULL,
    status_code BIGINT,
    created_at BIGINT NOT NULL,
    completed_at BIGINT
);
-- A webhook's log, newest first; what the sweeper removes.
CREATE INDEX webhook_invocation_of ON webhook_invocation (webhook_id, created_at, id);
CREATE INDEX webhook_invocation_age ON webhook_invocation (created_at);

-- Each try: what came back, its beginning at least.
CREATE TABLE webhook_attempt (
    id TEXT PRIMARY KEY,
    webhook_id TEXT NOT NULL,
    invocation_id TEXT NOT NULL,
    status TEXT NOT NULL,
    status_code BIGINT,
    answer TEXT NOT NULL,
    completed_at BIGINT NOT NULL
);
-- The tries of an invocation; how a webhook has fared of late.
CREATE INDEX webhook_attempt_of ON webhook_attempt (invocation_id, completed_at);
CREATE INDEX webhook_attempt_late ON webhook_attempt (webhook_id, completed_at);
