import type { TenantDatabase } from '../../catalog/clusters.js'
import type { HomeFingerprint, StandingCorrection } from '../../catalog/drift.js'
import type { Home } from '../../catalog/homes.js'
import type { Platform } from '../../engine/platform.js'
import { tenantColumnOf } from '../../isolation/model.js'
import type { Database } from '../../postgres/session.js'
import type { CheckedMigrations } from '../../schema/check.js'
import { expectedFacts } from '../../schema/drift/expected.js'
import { type Fact, fingerprintOfFacts } from '../../schema/drift/facts.js'
import { digestsOf, look } from '../../schema/drift/look.js'
import { standingsOf } from '../../schema/drift/standing.js'
import { beginningOf } from '../../schema/migration.js'

/** What the files make of a home of one kind; or why they cannot say. */
export type Expected = { readonly facts: readonly Fact[]; readonly fingerprint: string } | { readonly reason: string }

/** Built once per cluster: its databases run the same version and have the same extensions. */
export type Expectations = (opened: Database, place: TenantDatabase, home: Home) => Promise<Expected>

export function createExpectations(platform: Platform, tracks: CheckedMigrations['tracks']): Expectations {
  const known = new Map<string, Promise<Expected>>()
  return (opened, place, home) => {
    const key = JSON.stringify([place.clusterId, home.track, home.digest, home.isolation])
    const asked = known.get(key) ?? build(opened, home)
    known.set(key, asked)
    return asked
  }

  async function build(opened: Database, home: Home): Promise<Expected> {
    const files = beginningOf(home.digest, tracks.get(home.track) ?? [])
    if (files === undefined) return { reason: 'what these homes have applied is no beginning of the files that are here' }
    try {
      const column = tenantColumnOf(home, platform.config.tenantColumn)
      const facts = await opened.transaction((session) => expectedFacts(session, files, home, platform.names, column))
      return { facts, fingerprint: fingerprintOfFacts(facts, 'all') }
    } catch (error) {
      platform.log.warn({ track: home.track, version: home.version, cause: String(error) }, 'the files cannot be run in a scratch home')
      return { reason: `the files cannot be run in a scratch home: ${(error as Error).message}` }
    }
  }
}

// A batch is one statement, whose memory on the server grows with it.
const BATCH = 50

export interface Scanned {
  readonly fingerprints: readonly HomeFingerprint[]
  /** Homes whose own ledger says something else than the catalog, with what it says. */
  readonly corrections: readonly StandingCorrection[]
}

/** Fingerprints of the homes of a database, against what their own ledgers say that they have applied. */
export async function fingerprintsIn(
  platform: Platform,
  opened: Database,
  place: TenantDatabase,
  homes: readonly Home[],
  expectations: Expectations,
): Promise<Scanned> {
  const fingerprints: HomeFingerprint[] = []
  const corrections: StandingCorrection[] = []
  // Homes that are alike have the same digest, so that only one of them is asked for all that it has.
  const canonical = new Map<string, string>()
  for (let at = 0; at < homes.length; at += BATCH) {
    const batch = homes.slice(at, at + BATCH)
    const looked = await opened.transaction(
      async (session) => {
        const standings = new Map((await session.rows(standingsOf(batch.map(({ id }) => id)))).map((one) => [one.id, one]))
        const there = batch.flatMap((home) => {
          const standing = standings.get(home.id)
          return standing === undefined ? [] : [{ ...home, ...standing, believed: home.digest }]
        })
        const digests = new Map((await session.rows(digestsOf(there, platform.names))).map(({ schema, digest }) => [schema, digest]))
        for (const home of there) {
          const digest = digests.get(home.schema)
          if (digest !== undefined && !canonical.has(digest))
            canonical.set(digest, fingerprintOfFacts(await look(session, home, platform.names), 'all'))
        }
        return there.flatMap((home) => {
          const digest = digests.get(home.schema)
          return digest === undefined ? [] : [{ home, fingerprint: canonical.get(digest)! }]
        })
      },
      // All of a batch as of one moment, and its standing as well.
      { isolation: 'repeatable read', readOnly: true },
    )
    for (const { home, fingerprint } of looked) {
      const expected = await expectations(opened, place, home)
      if (home.digest !== home.believed)
        corrections.push({ home: home.id, believed: home.believed, version: home.version, applied: home.applied, digest: home.digest })
      fingerprints.push({ home: home.id, digest: home.digest, fingerprint, expected: 'facts' in expected ? expected.fingerprint : null })
    }
  }
  return { fingerprints, corrections }
}
