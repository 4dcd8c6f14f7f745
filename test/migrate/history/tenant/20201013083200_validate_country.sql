-- migrate:up
alter table organisations validate constraint organisations_country;

-- migrate:down
alter table organisations drop constraint organisations_country;
alter table organisations add constraint organisations_country
  check (address is null or char_length((address).country) = 2) not valid;
