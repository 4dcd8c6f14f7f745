-- migrate:up
create table tag ( -- bad
  id bigint generated always as identity primary key,
  name text not null unique
);
