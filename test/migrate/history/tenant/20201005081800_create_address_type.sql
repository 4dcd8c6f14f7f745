-- migrate:up
create type postal_address as (street text, city text, postcode text, country text);
alter table organisations add column address postal_address;

-- migrate:down
alter table organisations drop column address;
drop type postal_address;
