-- migrate:up
alter table agents drop column is_admin;

-- migrate:down
alter table agents add column is_admin boolean not null default false;
update agents set is_admin = true where role = 'admin';
