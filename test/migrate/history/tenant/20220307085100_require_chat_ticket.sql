-- migrate:up
alter table chats add constraint chats_ticket_fk foreign key (tenant_id, ticket_id) references tickets (tenant_id, id) on delete cascade;
alter table chats add column closed_at timestamptz;
alter table chats add constraint chats_order check (closed_at >= opened_at);

-- migrate:down
alter table chats drop column closed_at;
alter table chats drop constraint chats_ticket_fk;
