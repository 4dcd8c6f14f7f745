-- migrate:up
create table kb_categories (
  tenant_id uuid not null default tenantry.tenant(),
  id bigint generated always as identity,
  path ltree not null,
  title text not null,
  primary key (tenant_id, id),
  constraint kb_categories_path_key unique (tenant_id, path)
);
create index kb_categories_path_idx on kb_categories using gist (path);
create table kb_articles (
  tenant_id uuid not null default tenantry.tenant(),
  id bigint generated always as identity,
  category_id bigint not null,
  title text not null,
  body text not null default '',
  published boolean not null default false,
  primary key (tenant_id, id),
  foreign key (tenant_id, category_id) references kb_categories (tenant_id, id)
);

-- migrate:down
drop table kb_articles;
drop table kb_categories;
