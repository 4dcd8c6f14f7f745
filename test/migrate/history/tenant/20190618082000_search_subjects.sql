-- migrate:up
create index tickets_subject_trgm_idx on tickets using gin (subject gin_trgm_ops);

-- migrate:down
drop index tickets_subject_trgm_idx;
