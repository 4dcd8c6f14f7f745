-- migrate:up
alter table account alter column age type bigint; -- bad
alter table note alter column body type text;
alter table account alter column code type varchar(40);
