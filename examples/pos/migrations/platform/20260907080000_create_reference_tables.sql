-- migrate:up

create table currency (
  code text primary key check (code ~ '^[A-Z]{3}$'),
  number smallint not null unique check (number between 1 and 999),
  name text not null,
  symbol text not null,
  minor_units smallint not null check (minor_units between 0 and 4)
);

comment on table currency is 'ISO 4217, as far as our shops need it. Money columns have two decimals, so three-decimal currencies are not offered.';

create table country (
  code text primary key check (code ~ '^[A-Z]{2}$'),
  name text not null unique,
  currency_code text not null references currency (code),
  prices_include_tax boolean not null,
  dial_code text not null check (dial_code ~ '^\+[0-9]{1,4}$')
);

create index country_currency_idx on country (currency_code);

create table tax_category (
  code text primary key check (code ~ '^[a-z][a-z0-9_]{0,31}$'),
  name text not null unique,
  description text not null
);

insert into currency (code, number, name, symbol, minor_units)
values
  ('EUR', 978, 'Euro', '€', 2),
  ('USD', 840, 'US dollar', '$', 2),
  ('GBP', 826, 'Pound sterling', '£', 2),
  ('CHF', 756, 'Swiss franc', 'CHF', 2),
  ('CAD', 124, 'Canadian dollar', 'CA$', 2),
  ('AUD', 36, 'Australian dollar', 'A$', 2),
  ('SEK', 752, 'Swedish krona', 'kr', 2),
  ('JPY', 392, 'Yen', '¥', 0);

insert into country (code, name, currency_code, prices_include_tax, dial_code)
values
  ('AT', 'Austria', 'EUR', true, '+43'),
  ('DE', 'Germany', 'EUR', true, '+49'),
  ('FR', 'France', 'EUR', true, '+33'),
  ('US', 'United States', 'USD', false, '+1'),
  ('GB', 'United Kingdom', 'GBP', true, '+44'),
  ('CH', 'Switzerland', 'CHF', true, '+41'),
  ('CA', 'Canada', 'CAD', false, '+1'),
  ('AU', 'Australia', 'AUD', true, '+61'),
  ('SE', 'Sweden', 'SEK', true, '+46'),
  ('JP', 'Japan', 'JPY', true, '+81');

insert into tax_category (code, name, description)
values
  ('standard', 'Standard', 'The full rate, for whatever has no rate of its own'),
  ('reduced', 'Reduced', 'Food, books and the like, where the law says so'),
  ('zero', 'Zero-rated', 'Taxed at nothing; reported, and input tax is recovered'),
  ('exempt', 'Exempt', 'Outside the tax; input tax is not recovered'),
  ('alcohol', 'Alcohol', 'Drinks with a duty on top of the standard rate');

-- migrate:down

drop table tax_category;
drop table country;
drop table currency;
