import { insertSigningKey, signingKeys } from '../catalog/assurance.js'
import { databaseById, insertDatabase } from '../catalog/clusters.js'
import { type Assurance, isSigned, type SigningKey } from '../kernel/assurance.js'
import { randomBytes } from '../kernel/clock.js'
import type { Session } from '../postgres/session.js'
import type { Platform } from './platform.js'

const KEY_BYTES = 32

export const newSigningKey = (id: number): SigningKey => ({ id, key: randomBytes(KEY_BYTES) })

/** Tells the catalog of a database that is to be made, and of the key that its tokens are signed with where it wants any. */
export async function reserveDatabase(tx: Session, id: string, cluster: string, name: string, assurance: Assurance): Promise<void> {
  await tx.run(insertDatabase(id, cluster, name, assurance))
  if (isSigned(assurance)) await tx.run(insertSigningKey(id, newSigningKey(1)))
}

/** What a database is to be made with, as the catalog has it: keys are never in the journal. */
export async function assuranceOf(
  platform: Platform,
  database: string,
): Promise<{ readonly level: Assurance; readonly keys: readonly SigningKey[] }> {
  const { assurance } = await platform.catalog.one(databaseById(database))
  return { level: assurance, keys: await platform.catalog.rows(signingKeys(database)) }
}
