-- migrate:up
alter table canned_replies rename to macros;
alter table macros rename constraint canned_replies_pkey to macros_pkey;
alter table macros rename constraint canned_replies_tenant_id_agent_id_fkey to macros_agent_fk;
alter table macros rename column agent_id to owner_id;

-- migrate:down
alter table macros rename column owner_id to agent_id;
alter table macros rename constraint macros_agent_fk to canned_replies_tenant_id_agent_id_fkey;
alter table macros rename constraint macros_pkey to canned_replies_pkey;
alter table macros rename to canned_replies;
