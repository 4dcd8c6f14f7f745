-- migrate:up
create table tag (
  name text not not null -- bad
);
