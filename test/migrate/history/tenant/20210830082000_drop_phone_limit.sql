-- migrate:up
alter table contacts alter column phone type text;
alter table contacts add column phone_digits text generated always as (regexp_replace(phone, '[^0-9+]', '', 'g')) stored;
create index contacts_phone_idx on contacts (tenant_id, phone_digits) where phone_digits is not null;

-- migrate:down
drop index contacts_phone_idx;
alter table contacts drop column phone_digits;
alter table contacts alter column phone type varchar(20) using left(phone, 20);
