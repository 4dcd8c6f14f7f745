-- migrate:up
create table contact_emails (
  tenant_id uuid not null default tenantry.tenant(),
  contact_id bigint not null,
  email citext not null,
  is_primary boolean not null default false,
  primary key (tenant_id, email),
  foreign key (tenant_id, contact_id) references contacts (tenant_id, id) on delete cascade
);
insert into contact_emails (tenant_id, contact_id, email, is_primary)
select distinct on (tenant_id, lower(email)) tenant_id, id, email::text, true
from contacts
order by tenant_id, lower(email), id;
create unique index contact_emails_primary_key on contact_emails (tenant_id, contact_id) where is_primary;

-- migrate:down
drop table contact_emails;
