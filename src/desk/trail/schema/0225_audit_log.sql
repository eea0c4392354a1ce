-- Who changed how this desk is set up: rules, fields, groups, roles, programs that may call; and who
-- signed in. Nothing in the program changes or removes a row. What happened to tickets stands in
-- their own history.
CREATE TABLE audit_log (
    id BIGINT PRIMARY KEY,
    action TEXT NOT NULL CHECK (action IN ('create', 'update', 'destroy', 'login', 'exported')),
    actor_id BIGINT, -- none: the desk itself
    actor_name TEXT NOT NULL,
    source_type TEXT NOT NULL,
    source_id BIGINT NOT NULL, -- 0 where the source has no number
    source_label TEXT NOT NULL,
    change_text TEXT NOT NULL,
    address TEXT, -- where the request came from
    created_at BIGINT NOT NULL
);
-- Lists by time and by who or what.
CREATE INDEX audit_log_time ON audit_log (created_at, id);
CREATE INDEX audit_log_source ON audit_log (source_type, source_id, id);
CREATE INDEX audit_log_actor ON audit_log (actor_id, id);
