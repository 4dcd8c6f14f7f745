-- migrate:up
alter table contacts add column given_name text, add column family_name text;
update contacts
set given_name = split_part(name, ' ', 1),
    family_name = nullif(substring(name from position(' ' in name) + 1), name);

-- migrate:down
alter table contacts drop column family_name, drop column given_name;
