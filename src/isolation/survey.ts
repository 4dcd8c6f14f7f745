import { type Isolation, TENANT_TRACK } from '../catalog/homes.js'
import type { Assurance } from '../kernel/assurance.js'
import { type Sql, sql } from '../kernel/sql.js'
import type { Database } from '../postgres/session.js'
import type { LocalPlacement } from './fence.js'
import type { KeptFacts } from './kept-facts.js'
import { isScratch } from './model.js'

/** What a tenant-bearing database says of itself, without any catalog. */
export interface Survey {
  readonly database: string
  readonly databaseId: string
  readonly platformId: string
  /** The database bears the mark of its id; a copy of one does not. */
  readonly marked: boolean
  readonly hardened: boolean
  readonly assurance: Assurance
  /** Of tokens; hexadecimal. */
  readonly signingKeys: readonly { readonly id: number; readonly key: string }[]
  /** It was there before Tenantry. */
  readonly adopted: boolean
  readonly homes: readonly SurveyedHome[]
  readonly placements: readonly SurveyedPlacement[]
  readonly applied: readonly { readonly home: string; readonly version: string; readonly checksum: string }[]
  /** Null where the database is older than the table. */
  readonly tenantFacts: readonly KeptFacts[] | null
  readonly clusterFacts: readonly KeptFacts[]
}

export interface SurveyedHome {
  readonly id: string
  readonly isolation: Isolation
  readonly schema: string
  readonly role: string
  readonly version: string
  readonly track: string
  readonly there: boolean
  /** Its schema was there before Tenantry. */
  readonly adopted: boolean
  readonly since: Date | null
  /** The application's logins that can become its role, and whether they can log in. */
  readonly logins: readonly { readonly login: string; readonly enabled: boolean }[]
}

export interface SurveyedPlacement extends LocalPlacement {
  readonly tenant: string
}

/** Every database of a server that may be looked into, with its mark. */
export const databasesOfServer = sql<{ name: string; mark: string | null }>`
  select d.datname::text as name, pg_catalog.shobj_description(d.oid, 'pg_database') as mark
  from pg_catalog.pg_database d
  where d.datallowconn
    and not d.datistemplate
    and (pg_catalog.has_database_privilege(d.oid, 'connect') or starts_with(pg_catalog.shobj_description(d.oid, 'pg_database'), 'tenantry:'))
  order by 1`

/** Undefined where no tenants can be, or those of another platform than the one that is wanted. All of it as of one moment. */
export async function surveyDatabase(database: Database, mark: string | null, wanted: string | undefined): Promise<Survey | undefined> {
  return database.transaction(
    async (session) => {
      const { there, facts, adoption, assured } = await session.one(sql<{
        there: boolean
        facts: boolean
        adoption: boolean
        assured: boolean
      }>`
        select to_regclass('tenantry.identity') is not null and to_regclass('tenantry.placement') is not null as there,
               to_regclass('tenantry.tenant_fact') is not null as facts,
               to_regclass('tenantry.adopted_object') is not null as adoption,
               to_regclass('tenantry.signing_key') is not null as assured`)
      const identity = there ? await session.maybe(identityOf) : undefined
      if (identity === undefined || (wanted !== undefined && identity.platformId !== wanted)) return undefined
      const adopted = new Set(adoption ? (await session.rows(adoptions)).map(({ home }) => home) : [])
      return {
        database: database.config.database,
        ...identity,
        signingKeys: assured ? await session.rows(signingKeys) : [],
        marked: mark === `tenantry:${identity.databaseId}`,
        adopted: adopted.has(null),
        homes: (await session.rows(homes)).map((home) => ({ ...home, adopted: adopted.has(home.id) })),
        placements: await session.rows(placements),
        applied: await session.rows(applied),
        tenantFacts: facts ? await session.rows(tenantFacts) : null,
        clusterFacts: facts ? await session.rows(clusterFacts) : [],
      }
    },
    { isolation: 'repeatable read', readOnly: true },
  )
}

const identityOf = sql<Pick<Survey, 'databaseId' | 'platformId' | 'hardened' | 'assurance'>>`
  select i.database_id as "databaseId", i.platform_id as "platformId",
         -- Where the database is older than assurances, it has the first.
         coalesce(to_jsonb(i) ->> 'assurance', 'standard') as assurance,
         exists (select from tenantry.installed n where n.name ~ '^walls(_|$)') as hardened
  from tenantry.identity i`

const signingKeys = sql<Survey['signingKeys'][number]>`select id, encode(key, 'hex') as key from tenantry.signing_key order by id`

/** Null stands for the database itself. */
const adoptions = sql<{ home: string | null }>`select distinct home_id as home from tenantry.adopted_object`

const homes: Sql<Omit<SurveyedHome, 'adopted'>> = sql<Omit<SurveyedHome, 'adopted'>>`
  select h.id, h.isolation, h.schema_name as schema, h.role_name as role, h.version,
         -- Where the database is older than tracks, all homes are those of tenants.
         coalesce(to_jsonb(h) ->> 'track', ${TENANT_TRACK}) as track,
         to_regnamespace(quote_ident(h.schema_name)) is not null as there,
         (select min(m.applied_at) from tenantry.migration m where m.home_id = h.id) as since,
         (select coalesce(jsonb_agg(distinct jsonb_build_object('login', l.rolname, 'enabled', l.rolcanlogin)), '[]')
          from pg_catalog.pg_roles r
          join pg_catalog.pg_auth_members a on a.roleid = r.oid
          join pg_catalog.pg_roles l on l.oid = a.member
          where r.rolname = h.role_name and l.rolname ~ '^tny_[a-z2-7]{6}_app([0-9]+|_[a-z2-7]+_[12])$') as logins
  from tenantry.home h
  where not ${isScratch}
  order by since nulls last, h.id`

const placements = sql<SurveyedPlacement>`
  select p.tenant_id as tenant, p.home_id as home, p.epoch::int as epoch, p.state
  from tenantry.placement p
  join tenantry.home h on h.id = p.home_id
  where not ${isScratch}
  order by 1`

const applied = sql<Survey['applied'][number]>`
  select home_id as home, version, checksum from tenantry.migration order by home_id, length(version), version`

const tenantFacts = sql<KeptFacts>`select tenant_id as subject, change::text as change, facts from tenantry.tenant_fact`
const clusterFacts = sql<KeptFacts>`select cluster_id as subject, change::text as change, facts from tenantry.cluster_fact order by change desc`
