-- Targets: the older way to name an address outside, by a number. Where it leads and whether it is
-- on stands in its webhook; attribute: what url targets call the message.
CREATE TABLE target (
    id BIGINT PRIMARY KEY,
    webhook_id TEXT NOT NULL,
    type TEXT NOT NULL CHECK (type IN ('http_target', 'url_target', 'url_target_v2')),
    attribute TEXT NOT NULL
);
-- The target of a webhook, when that is deleted.
CREATE UNIQUE INDEX target_webhook ON target (webhook_id);
