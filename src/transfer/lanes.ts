import type { Fault } from '../kernel/faults.js'
import { literal, type Sql, sql } from '../kernel/sql.js'
import type { Lane } from '../postgres/lane.js'

/** Connections that look through one snapshot, each used by one at a time. */
export interface Lanes {
  /** Waits until one is free; opens another where there may be more. `only` waits for that one. Throws what `lost` makes when none is left. */
  readonly take: (only?: Lane) => Promise<{ readonly lane: Lane; readonly giveBack: () => void }>
  readonly close: () => Promise<void>
}

interface Waiter {
  readonly only: Lane | undefined
  readonly take: (lane: Lane) => void
  readonly lose: () => void
}

/** The first lane is there; others, `most` in all, are opened when somebody would have to wait. */
export function lanesBeside(first: Lane, most: number, open: () => Promise<Lane>, lost: () => Fault): Lanes {
  const all = new Set<Lane>([first])
  const idle = new Set<Lane>([first])
  const waiting = new Set<Waiter>()
  let opening = 0
  let closed = false

  const giveBack = (lane: Lane): void => {
    if (lane.broken()) {
      all.delete(lane)
      for (const one of waiting) if (one.only === lane || (all.size === 0 && opening === 0)) one.lose()
      return
    }
    const next = [...waiting].find(({ only }) => only === undefined || only === lane)
    if (next === undefined) idle.add(lane)
    else next.take(lane)
  }
  const one = async (only?: Lane): Promise<Lane> => {
    if (closed || (only ?? first).broken()) throw lost()
    const free = only === undefined ? [...idle][0] : idle.has(only) ? only : undefined
    if (free !== undefined) {
      idle.delete(free)
      return free
    }
    if (only === undefined && all.size + opening < most) {
      opening++
      try {
        const made = await open()
        // Closed meanwhile: nobody else knows of it.
        if (closed) await made.close()
        else all.add(made)
        return made
      } finally {
        opening--
      }
    }
    return new Promise((resolve, reject) => {
      const waiter: Waiter = {
        only,
        take: (lane) => {
          waiting.delete(waiter)
          resolve(lane)
        },
        lose: () => {
          waiting.delete(waiter)
          reject(lost())
        },
      }
      waiting.add(waiter)
    })
  }
  return {
    take: async (only) => {
      const lane = await one(only)
      if (lane.broken()) {
        giveBack(lane)
        throw lost()
      }
      return { lane, giveBack: () => giveBack(lane) }
    },
    close: async () => {
      closed = true
      for (const waiter of waiting) waiter.lose()
      await Promise.all([...all].map((lane) => lane.close()))
    },
  }
}

/** Opens one that looks through a snapshot which another has exported, and runs `begun` in it. */
export async function laneThrough(exported: string, open: () => Promise<Lane>, begun: Sql): Promise<Lane> {
  const lane = await open()
  try {
    await lane.session.script(sql`begin isolation level repeatable read read only; set transaction snapshot ${literal(exported)}`)
    await lane.session.script(begun)
    return lane
  } catch (error) {
    await lane.close()
    throw error
  }
}
