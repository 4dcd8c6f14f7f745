-- migrate:up
alter table contacts drop column email;

-- migrate:down
alter table contacts add column email email_address;
update contacts c set email = e.email::text
from contact_emails e
where e.tenant_id = c.tenant_id and e.contact_id = c.id and e.is_primary;
