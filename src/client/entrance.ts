import type { Resolved } from '../catalog/resolve.js'
import { DriverError } from '../postgres/errors.js'
import { fly, type Part, type WireConnection } from '../postgres/flight.js'
import type { ScopeOptions } from './options.js'
import { holdPart, type Ranges } from './ranges.js'
import { wantsToken } from './tokens.js'

/** A placement as its database has it, and the stamp until whose change it is so. */
export interface Entrance {
  readonly stamp: string
  readonly role: string
  readonly searchPath: string
}

/** `null`: the database has not exactly what the catalog says, or knows no short way. `enter_v1` then lets in, or says why not. */
export type Known = Entrance | null

export interface Entrances {
  /** Undefined if nothing is known, or was known of a server that may not be the same any more. */
  readonly known: (resolved: Resolved, life: object) => Known | undefined
  /** Asks the database. `life` is that of the pool when the connection was taken. */
  readonly learn: (resolved: Resolved, connection: WireConnection, life: object) => Promise<Known>
  readonly forget: (resolved: Resolved) => void
}

/** Does the short way serve? It needs statements that stay prepared; without them its text would be parsed and planned in every scope. */
export const mayEnterShort = (resolved: Resolved, options: ScopeOptions): boolean =>
  resolved.pooler === 'none' && !wantsToken(resolved) && (options.isolation === undefined || options.isolation === 'read committed')

// In this order, each with a snapshot of its own: what is read last has not changed since the stamp was read, and cannot while the lock is held.
const learning = ({ tenant, epoch, version, databaseId }: Resolved, hold: readonly Part[]): readonly Part[] => [
  { text: 'begin isolation level read committed read only', values: [], plan: '' },
  ...hold,
  { text: 'select where not tenantry.hold_v1($1)', values: [tenant], plan: '' },
  {
    text: "select set_config('tenantry.stamp', pg_catalog.pg_sequence_last_value('tenantry.placement_stamp')::text, true)",
    values: [],
    plan: '',
  },
  {
    text: `
      select current_setting('tenantry.stamp') as stamp, e.role_name::text as role, e.search_path as "searchPath"
      from tenantry.entrance_v1 e
      where e.tenant_id = $1 and e.epoch = $2 and e.version = $3 and tenantry.database_id() = $4 and current_setting('tenantry.stamp') <> ''`,
    values: [tenant, epoch, version, databaseId],
    plan: '',
    answers: true,
  },
  { text: 'commit', values: [], plan: '' },
]

/** Remembers the entrance of each placement for as long as the placement itself is remembered. */
export function createEntrances(ranges?: Pick<Ranges, 'holds'>): Entrances {
  const entrances = new WeakMap<Resolved, { readonly entrance: Known; readonly life: object }>()
  return {
    known: (resolved, life) => {
      const found = entrances.get(resolved)
      return found?.life === life ? found.entrance : undefined
    },
    learn: async (resolved, connection, life) => {
      // While the home is being migrated, its stamp is new already and its version still old.
      const hold = ranges?.holds(resolved) === true ? [holdPart(resolved)] : []
      const entrance = await ask(resolved, connection, hold)
      entrances.set(resolved, { entrance, life })
      return entrance
    },
    forget: (resolved) => void entrances.delete(resolved),
  }
}

async function ask(resolved: Resolved, connection: WireConnection, hold: readonly Part[]): Promise<Known> {
  try {
    const { rows } = await fly(connection, learning(resolved, hold))
    return (rows[0] as unknown as Entrance | undefined) ?? null
  } catch (error) {
    if (!lacksShortWay(error)) throw error
    await fly(connection, [{ text: 'rollback', values: [], plan: '' }])
    return null
  }
}

/** A database of an older release, or a newer one, or a login that was admitted before there was this way. */
const lacksShortWay = (error: unknown): boolean =>
  error instanceof DriverError &&
  (error.code === '42883' || error.code === '42P01' || error.code === '42501') &&
  /\b((hold|wait|entrance|no_entrance)_v1|placement_stamp)\b/.test(error.message)
