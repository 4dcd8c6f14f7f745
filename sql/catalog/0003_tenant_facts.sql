-- What people say about a tenant (names it had, tier, labels, region, limits, domains), and an audit that tells what was before and what came after.
alter table catalog.tenant
  add column tier text check (tier ~ '^[a-z][a-z0-9-]{0,38}$'),
  add column region text check (region ~ '^[a-z][a-z0-9-]{0,38}$'),
  add column labels jsonb not null default '{}' check (jsonb_typeof(labels) = 'object'),
  -- Limits travel with the placement, and the client sets them in the flight that enters.
  add column statement_timeout_ms integer check (statement_timeout_ms > 0),
  add column idle_timeout_ms integer check (idle_timeout_ms > 0);
create index tenant_labels on catalog.tenant using gin (labels jsonb_path_ops);
create index tenant_tier on catalog.tenant (tier);

-- A slug that a tenant had stays its own until it is released: an application that still holds it must never come to another tenant.
create table catalog.former_slug (
  slug text primary key,
  tenant_id uuid not null references catalog.tenant (id) on delete cascade,
  -- Are scopes opened by it, or are applications told the new one?
  redirects boolean not null,
  since timestamptz not null default clock_timestamp()
);
create index former_slug_tenant on catalog.former_slug (tenant_id);

-- After the row, since the unique index has made this wait for whoever gives up the slug meanwhile: now their former slug is seen.
create function catalog.refuse_former_slug() returns trigger
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
begin
  if exists (select from catalog.former_slug f where f.slug = new.slug) then
    raise exception 'the slug is kept for the tenant that had it' using errcode = '23505', constraint = 'tenant_slug';
  end if;
  return null;
end
$$;
create trigger former_slugs_are_taken after insert or update of slug on catalog.tenant
  for each row execute function catalog.refuse_former_slug();

create table catalog.tenant_domain (
  -- In lower case, as ASCII.
  domain text primary key check (domain ~ '^[a-z0-9.-]{3,243}$'),
  tenant_id uuid not null references catalog.tenant (id) on delete cascade,
  -- What its owner publishes; no secret.
  token text not null,
  state text not null check (state in ('pending', 'verified')),
  added_at timestamptz not null default clock_timestamp(),
  verified_at timestamptz,
  check ((state = 'verified') = (verified_at is not null))
);
create index tenant_domain_tenant on catalog.tenant_domain (tenant_id);

-- As resolve_v1, which stays for a release: with limits, and for a slug that the tenant no longer has.
create function catalog.resolve_v2(ref text) returns jsonb
language sql stable security definer
set search_path = pg_catalog, pg_temp
begin atomic
  select coalesce(
    catalog.resolve_v1(ref) || (
      select jsonb_build_object(
        'limits', case when t.statement_timeout_ms is not null or t.idle_timeout_ms is not null
          then jsonb_build_object('statementTimeoutMs', t.statement_timeout_ms, 'idleTimeoutMs', t.idle_timeout_ms) end)
      from catalog.tenant t
      where case when ref ~ '^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$' then t.id = ref::uuid else t.slug = ref end
    ),
    (
      select jsonb_build_object('renamed', t.slug, 'id', t.id, 'redirects', f.redirects)
      from catalog.former_slug f
      join catalog.tenant t on t.id = f.tenant_id
      where f.slug = ref
    )
  );
end;
revoke all on function catalog.resolve_v2(text) from public;

-- A tenant as the audit keeps it: every fact that an operation can change, and no secret.
create function catalog.tenant_facts(tenant uuid) returns jsonb
language sql stable
set search_path = pg_catalog, pg_temp
begin atomic
  select jsonb_build_object(
    'slug', t.slug,
    'name', t.name,
    'state', t.state,
    'reason', t.state_reason,
    'isolation', t.isolation,
    'tier', t.tier,
    'region', t.region,
    'labels', t.labels,
    'statementTimeoutMs', t.statement_timeout_ms,
    'idleTimeoutMs', t.idle_timeout_ms,
    'home', p.home_id,
    'epoch', p.epoch,
    'formerSlugs', (select coalesce(jsonb_object_agg(f.slug, case when f.redirects then 'redirects' else 'refuses' end), '{}')
                    from catalog.former_slug f where f.tenant_id = t.id),
    'domains', (select coalesce(jsonb_object_agg(d.domain, d.state), '{}') from catalog.tenant_domain d where d.tenant_id = t.id)
  )
  from catalog.tenant t
  left join catalog.placement p on p.tenant_id = t.id
  where t.id = tenant;
end;
revoke all on function catalog.tenant_facts(uuid) from public;

/*
 * Keeps, until the transaction ends, how a row's subject was before the first change in it; the audit entry of the same transaction takes it from there.
 * By triggers, so that no operation has to think of it, and the old row is exactly the one that was changed: it is locked by then.
 */
create function catalog.keep_before() returns trigger
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  kept jsonb := coalesce(nullif(current_setting('tenantry_audit.before', true), ''), '{}');
  found jsonb;
  subject text;
begin
  if tg_op = 'INSERT' then found := to_jsonb(new); else found := to_jsonb(old); end if;
  subject := found ->> tg_argv[0];
  if not kept ? subject then
    found := case when tg_table_name = 'api_key' then found - 'hash' - 'last_used_at' else catalog.tenant_facts(subject::uuid) end;
    perform set_config('tenantry_audit.before', (kept || jsonb_build_object(subject, found))::text, true);
  end if;
  if tg_op = 'DELETE' then return old; end if;
  return new;
end
$$;
revoke all on function catalog.keep_before() from public;
create trigger keep_before before insert or update or delete on catalog.tenant for each row execute function catalog.keep_before('id');
create trigger keep_before before update on catalog.placement for each row execute function catalog.keep_before('tenant_id');
create trigger keep_before before insert or update or delete on catalog.former_slug
  for each row execute function catalog.keep_before('tenant_id');
create trigger keep_before before insert or update or delete on catalog.tenant_domain
  for each row execute function catalog.keep_before('tenant_id');
create trigger keep_before before update of revoked_at on catalog.api_key for each row execute function catalog.keep_before('id');

-- The key that asked, if one did. An operation carries it, since its end is written by whichever worker brings it there.
alter table catalog.operation add column key_id uuid;
alter table catalog.audit
  add column key_id uuid,
  add column before jsonb,
  add column after jsonb;
create index audit_listing on catalog.audit (at desc, id desc);
create index audit_operation on catalog.audit (operation_id);

-- An operation of many transactions began with the entry that accepted it; a change of one transaction has kept what it changed; the rest changed nothing.
create function catalog.audit_before(of_tenant uuid, of_operation uuid) returns jsonb
language sql stable
set search_path = pg_catalog, pg_temp
begin atomic
  select case
    when accepted.operation_id is not null then accepted.before
    when of_tenant is null then (select found.value from jsonb_each(kept.subjects) as found limit 1)
    when kept.subjects ? of_tenant::text then nullif(kept.subjects -> of_tenant::text, 'null')
    else catalog.tenant_facts(of_tenant)
  end
  from (select coalesce(nullif(current_setting('tenantry_audit.before', true), ''), '{}')::jsonb as subjects) as kept
  left join catalog.audit accepted on accepted.operation_id = of_operation and accepted.outcome = 'accepted';
end;
revoke all on function catalog.audit_before(uuid, uuid) from public;

-- Entries are added, never changed. This stops Tenantry's own code and a slip at the prompt; whoever owns the table can take the trigger away.
create function catalog.refuse_rewriting() returns trigger
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
begin
  raise exception 'the audit log is only added to' using errcode = '42501';
end
$$;
revoke all on function catalog.refuse_former_slug() from public;
revoke all on function catalog.refuse_rewriting() from public;
create trigger append_only before update or delete or truncate on catalog.audit
  for each statement execute function catalog.refuse_rewriting();
-- Under session_replication_role = replica as well.
alter table catalog.audit enable always trigger append_only;
