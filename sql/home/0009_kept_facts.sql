-- Copies of what only the catalog knows, for the day that it is lost: nothing but `catalog rebuild` reads them. They come a moment later than the change
-- itself; `change` is the catalog's number of it, and an older one never replaces a newer one.
create table tenantry.tenant_fact (
  tenant_id uuid primary key references tenantry.placement (tenant_id) on delete cascade,
  change bigint not null,
  facts jsonb not null,
  kept_at timestamptz not null default clock_timestamp()
);

-- In the database that a cluster's new tenants go to.
create table tenantry.cluster_fact (
  cluster_id uuid primary key,
  change bigint not null,
  facts jsonb not null,
  kept_at timestamptz not null default clock_timestamp()
);
