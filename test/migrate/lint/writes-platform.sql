-- migrate:up
insert into platform.currency (code, name) values ('EUR', 'Euro'); -- bad
