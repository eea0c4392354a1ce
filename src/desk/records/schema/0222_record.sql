-- What administrators define: fields of tickets, people and organisations, forms, brands, statuses.
-- One row a record; doc is a JSON object with the members of its kind (kinds.c), checked when it was
-- written. system: came with the program and cannot be removed.
CREATE TABLE desk_record (
    id INTEGER PRIMARY KEY,
    kind TEXT NOT NULL,
    position BIGINT NOT NULL,
    system INTEGER NOT NULL CHECK (system IN (0, 1)),
    doc TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    deleted_at BIGINT
);
-- The records of a kind, in order.
CREATE INDEX desk_record_kind ON desk_record (kind, position, id);

-- Values of fields: of tickets, people and organisations by their number. The field says whose
-- number it is.
CREATE TABLE field_value (
    field_id BIGINT NOT NULL,
    object_id BIGINT NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (object_id, field_id)
);
-- Objects by a field's value.
CREATE INDEX field_value_of ON field_value (field_id, value);

-- Which status, form and brand a ticket has, where it is not the default one.
CREATE TABLE ticket_choice (
    ticket_id INTEGER PRIMARY KEY,
    custom_status_id BIGINT,
    form_id BIGINT,
    brand_id BIGINT
);

INSERT INTO desk_record (id, kind, position, system, doc, created_at, updated_at) VALUES
(101, 'ticket_fields', 1, 1, '{"type":"subject","title":"Subject","visible_in_portal":true,"editable_in_portal":true,"required_in_portal":true}', 1704067200000, 1704067200000),
(102, 'ticket_fields', 2, 1, '{"type":"description","title":"Description","visible_in_portal":true,"editable_in_portal":true,"required_in_portal":true}', 1704067200000, 1704067200000),
(103, 'ticket_fields', 3, 1, '{"type":"status","title":"Status","system_field_options":[{"name":"New","value":"new"},{"name":"Open","value":"open"},{"name":"Pending","value":"pending"},{"name":"On-hold","value":"hold"},{"name":"Solved","value":"solved"}]}', 1704067200000, 1704067200000),
(104, 'ticket_fields', 4, 1, '{"type":"tickettype","title":"Type","system_field_options":[{"name":"Question","value":"question"},{"name":"Incident","value":"incident"},{"name":"Problem","value":"problem"},{"name":"Task","value":"task"}]}', 1704067200000, 1704067200000),
(105, 'ticket_fields', 5, 1, '{"type":"priority","title":"Priority","system_field_options":[{"name":"Low","value":"low"},{"name":"Normal","value":"normal"},{"name":"High","value":"high"},{"name":"Urgent","value":"urgent"}]}', 1704067200000, 1704067200000),
(106, 'ticket_fields', 6, 1, '{"type":"group","title":"Group"}', 1704067200000, 1704067200000),
(107, 'ticket_fields', 7, 1, '{"type":"assignee","title":"Assignee","required":true}', 1704067200000, 1704067200000),
(108, 'ticket_fields', 8, 1, '{"type":"custom_status","title":"Ticket status"}', 1704067200000, 1704067200000),
(201, 'ticket_forms', 1, 1, '{"name":"Default Ticket Form","display_name":"Default Ticket Form","end_user_visible":true,"default":true,"ticket_field_ids":[101,102,103,104,105,106,107]}', 1704067200000, 1704067200000),
(301, 'brands', 1, 1, '{"default":true,"ticket_form_ids":[201]}', 1704067200000, 1704067200000),
(401, 'custom_statuses', 1, 1, '{"status_category":"new","agent_label":"New","end_user_label":"Open","default":true}', 1704067200000, 1704067200000),
(402, 'custom_statuses', 2, 1, '{"status_category":"open","agent_label":"Open","end_user_label":"Open","default":true}', 1704067200000, 1704067200000),
(403, 'custom_statuses', 3, 1, '{"status_category":"pending","agent_label":"Pending","end_user_label":"Awaiting your reply","default":true}', 1704067200000, 1704067200000),
(404, 'custom_statuses', 4, 1, '{"status_category":"hold","agent_label":"On-hold","end_user_label":"Open","default":true}', 1704067200000, 1704067200000),
(405, 'custom_statuses', 5, 1, '{"status_category":"solved","agent_label":"Solved","end_user_label":"Solved","default":true}', 1704067200000, 1704067200000);
