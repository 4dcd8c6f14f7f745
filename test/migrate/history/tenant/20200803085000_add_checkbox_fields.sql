-- migrate:up
alter type field_kind add value 'checkbox' after 'date';

-- migrate:down
alter table custom_fields drop constraint custom_fields_choices;
alter type field_kind rename to field_kind_old;
create type field_kind as enum ('text', 'number', 'date', 'choice');
alter table custom_fields alter column kind type field_kind
  using (case kind::text when 'checkbox' then 'text' else kind::text end)::field_kind;
alter table custom_fields add constraint custom_fields_choices check ((kind = 'choice') = (cardinality(choices) > 0));
drop type field_kind_old;
