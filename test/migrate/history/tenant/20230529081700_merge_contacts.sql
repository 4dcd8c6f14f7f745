-- migrate:up
merge into contact_emails e
using contacts c
on e.tenant_id = c.tenant_id and e.email = c.email::text::citext
when matched and not e.is_primary then update set is_primary = true
when not matched then insert (tenant_id, contact_id, email) values (c.tenant_id, c.id, c.email::text);
alter table contacts drop constraint contacts_email_key;
alter table contacts alter column email drop not null;

-- migrate:down
alter table contacts alter column email set not null;
alter table contacts add constraint contacts_email_key unique (tenant_id, email);
