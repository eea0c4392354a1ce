-- The desk's own mail address as the first of those that answers can come from; its text stands in
-- the settings.
INSERT INTO desk_record (id, kind, position, system, doc, created_at, updated_at) VALUES
(501, 'recipient_addresses', 1, 1, '{"default":true}', 1704067200000, 1704067200000);
