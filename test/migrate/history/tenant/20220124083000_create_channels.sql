-- migrate:up
create type channel as enum ('email', 'web', 'phone');
alter table tickets add column channel channel not null default 'email';
alter table messages add column channel channel;
update messages m set channel = t.channel from tickets t where t.tenant_id = m.tenant_id and t.id = m.ticket_id;

-- migrate:down
alter table messages drop column channel;
alter table tickets drop column channel;
drop type channel;
