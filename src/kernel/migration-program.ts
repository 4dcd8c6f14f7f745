import type { Sql } from './sql.js'

/**
 * What a data step works with: the rows of all tenants of one home, as the owner of its tables, in the transaction that also writes its entry in the
 * ledger. Statements that are not select, insert, update, delete, merge, with, values or table throw STATEMENT_REFUSED.
 */
export interface MigrationDoor {
  readonly rows: <Row>(statement: Sql<Row>) => Promise<readonly Row[]>
  readonly one: <Row>(statement: Sql<Row>) => Promise<Row>
  readonly maybe: <Row>(statement: Sql<Row>) => Promise<Row | undefined>
  /** Runs it for its effect; answers how many rows it touched. */
  readonly run: (statement: Sql) => Promise<number>
  /** The rows of a query, a batch at a time, so that a large table does not have to fit into memory. Default size: 1,000. */
  readonly batches: <Row>(statement: Sql<Row>, size?: number) => AsyncIterable<readonly Row[]>
  /** The tag that statements are written with; the same as `import { sql } from 'tenantry'`. */
  readonly sql: <Row = unknown>(template: TemplateStringsArray, ...values: readonly unknown[]) => Sql<Row>
}

/** A data step: the default export of `<version>_<title>.ts`. */
export interface MigrationProgram {
  readonly up: (door: MigrationDoor) => Promise<void>
  /** What `migrate down` runs. Without it, the step cannot be undone. */
  readonly down?: (door: MigrationDoor) => Promise<void>
  /** How long it may take in one home, such as `5min`. Default: 60s. */
  readonly timeout?: string
}

/** Types the default export of a data step. */
export const defineMigration = (program: MigrationProgram): MigrationProgram => program
