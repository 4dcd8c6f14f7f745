-- migrate:up
alter table messages add constraint messages_contact_fk foreign key (tenant_id, contact_id) references contacts (tenant_id, id) not valid;
alter table messages add constraint messages_agent_fk foreign key (tenant_id, agent_id) references agents (tenant_id, id) not valid;
alter table messages validate constraint messages_contact_fk;
alter table messages validate constraint messages_agent_fk;

-- migrate:down
alter table messages drop constraint messages_agent_fk;
alter table messages drop constraint messages_contact_fk;
