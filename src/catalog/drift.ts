import { type Sql, sql } from '../kernel/sql.js'
import { type Home, homeColumns, type Isolation, isGoing } from './homes.js'

/** What a scan has found in one home. */
export interface HomeFingerprint {
  readonly home: string
  readonly digest: string
  readonly fingerprint: string
  readonly expected: string | null
}

export const homesToScan = (database: string): Sql<Home> => sql<Home>`
  select ${homeColumns}
  from catalog.home h
  where h.database_id = ${database} and h.state = 'live' and not ${isGoing}
  order by h.number`

/** What the ledger of a home says, where the catalog has believed something else. */
export interface StandingCorrection {
  readonly home: string
  readonly believed: string
  readonly version: string
  readonly applied: number
  readonly digest: string
}

/** Whoever has migrated a home since knows better. */
export const correctStandings = (found: readonly StandingCorrection[]): Sql => sql`
  update catalog.home h
  set version = s.version, applied = s.applied, digest = s.digest
  from unnest(
    ${found.map(({ home }) => home)}::uuid[],
    ${found.map(({ believed }) => believed)}::text[],
    ${found.map(({ version }) => version)}::text[],
    ${found.map(({ applied }) => applied)}::int[],
    ${found.map(({ digest }) => digest)}::text[]
  ) as s (id, believed, version, applied, digest)
  where h.id = s.id and h.digest = s.believed`

/** Of a home that has been migrated meanwhile nothing is recorded. */
export const recordFingerprints = (found: readonly HomeFingerprint[]): Sql => sql`
  insert into catalog.home_fingerprint (home_id, digest, fingerprint, expected)
  select h.id, f.digest, f.fingerprint, f.expected
  from unnest(
    ${found.map(({ home }) => home)}::uuid[],
    ${found.map(({ digest }) => digest)}::text[],
    ${found.map(({ fingerprint }) => fingerprint)}::text[],
    ${found.map(({ expected }) => expected)}::text[]
  ) as f (home, digest, fingerprint, expected)
  join catalog.home h on h.id = f.home and h.digest = f.digest
  on conflict (home_id) do update
  set digest = excluded.digest, fingerprint = excluded.fingerprint, expected = excluded.expected, scanned_at = excluded.scanned_at`

export interface DriftClass {
  readonly class: string
  readonly state: 'as expected' | 'drifted' | 'unknown'
  readonly track: string
  readonly version: string
  readonly isolation: Isolation
  readonly homes: number
  readonly tenants: number
  /** A few of them, as `database.schema`. */
  readonly first: readonly string[]
  readonly fingerprint: string
  readonly expected: string | null
  readonly digest: string
  readonly scannedAt: Date
}

// Short enough to be typed; of two classes with the same name there would have to be a million first.
const className = sql`left(encode(sha256(convert_to(
  concat_ws(' ', h.track, h.isolation, f.digest, f.fingerprint, coalesce(f.expected, '-')), 'UTF8')), 'hex'), 10)`

const classed = sql`
  catalog.home h
  join catalog.home_fingerprint f on f.home_id = h.id and f.digest = h.digest
  join catalog.database d on d.id = h.database_id
  where h.state = 'live' and not ${isGoing}`

/** The fleet in classes: homes that should be equal and are. `only` narrows to one. */
export const driftClasses = (only: string | null): Sql<DriftClass> => sql<DriftClass>`
  with scanned as (
    select ${className} as class, h.id, h.number, h.track, h.version, h.isolation, d.name || '.' || h.schema_name as place,
           f.fingerprint, f.expected, f.digest, f.scanned_at
    from ${classed}
  )
  select s.class,
         case when s.expected is null then 'unknown' when s.expected = s.fingerprint then 'as expected' else 'drifted' end as state,
         s.track, max(s.version) as version, s.isolation, count(*)::int as homes,
         sum((select count(*) from catalog.placement p where p.home_id = s.id))::int as tenants,
         (array_agg(s.place order by s.number))[1:3] as first,
         s.fingerprint, s.expected, s.digest, max(s.scanned_at) as "scannedAt"
  from scanned s
  where ${only}::text is null or s.class = ${only}
  group by s.class, s.track, s.isolation, s.fingerprint, s.expected, s.digest
  order by s.expected = s.fingerprint nulls first, homes desc, s.class`

export const homesOfClass = (name: string): Sql<Home> => sql<Home>`
  select ${homeColumns} from ${classed} and ${className} = ${name} order by h.number`

/** Live homes that no scan has seen as they are now. */
export const unscannedHomes = sql<{ homes: number }>`
  select count(*)::int as homes
  from catalog.home h
  where h.state = 'live' and not ${isGoing}
    and not exists (select from catalog.home_fingerprint f where f.home_id = h.id and f.digest = h.digest)`

/** Of those that were to be repaired, the ones that are still there. */
export const homesById = (ids: readonly string[]): Sql<Home> => sql<Home>`
  select ${homeColumns} from catalog.home h where h.id = any (${ids}::uuid[]) and h.state = 'live' and not ${isGoing} order by h.number`
