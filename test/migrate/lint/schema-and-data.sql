-- migrate:up
alter table note add column title text;
update note set title = left(body, 20) where title is null; -- bad
