-- migrate:up
create type price_range as range (subtype = numeric, multirange_type_name = price_multirange);
alter table parts add column usual price_range;

-- migrate:down
alter table parts drop column usual;
drop type price_range;
