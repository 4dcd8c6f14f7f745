-- migrate:up
create table currency (
  code text primary key,
  name text not null
);
