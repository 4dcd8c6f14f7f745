import type { Resolved } from '../catalog/resolve.js'
import { fly, type Part, type WireConnection } from '../postgres/flight.js'
import type { ScopeOptions } from './options.js'

/** A placement as its database has it, and the stamp until whose change it is so. */
export interface Entrance {
  readonly stamp: string
  readonly role: string
  readonly searchPath: string
}

export interface Entrances {
  readonly known: (resolved: Resolved) => Entrance | undefined
  /** Asks the database; undefined if it has not exactly what the catalog says, which `enter_v1` then explains. */
  readonly learn: (resolved: Resolved, connection: WireConnection) => Promise<Entrance | undefined>
  readonly forget: (resolved: Resolved) => void
}

/** Does the short way serve? It needs statements that stay prepared; without them its text would be parsed and planned in every scope. */
export const mayEnterShort = (resolved: Resolved, options: ScopeOptions): boolean =>
  resolved.pooler === 'none' && (options.isolation === undefined || options.isolation === 'read committed')

// In this order, each with a snapshot of its own: what is read last has not changed since the stamp was read, and cannot while the lock is held.
const learning = ({ tenant, epoch, version, databaseId }: Resolved): readonly Part[] => [
  { text: 'begin isolation level read committed read only', values: [], plan: '' },
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
export function createEntrances(): Entrances {
  const entrances = new WeakMap<Resolved, Entrance>()
  return {
    known: (resolved) => entrances.get(resolved),
    learn: async (resolved, connection) => {
      const { rows } = await fly(connection, learning(resolved))
      const entrance = rows[0] as unknown as Entrance | undefined
      if (entrance !== undefined) entrances.set(resolved, entrance)
      return entrance
    },
    forget: (resolved) => void entrances.delete(resolved),
  }
}
