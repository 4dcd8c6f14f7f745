-- migrate:up
alter table messages add column is_note boolean not null default false;
alter table messages drop constraint messages_author;
alter table messages add constraint messages_author check (num_nonnulls(contact_id, agent_id) = 1 and (not is_note or agent_id is not null)) not valid;

-- migrate:down
alter table messages drop constraint messages_author;
alter table messages drop column is_note;
alter table messages add constraint messages_author check (num_nonnulls(contact_id, agent_id) = 1);
