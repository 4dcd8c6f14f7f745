-- migrate:up
create type article_state as enum ('draft', 'published', 'archived');
alter table kb_articles add column state article_state not null default 'draft';
update kb_articles set state = 'published' where published;
alter table kb_articles drop column published;

-- migrate:down
alter table kb_articles add column published boolean not null default false;
update kb_articles set published = true where state = 'published';
alter table kb_articles drop column state;
drop type article_state;
