-- migrate:up

create table currency (
  code text primary key check (code ~ '^[A-Z]{3}$'),
  name text not null,
  minor_units smallint not null check (minor_units between 0 and 4)
);

comment on table currency is 'What all services mean by a currency: each of them reads it, none of them writes it.';

insert into currency (code, name, minor_units)
values ('EUR', 'Euro', 2), ('JPY', 'Yen', 0), ('USD', 'US dollar', 2);

-- migrate:down

drop table currency;
