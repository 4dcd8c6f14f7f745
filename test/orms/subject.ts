import type pg from 'pg'
import type { Tenantry } from '../../src/index.js'

/** A row of the table `ledger`, of which every tenant has the same ids. */
export interface Row {
  readonly id: number
  readonly owner: string
  readonly secret: string
}

/** What each library is asked for, in its own words. No statement names a tenant. */
export interface Queries {
  readonly byId: (id: number) => Promise<Row | undefined>
  readonly upTo: (id: number) => Promise<readonly Row[]>
  readonly add: (owner: string) => Promise<unknown>
}

export interface Subject extends Queries {
  /** In a transaction of the library's own. */
  readonly inTransaction: <T>(work: (queries: Queries) => Promise<T>) => Promise<T>
  readonly close: () => Promise<void>
}

/** One library, by its door and as people use it without. */
export interface Library {
  readonly name: string
  readonly scoped: (tenantry: Tenantry) => Promise<Subject>
  readonly bare: (config: pg.PoolConfig, schema: string) => Promise<Subject>
}
