-- migrate:up
alter table agents add column role text not null default 'agent' check (role in ('agent', 'lead', 'admin'));
update agents set role = 'admin' where is_admin;

-- migrate:down
alter table agents drop column role;
