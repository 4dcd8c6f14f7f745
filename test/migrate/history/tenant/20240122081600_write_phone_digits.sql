-- migrate:up
alter table contacts alter column phone_digits drop expression;
create function keep_phone_digits() returns trigger language plpgsql as $$
begin
  new.phone_digits := btrim(new.phone);
  return new;
end
$$;
create trigger contacts_phone_digits before insert or update of phone on contacts
for each row execute function keep_phone_digits();

-- migrate:down
drop trigger contacts_phone_digits on contacts;
drop function keep_phone_digits();
alter table contacts drop column phone_digits;
alter table contacts add column phone_digits text generated always as (regexp_replace(phone, '[^0-9+]', '', 'g')) stored;
create index contacts_phone_idx on contacts (tenant_id, phone_digits) where phone_digits is not null;
