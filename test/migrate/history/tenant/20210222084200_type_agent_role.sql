-- migrate:up
create type agent_role as enum ('agent', 'lead', 'admin');
alter table agents drop constraint agents_role_check;
alter table agents alter column role drop default;
alter table agents alter column role type agent_role using role::agent_role;
alter table agents alter column role set default 'agent';

-- migrate:down
alter table agents alter column role drop default;
alter table agents alter column role type text;
alter table agents alter column role set default 'agent';
alter table agents add constraint agents_role_check check (role in ('agent', 'lead', 'admin'));
drop type agent_role;
