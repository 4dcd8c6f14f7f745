import pg from 'pg'
import { vi } from 'vitest'
import { stopwatch } from '../../src/kernel/clock.js'
import { sql } from '../../src/kernel/sql.js'
import type { Fleet } from '../../src/testing/fleet.js'
import { gate } from '../support/gate.js'

/** A tenant that says more on its connection than the library lets it, as SQL that was smuggled into a statement does. */
export interface Trap {
  /** Whatever it likes, inside its scope. Rejects when it is stopped. */
  readonly say: (text: string) => Promise<unknown>
  readonly pid: number
  /** How its scope ended: `committed`, or the code of a fault. */
  readonly end: () => Promise<string>
}

export async function enter(fleet: Fleet, slug: string): Promise<Trap> {
  const connects = vi.spyOn(pg.Client.prototype, 'connect')
  const app = fleet.client({ maxConnections: 1 })
  const { opened: told, open: leave } = gate()
  let entered: (pid: number) => void = () => {}
  const inside = new Promise<number>((resolve) => {
    entered = resolve
  })
  const scope = app
    .tenant(slug)
    .transaction(async (tx) => {
      entered((await tx.one(sql<{ pid: number }>`select pg_backend_pid() as pid`)).pid)
      await told
      await tx.rows(sql`select 1`)
    })
    .then(
      () => 'committed',
      (error: { code?: string }) => error.code ?? String(error),
    )
  const pid = await inside
  // Others connect meanwhile: the one that is inside is known by the number of its process.
  const client = connects.mock.contexts.find((one) => (one as { processID?: number }).processID === pid) as pg.Client
  connects.mockRestore()
  return {
    say: (text) => client.query(text),
    pid,
    end: async () => {
      leave()
      const ended = await scope
      await app.close()
      return ended
    },
  }
}

/** How an act ends, and after how many milliseconds. */
export async function timed(what: Promise<unknown>): Promise<{ readonly outcome: string; readonly ms: number }> {
  const elapsed = stopwatch()
  const outcome = await what.then(
    () => 'done',
    (error: { code?: string }) => error.code ?? String(error),
  )
  return { outcome, ms: elapsed() }
}
