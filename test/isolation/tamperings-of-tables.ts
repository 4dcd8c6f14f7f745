import type { Tampering } from './tampering.js'

/** Walls of tables: row-level security, keys, policies, views. */
export const OF_TABLES: readonly Tampering[] = [
  // --- tables
  {
    name: 'row-level security is turned off',
    lint: 'TL01',
    check: 'walls.row-security',
    tamper: (n) => `alter table ${n.shared}.note disable row level security`,
  },
  {
    name: 'the owner is let through',
    lint: 'TL02',
    check: 'walls.row-security',
    tamper: (n) => `alter table ${n.shared}.note no force row level security`,
  },
  { name: 'the owner may log in', lint: 'TL03', check: 'roles.attributes', tamper: (n) => `alter role ${n.owner} login` },
  {
    name: 'a table belongs to a role that logs in',
    lint: 'TL03',
    check: 'owners.wrong',
    tamper: (n) => `alter table ${n.own}.author owner to ${n.app}`,
  },
  {
    name: 'a partition has no row-level security',
    lint: 'TL04',
    check: 'walls.row-security',
    tamper: (n) => `alter table ${n.shared}.event_old disable row level security`,
  },
  {
    name: 'a partition is granted',
    lint: 'TL04',
    check: 'grants.extra',
    tamper: (n) => `grant select on ${n.shared}.event_old to ${n.sharedRole}`,
  },
  {
    name: "a table becomes a part of another home's",
    lint: 'TL04',
    check: 'walls.gate',
    tamper: (n) => `alter table ${n.own}.measure inherit ${n.shared}.measure`,
  },
  // --- keys
  {
    name: 'a unique constraint spans all tenants',
    lint: 'TL05',
    check: 'walls.gate',
    tamper: (n) => `alter table ${n.shared}.measure add unique (value)`,
  },
  {
    name: 'a unique index spans all tenants',
    lint: 'TL05',
    check: 'walls.gate',
    tamper: (n) => `create unique index once on ${n.shared}.measure (md5(raw))`,
  },
  {
    name: 'a primary key spans all tenants',
    lint: 'TL05',
    check: 'walls.gate',
    tamper: (n) => `alter table ${n.shared}.measure drop constraint measure_pkey, add primary key (id)`,
  },
  {
    name: 'a primary key is gone',
    lint: 'TL05',
    check: 'walls.gate',
    tamper: (n) => `alter table ${n.shared}.measure drop constraint measure_pkey`,
  },
  {
    name: 'an exclusion constraint spans all tenants',
    lint: 'TL05',
    check: 'walls.gate',
    tamper: (n) =>
      `create extension btree_gist schema ext; alter table ${n.own}.measure add constraint apart exclude using gist (value ext.gist_numeric_ops with =)`,
    afterwards: (n) => `alter table ${n.own}.measure drop constraint apart; drop extension btree_gist`,
  },
  {
    name: 'a foreign key has no composite key',
    lint: 'TL06',
    check: 'walls.gate',
    tamper: (n) => `alter table ${n.shared}.note drop constraint note_tenant_id_author_id_fkey;
      create unique index author_only on ${n.shared}.author (id);
      alter table ${n.shared}.note add constraint by_author foreign key (author_id) references ${n.shared}.author (id)`,
    // The key that it needed, the index that it lacks; and once both are mended, the mended key is the primary key again.
    beside: ['walls.gate', 'advice.foreign-key', 'advice.duplicate-index'],
    afterwards: (n) => `drop index if exists ${n.shared}.note_author_id_idx`,
  },
  {
    name: 'a foreign key goes by another column than the tenant',
    lint: 'TL06',
    check: 'walls.gate',
    tamper: (n) => `alter table ${n.shared}.note add column other uuid;
      alter table ${n.shared}.note add constraint of_other foreign key (other, author_id) references ${n.shared}.author (tenant_id, id)`,
    beside: ['advice.foreign-key'],
    afterwards: (n) => `alter table ${n.shared}.note drop column other`,
  },
  {
    name: 'a foreign key empties the tenant',
    lint: 'TL06',
    check: 'walls.gate',
    tamper: (n) => `alter table ${n.own}.note drop constraint note_tenant_id_author_id_fkey,
      add foreign key (tenant_id, author_id) references ${n.own}.author (tenant_id, id) on delete set null`,
  },
  {
    name: 'a foreign key points into another home',
    lint: 'TL06',
    check: 'walls.gate',
    tamper: (n) =>
      `alter table ${n.own}.note add constraint there foreign key (tenant_id, author_id) references ${n.shared}.author (tenant_id, id)`,
  },
  // --- policies
  {
    name: 'another policy lets everything through',
    lint: 'TL07',
    check: 'walls.policy',
    tamper: (n) => `create policy support on ${n.shared}.note using (true)`,
  },
  { name: 'the fence is dropped', lint: 'TL08', check: 'walls.policy', tamper: (n) => `drop policy tenantry_fence on ${n.shared}.note` },
  {
    name: 'the fence is for one role',
    lint: 'TL08',
    check: 'walls.policy',
    tamper: (n) => `alter policy tenantry_fence on ${n.shared}.note to ${n.sharedRole}`,
  },
  {
    name: 'the fence lets everything through',
    lint: 'TL08',
    check: 'walls.policy',
    tamper: (n) => `alter policy tenantry_fence on ${n.own}.note using (true)`,
  },
  {
    name: 'the fence lets those without a tenant through',
    lint: 'TL09',
    check: 'walls.policy',
    tamper: (n) =>
      `alter policy tenantry_fence on ${n.shared}.note using (current_setting('tenantry.context', true) is null or tenant_id = (select tenantry.tenant()))`,
  },
  {
    name: 'the tenant is immutable',
    lint: 'TL10',
    check: 'code.changed',
    tamper: () => 'alter function tenantry.tenant() immutable',
  },
  {
    name: 'the fence asks anew for every row',
    lint: 'TL11',
    check: 'walls.policy',
    tamper: (n) =>
      `alter policy tenantry_fence on ${n.shared}.note using (tenant_id = tenantry.tenant()) with check (tenant_id = tenantry.tenant())`,
  },
  // --- views
  {
    name: 'a view runs with the rights of its owner',
    lint: 'TL12',
    check: 'walls.gate',
    tamper: (n) => `alter view ${n.shared}.note_body reset (security_invoker)`,
  },
  {
    name: 'a materialised view of all tenants is granted',
    lint: 'TL13',
    check: 'grants.extra',
    tamper: (n) => `grant select on ${n.shared}.note_total to ${n.sharedRole}`,
  },
  {
    name: 'the view before a materialised view is no barrier',
    lint: 'TL13',
    check: 'walls.gate',
    tamper: (n) => `alter view ${n.shared}.note_totals reset (security_barrier)`,
  },
  {
    name: 'the view before a materialised view does not filter',
    lint: 'TL13',
    check: 'walls.gate',
    tamper: (n) =>
      `create or replace view ${n.shared}.note_totals with (security_barrier = true) as select tenant_id, notes from ${n.shared}.note_total`,
    byHand: (n) =>
      `create or replace view ${n.shared}.note_totals with (security_barrier = true) as select tenant_id, notes from ${n.shared}.note_total where tenant_id = (select tenantry.tenant())`,
  },
]
