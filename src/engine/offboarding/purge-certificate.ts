import { occasionOf } from '../../catalog/certificates.js'
import { findTenant } from '../../catalog/tenants.js'
import type { FencingToken } from '../../isolation/fence.js'
import { fault, isFault } from '../../kernel/faults.js'
import { type BackingUp, backUp } from '../backup/back-up.js'
import { placesOf } from '../backup/places.js'
import type { Platform } from '../platform.js'
import { certify, type Signed } from './certificate.js'
import { type ArchiveCopy, copiesOf } from './copies.js'
import type { DestroyedHome, Measured } from './homes.js'

/** What the journal and the certificate say of the final backup. */
export interface FinalBackup {
  readonly id: string
  readonly takenAt: string | null
  readonly verifiedAt: string | null
  readonly expiresAt: string | null
  readonly tables: number | null
  readonly rows: number | null
  readonly bytes: number | null
  readonly fingerprint: string | null
  readonly manifestDigest: string | null
  readonly key: string | null
  readonly stores: readonly string[]
}

const PASSING: ReadonlySet<string> = new Set(['OPERATION_LOST', 'SERVER_UNREACHABLE', 'CATALOG_UNREACHABLE'])

/**
 * Makes the final backup in all places, and reads it back from each. Repeatable. Throws FINAL_BACKUP_FAILED with what was wrong; what may pass comes through
 * as it is, to be tried again.
 */
export async function finalBackup(context: BackingUp, slug: string, tenant: string, keepMs: number | null): Promise<FinalBackup> {
  const { failpoint } = context.platform
  const atBorder = (border: string): Promise<void> => failpoint(`tenant.purge/backup:${border}`)
  try {
    const b = await backUp(context, { tenant, kind: 'final', note: 'before its purge', keepMs, verify: true, atBorder })
    return {
      id: b.id,
      takenAt: b.takenAt?.toISOString() ?? null,
      verifiedAt: b.verifiedAt?.toISOString() ?? null,
      expiresAt: b.expiresAt?.toISOString() ?? null,
      tables: b.tables,
      rows: b.rows,
      bytes: b.bytes,
      fingerprint: b.fingerprint,
      manifestDigest: b.manifestDigest,
      key: b.key,
      stores: [b.store, ...b.copies],
    }
  } catch (error) {
    if (!isFault(error) || PASSING.has(error.code)) throw error
    throw fault('FINAL_BACKUP_FAILED', { tenant: slug, code: error.code, reason: error.message }, { cause: error })
  }
}

/** Archives that a purge leaves where they are, until they expire or their keys are destroyed. */
export interface Kept {
  readonly copies: readonly ArchiveCopy[]
  /** Stores that could not be asked, and why. */
  readonly unasked: readonly { readonly store: string; readonly why: string }[]
}

/** What the stores have of a tenant. One that does not answer is told of: with a waiver it does not stop a purge. */
export async function keptOf(platform: Platform, tenant: string): Promise<Kept> {
  const copies: ArchiveCopy[] = []
  const unasked: { store: string; why: string }[] = []
  for (const store of placesOf(platform).all) {
    try {
      copies.push(...(await copiesOf([store], tenant)))
    } catch (error) {
      if (!isFault(error)) throw error
      unasked.push({ store: store.name, why: error.code })
    }
  }
  return { copies, unasked }
}

export interface PurgeFacts {
  readonly tenant: string
  readonly waiver: string | null
  readonly backup: FinalBackup | null
  readonly measured: readonly Measured[]
  readonly homes: readonly DestroyedHome[]
  readonly kept: Kept
  /** From now on; null: until somebody removes them. */
  readonly keptFor: string | null
}

/** Before the tenant leaves the catalog: what is said of it comes from there. The same facts give the same words. */
export async function certifyPurge(platform: Platform, by: FencingToken, purge: PurgeFacts): Promise<Signed> {
  const { id, slug, name, createdAt, deletedAt, deletedFromReason, stateReason } = await platform.catalog.one(findTenant(purge.tenant))
  const { actor, begunAt } = await platform.catalog.one(occasionOf(by.operation))
  const of = new Map(purge.measured.map(({ home, ...rest }) => [home, rest]))
  return certify(platform, {
    tenant: {
      id,
      slug,
      name,
      createdAt: createdAt.toISOString(),
      deletedAt: deletedAt?.toISOString() ?? null,
      deletedFor: stateReason ?? deletedFromReason,
    },
    operation: { id: by.operation, name: 'tenant.purge', by: actor, begunAt: begunAt.toISOString() },
    endedAt: purge.homes[0]!.lookedAt,
    facts: {
      destroyed: purge.homes.map((one) => ({ ...one, before: of.get(one.home) ?? null, after: 'nothing is left' })),
      finalBackup: purge.backup,
      noFinalBackupBecause: purge.waiver,
      archivesThatStay: purge.kept.copies,
      archivesStayFor: purge.keptFor,
      storesNotAsked: purge.kept.unasked,
    },
  })
}
