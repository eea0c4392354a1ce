-- Which custom status, form and brand a ticket has, where it is not the default one: with the ticket,
-- so that lists filter by them. Their former table, ticket_choice, stays for one version: servers of
-- the version before answer while this one is rolled out.
ALTER TABLE ticket ADD COLUMN custom_status_id BIGINT;
ALTER TABLE ticket ADD COLUMN form_id BIGINT;
ALTER TABLE ticket ADD COLUMN brand_id BIGINT;
UPDATE ticket SET
    custom_status_id = (SELECT c.custom_status_id FROM ticket_choice c WHERE c.ticket_id = ticket.id),
    form_id = (SELECT c.form_id FROM ticket_choice c WHERE c.ticket_id = ticket.id),
    brand_id = (SELECT c.brand_id FROM ticket_choice c WHERE c.ticket_id = ticket.id)
WHERE id IN (SELECT ticket_id FROM ticket_choice);
