-- migrate:up
alter table kb_articles add column search tsvector
  generated always as (to_tsvector('simple'::regconfig, title || ' ' || body)) stored;
create index kb_articles_search_idx on kb_articles using gin (search);

-- migrate:down
drop index kb_articles_search_idx;
alter table kb_articles drop column search;
