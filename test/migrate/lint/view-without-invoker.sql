-- migrate:up
create view pinned_note as -- bad
select id, body from note where pinned;

create view note_total with (security_barrier = true) as
select account_id, notes from note_totals where tenant_id = (select tenantry.tenant());
