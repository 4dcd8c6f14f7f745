import type { Assurance } from '../kernel/assurance.js'
import { type Sql, sql } from '../kernel/sql.js'
import type { Session } from '../postgres/session.js'
import type { BesideKind } from './beside.js'
import type { NewCluster } from './clusters.js'
import type { Home } from './homes.js'
import type { TenantState } from './tenants.js'

/** A catalog as it is written anew, in one transaction. */
export interface RebuiltCatalog {
  readonly platformId: string
  readonly clusters: readonly RebuiltCluster[]
  readonly databases: readonly {
    readonly id: string
    readonly clusterId: string
    readonly name: string
    readonly platformDigest: string
    readonly adopted: boolean
    readonly assurance: Assurance
    /** Of tokens; hexadecimal. */
    readonly signingKeys: readonly { readonly id: number; readonly key: string }[]
  }[]
  readonly homes: readonly (Omit<Home, 'state'> & { readonly createdAt: string | null; readonly adoptedVersion: string | null })[]
  readonly tenants: readonly RebuiltTenant[]
  readonly besides: readonly RebuiltBeside[]
  /** Numbers that homes made from now on must be above. */
  readonly lastNumber: number
  /** The last change of a fact that anybody has heard of. */
  readonly lastChange: string
}

export interface RebuiltCluster extends NewCluster {
  readonly defaultDatabase: string | null
  readonly draining: boolean
  readonly oldLoginsSince: string | null
  readonly createdAt: string | null
  readonly stock: readonly { readonly isolation: string; readonly target: number }[]
  readonly revocations: readonly { readonly database: string; readonly undo: string }[]
}

export interface RebuiltTenant {
  readonly id: string
  readonly slug: string
  readonly name: string
  readonly isolation: string
  readonly state: TenantState
  readonly reason: string | null
  readonly home: string
  readonly epoch: number
  readonly since: string | null
  readonly createdAt: string | null
  readonly deletedFrom: string | null
  readonly deletedFromReason: string | null
  readonly deletedAt: string | null
  readonly purgeAfter: string | null
  readonly heldFor: string | null
  readonly tier: string | null
  readonly region: string | null
  readonly labels: Readonly<Record<string, string>>
  readonly statementTimeoutMs: number | null
  readonly idleTimeoutMs: number | null
  readonly formerSlugs: readonly { readonly slug: string; readonly redirects: boolean; readonly since: string }[]
  readonly domains: readonly {
    readonly domain: string
    readonly token: string
    readonly state: string
    readonly addedAt: string
    readonly verifiedAt: string | null
  }[]
}

/** A home of a tenant that its placement does not name. */
export interface RebuiltBeside {
  readonly tenant: string
  readonly home: string
  readonly kind: BesideKind
  readonly backup: string | null
  readonly partial: boolean
  readonly madeAt: string | null
  readonly until: string | null
  readonly note: string | null
}

/** What a catalog has in it, besides its own tables and the platform's id. These tables are those of every version. */
export const catalogContents = sql<{ what: string; rows: number }>`
  select what, rows::int as rows
  from (
    values
      ('clusters', (select count(*) from catalog.cluster)),
      ('tenants', (select count(*) from catalog.tenant)),
      ('operations', (select count(*) from catalog.operation)),
      ('API keys', (select count(*) from catalog.api_key))
  ) as found (what, rows)
  where rows > 0`

export async function writeCatalog(tx: Session, c: RebuiltCatalog): Promise<void> {
  await tx.run(sql`insert into catalog.platform (id) values (${c.platformId}) on conflict (only_row) do update set id = excluded.id`)
  await tx.run(insertClusters(c.clusters))
  await tx.run(insertDatabases(c.databases))
  await tx.run(insertHomes(c.homes))
  // These triggers collect what was before, tenant by tenant, for the audit: nothing was, and all at once it would take minutes.
  for (const disable of KEEP_NOTHING) await tx.run(disable)
  await tx.run(insertTenants(c.tenants))
  await tx.run(sql`
    insert into catalog.placement (tenant_id, home_id, epoch)
    select r.id, r.home, r.epoch from jsonb_to_recordset(${json(c.tenants)}::jsonb) as r (id uuid, home uuid, epoch bigint)`)
  await tx.run(insertBesides(c.besides))
  await tx.run(insertFormerSlugs(c.tenants))
  await tx.run(insertDomains(c.tenants))
  for (const enable of KEEP_AGAIN) await tx.run(enable)
  await tx.run(insertStock(c.clusters))
  await tx.run(insertRevocations(c.clusters))
  await tx.run(
    sql`select setval(pg_get_serial_sequence('catalog.home', 'number'), greatest(${c.lastNumber}::bigint, 1), ${c.lastNumber}::bigint > 0)`,
  )
  // Whatever is carried to the tenants from now on is newer than what is there.
  await tx.run(sql`select setval('catalog.fact_change', ${c.lastChange}::bigint + (select count(*) from catalog.fact_due) + 1)`)
  await tx.run(sql`update catalog.fact_due set change = nextval('catalog.fact_change')`)
}

const KEEP_NOTHING = [
  sql`alter table catalog.tenant disable trigger keep_before`,
  sql`alter table catalog.former_slug disable trigger keep_before`,
  sql`alter table catalog.tenant_domain disable trigger keep_before`,
]
const KEEP_AGAIN = [
  sql`alter table catalog.tenant enable trigger keep_before`,
  sql`alter table catalog.former_slug enable trigger keep_before`,
  sql`alter table catalog.tenant_domain enable trigger keep_before`,
]

const json = (rows: readonly unknown[]): string => JSON.stringify(rows)

const insertClusters = (clusters: readonly RebuiltCluster[]): Sql => sql`
  insert into catalog.cluster (id, name, admin_ref, app_host, app_port, app_tls, app_sslmode, app_ca_ref, app_secret_ref, pooler, pooler_secret_ref,
    pooler_version, server_version, system_id, hardened, login_side, default_database, draining, old_logins_since, created_at)
  select r.id, r.name, r."adminRef", r."appHost", r."appPort", r."appSslmode" <> 'disable', r."appSslmode", r."appCaRef", r."appSecretRef", r.pooler,
    r."poolerSecretRef", r."poolerVersion", r."serverVersion", r."systemId", r.hardened, r."loginSide", r."defaultDatabase", r.draining, r."oldLoginsSince", coalesce(r."createdAt", now())
  from jsonb_to_recordset(${json(clusters)}::jsonb) as r (id uuid, name text, "adminRef" text, "appHost" text, "appPort" int, "appSslmode" text,
    "appCaRef" text, "appSecretRef" text, pooler text, "poolerSecretRef" text, "poolerVersion" text, "serverVersion" int, "systemId" text, hardened boolean, "loginSide" smallint, "defaultDatabase" uuid,
    draining boolean, "oldLoginsSince" timestamptz, "createdAt" timestamptz)`

const insertDatabases = (databases: RebuiltCatalog['databases']): Sql => sql`
  with rebuilt as (
    insert into catalog.database (id, cluster_id, name, state, platform_digest, adopted, assurance)
    select r.id, r."clusterId", r.name, 'live', r."platformDigest", r.adopted, r.assurance
    from jsonb_to_recordset(${json(databases)}::jsonb)
      as r (id uuid, "clusterId" uuid, name text, "platformDigest" text, adopted boolean, assurance text)
    returning id
  )
  insert into catalog.signing_key (database_id, id, key)
  select r.id, (k.value ->> 'id')::int, decode(k.value ->> 'key', 'hex')
  from jsonb_to_recordset(${json(databases)}::jsonb) as r (id uuid, "signingKeys" jsonb)
  join rebuilt using (id)
  cross join jsonb_array_elements(r."signingKeys") as k`

const insertHomes = (homes: RebuiltCatalog['homes']): Sql => sql`
  insert into catalog.home (id, number, database_id, isolation, schema_name, role_name, login_name, state, track, version, applied, digest, created_at,
    adopted_version)
  overriding system value
  select r.id, r.number, r."databaseId", r.isolation, r.schema, r.role, r.login, 'live', r.track, r.version, r.applied, r.digest, coalesce(r."createdAt", now()),
    r."adoptedVersion"
  from jsonb_to_recordset(${json(homes)}::jsonb) as r (id uuid, number bigint, "databaseId" uuid, isolation text, schema text, role text, login text,
    track text, version text, applied int, digest text, "createdAt" timestamptz, "adoptedVersion" text)`

const insertTenants = (tenants: readonly RebuiltTenant[]): Sql => sql`
  insert into catalog.tenant (id, slug, name, isolation, state, state_reason, state_since, created_at, deleted_from, deleted_from_reason, deleted_at,
    purge_after, held_for, tier, region, labels, statement_timeout_ms, idle_timeout_ms)
  select r.id, r.slug, r.name, r.isolation, r.state, r.reason, coalesce(r.since, now()), coalesce(r."createdAt", now()), r."deletedFrom",
    r."deletedFromReason", r."deletedAt", r."purgeAfter", r."heldFor", r.tier, r.region, r.labels, r."statementTimeoutMs", r."idleTimeoutMs"
  from jsonb_to_recordset(${json(tenants)}::jsonb) as r (id uuid, slug text, name text, isolation text, state text, reason text, since timestamptz,
    "createdAt" timestamptz, "deletedFrom" text, "deletedFromReason" text, "deletedAt" timestamptz, "purgeAfter" timestamptz, "heldFor" text,
    tier text, region text, labels jsonb, "statementTimeoutMs" int, "idleTimeoutMs" int)`

const insertBesides = (besides: readonly RebuiltBeside[]): Sql => sql`
  insert into catalog.beside (home_id, tenant_id, kind, state, backup_id, partial, made_at, until, note)
  select r.home, r.tenant, r.kind, 'kept', r.backup, r.partial, coalesce(r."madeAt", now()), r.until, r.note
  from jsonb_to_recordset(${json(besides)}::jsonb)
    as r (home uuid, tenant uuid, kind text, backup uuid, partial boolean, "madeAt" timestamptz, until timestamptz, note text)`

const insertFormerSlugs = (tenants: readonly RebuiltTenant[]): Sql => sql`
  insert into catalog.former_slug (slug, tenant_id, redirects, since)
  select r.slug, r.tenant, r.redirects, r.since
  from jsonb_to_recordset(${json(tenants.flatMap(({ id, formerSlugs }) => formerSlugs.map((slug) => ({ tenant: id, ...slug }))))}::jsonb)
    as r (slug text, tenant uuid, redirects boolean, since timestamptz)`

const insertDomains = (tenants: readonly RebuiltTenant[]): Sql => sql`
  insert into catalog.tenant_domain (domain, tenant_id, token, state, added_at, verified_at)
  select r.domain, r.tenant, r.token, r.state, r."addedAt", r."verifiedAt"
  from jsonb_to_recordset(${json(tenants.flatMap(({ id, domains }) => domains.map((domain) => ({ tenant: id, ...domain }))))}::jsonb)
    as r (domain text, tenant uuid, token text, state text, "addedAt" timestamptz, "verifiedAt" timestamptz)`

const insertStock = (clusters: readonly RebuiltCluster[]): Sql => sql`
  insert into catalog.stock (cluster_id, isolation, target)
  select r.cluster, r.isolation, r.target
  from jsonb_to_recordset(${json(clusters.flatMap(({ id, stock }) => stock.map((one) => ({ cluster: id, ...one }))))}::jsonb)
    as r (cluster uuid, isolation text, target int)`

const insertRevocations = (clusters: readonly RebuiltCluster[]): Sql => sql`
  insert into catalog.revocation (cluster_id, database_name, undo)
  select r.cluster, r.database, r.undo
  from jsonb_to_recordset(${json(clusters.flatMap(({ id, revocations }) => revocations.map((one) => ({ cluster: id, ...one }))))}::jsonb)
    as r (cluster uuid, database text, undo text)`
