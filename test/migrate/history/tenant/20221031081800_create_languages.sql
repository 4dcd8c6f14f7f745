-- migrate:up
create table translations (
  tenant_id uuid not null default tenantry.tenant(),
  article_id bigint not null,
  locale text not null,
  title text not null,
  body text not null default '',
  primary key (tenant_id, article_id, locale),
  foreign key (tenant_id, article_id) references kb_articles (tenant_id, id) on delete cascade
);
insert into translations (tenant_id, article_id, locale, title, body)
select tenant_id, id, 'en', title, body from kb_articles;

-- migrate:down
drop table translations;
