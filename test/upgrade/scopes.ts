import { sql } from '../../src/kernel/sql.js'
import type { Rig } from '../faults/rig.js'

export interface SeenScopes {
  readonly failures: readonly string[]
  /** Scopes of each lane. */
  readonly counts: readonly number[]
  readonly longestMs: number
}

/**
 * Scopes of each tenant, one after the other until the end: by a client that was there before, by one that is new each time, and by the wire contract
 * alone, as the first release of the library entered.
 */
export async function scopesWithoutEnd(rig: Rig, slugs: readonly string[]): Promise<{ readonly end: () => Promise<SeenScopes> }> {
  const { fleet } = rig
  let going = true
  let longestMs = 0
  const failures: string[] = []
  const counts: number[] = []
  const lane = async (name: string, scope: () => Promise<void>): Promise<void> => {
    const mine = counts.push(0) - 1
    while (going) {
      const start = performance.now()
      try {
        await scope()
        counts[mine]!++
      } catch (error) {
        failures.push(`${name}: ${error instanceof Error ? error.message : String(error)}`)
      }
      longestMs = Math.max(longestMs, performance.now() - start)
      await new Promise((resolve) => setTimeout(resolve, 5))
    }
  }
  const insert = sql`insert into note (body) values ('on and on')`
  const known = fleet.client()
  const lanes = slugs.flatMap((slug) => {
    let fresh = fleet.client()
    let uses = 0
    return [
      lane(`known ${slug}`, async () => void (await known.tenant(slug).query(insert))),
      lane(`new ${slug}`, async () => {
        if (++uses % 20 === 0) {
          await fresh.close()
          fresh = fleet.client()
        }
        await fresh.tenant(slug).transaction(async (tx) => void (await tx.run(insert)))
      }),
      byWire(rig, slug).then(async ({ scope, close }) => {
        await lane(`wire ${slug}`, scope)
        await close()
      }),
    ]
  })
  return {
    end: async () => {
      going = false
      await Promise.all(lanes)
      return { failures, counts, longestMs }
    },
  }
}

async function byWire(rig: Rig, slug: string): Promise<{ readonly scope: () => Promise<void>; readonly close: () => Promise<void> }> {
  const { eyes, subject } = rig
  const resolve = async () =>
    (await eyes.see<{ found: Record<string, string> }>(subject.catalog, 'select catalog.resolve_v1($1) as found', [slug]))[0]!.found
  const first = await resolve()
  const client = await eyes.session(first.database!, { user: first.login!, password: subject.password })
  return {
    scope: async () => {
      const { tenant, epoch, version, databaseId } = await resolve()
      await client.query('begin')
      await client.query("select set_config('role', tenantry.enter_v1($1, $2, $3, $4, '', ''), true)", [tenant, epoch, version, databaseId])
      await client.query("insert into note (body) values ('on and on')")
      await client.query('commit')
    },
    close: () => client.end(),
  }
}
