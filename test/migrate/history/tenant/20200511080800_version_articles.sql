-- migrate:up
create table kb_revisions (
  tenant_id uuid not null default tenantry.tenant(),
  article_id bigint not null,
  revision integer not null check (revision > 0),
  body text not null,
  author_id bigint,
  created_at timestamptz not null default now(),
  primary key (tenant_id, article_id, revision),
  foreign key (tenant_id, article_id) references kb_articles (tenant_id, id) on delete cascade,
  foreign key (tenant_id, author_id) references agents (tenant_id, id) on delete set null (author_id)
);
insert into kb_revisions (tenant_id, article_id, revision, body)
select tenant_id, id, 1, body from kb_articles;

-- migrate:down
drop table kb_revisions;
