-- migrate:up
alter table queues validate constraint queues_path_set;
alter table queues alter column path set not null;
alter table queues drop constraint queues_path_set;
alter table queues add constraint queues_path_key unique (tenant_id, path);

-- migrate:down
alter table queues drop constraint queues_path_key;
alter table queues add constraint queues_path_set check (path is not null) not valid;
alter table queues alter column path drop not null;
