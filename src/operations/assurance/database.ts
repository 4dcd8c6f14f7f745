import { z } from 'zod'
import { lockDatabase, openAssuranceOperation } from '../../catalog/assurance.js'
import type { AcceptContext } from '../../engine/operation.js'
import type { Platform } from '../../engine/platform.js'
import type { Assurance } from '../../kernel/assurance.js'
import type { Database } from '../../postgres/session.js'

export const databaseInput = {
  cluster: z.string().min(1).max(63).describe('Name of the cluster'),
  database: z.string().min(1).max(63).describe('Database of tenants, as `assurance show` names it'),
}

/** A database as operations on its assurance remember it. */
export interface Chosen {
  readonly [key: string]: unknown
  readonly databaseId: string
  readonly adminRef: string
  readonly name: string
  readonly hardened: boolean
  readonly before: Assurance
}

/** Finds the database and holds it until it is journaled that this operation is at work on it: of two at once, one is refused. */
export async function choose(
  { tx, fail }: Pick<AcceptContext<'DATABASE_UNKNOWN' | 'DATABASE_BUSY'>, 'tx' | 'fail'>,
  given: { readonly cluster: string; readonly database: string },
): Promise<Chosen> {
  const found = await tx.maybe(lockDatabase(given.cluster, given.database))
  if (found === undefined) throw fail('DATABASE_UNKNOWN', given)
  const open = await tx.maybe(openAssuranceOperation(given.cluster, given.database))
  if (open !== undefined) throw fail('DATABASE_BUSY', { database: `${given.cluster}/${given.database}`, doing: open.name })
  const { id, adminRef, name, hardened, assurance } = found
  return { databaseId: id, adminRef, name, hardened, before: assurance }
}

export const openedOf = (platform: Platform, { adminRef, name }: Chosen): Database => platform.connect(adminRef, name)
