-- migrate:up
alter table messages validate constraint messages_author;

-- migrate:down
alter table messages drop constraint messages_author;
alter table messages add constraint messages_author check (num_nonnulls(contact_id, agent_id) = 1 and (not is_note or agent_id is not null)) not valid;
