-- migrate:up
create index messages_body_trgm_idx on messages using gist (body gist_trgm_ops(siglen = 32));

-- migrate:down
drop index messages_body_trgm_idx;
