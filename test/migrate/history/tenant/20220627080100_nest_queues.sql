-- migrate:up
alter table queues add column path ltree;
update queues set path = text2ltree('q' || id);
alter table queues add constraint queues_path_set check (path is not null) not valid;

-- migrate:down
alter table queues drop column path;
