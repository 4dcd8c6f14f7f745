-- migrate:up
alter table kb_articles drop column search;
alter table kb_articles drop column body;
alter table translations add column search tsvector
  generated always as (setweight(to_tsvector('simple'::regconfig, title), 'A') || to_tsvector('simple'::regconfig, body)) stored;
create index translations_search_idx on translations using gin (search);

-- migrate:down
drop index translations_search_idx;
alter table translations drop column search;
alter table kb_articles add column body text not null default '';
update kb_articles a set body = t.body from translations t
where t.tenant_id = a.tenant_id and t.article_id = a.id and t.locale = 'en';
alter table kb_articles add column search tsvector
  generated always as (to_tsvector('simple'::regconfig, title || ' ' || body)) stored;
create index kb_articles_search_idx on kb_articles using gin (search);
