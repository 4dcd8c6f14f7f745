-- migrate:up
drop index messages_body_trgm_idx;
alter table messages add column search tsvector generated always as (to_tsvector('simple'::regconfig, body)) stored;
create index messages_search_idx on messages using gin (search) with (fastupdate = off);

-- migrate:down
drop index messages_search_idx;
alter table messages drop column search;
create index messages_body_trgm_idx on messages using gist (body gist_trgm_ops(siglen = 32));
