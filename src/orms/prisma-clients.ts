import type { Place } from '../client/ambient.js'
import { isOver } from '../client/level.js'
import { fault } from '../kernel/faults.js'

/** The parts of a PrismaClient that are needed. */
export interface PrismaLike {
  readonly $extends: unknown
  $disconnect(): Promise<void>
}

interface Operation {
  readonly args: unknown
  readonly query: (args: unknown) => Promise<unknown>
}

interface Lease {
  readonly client: PrismaLike
  place: Place | undefined
  /** Operations that have begun and not settled. */
  running: number
}

export interface PrismaBounds {
  /** How many clients are kept while nobody uses them. */
  readonly keep: number
  /** How many there are at most. */
  readonly max: number
}

export interface PrismaClients {
  /** The client of the caller's transaction. Throws SCOPE_MISSING outside of any, ORM_BUSY. */
  readonly here: () => PrismaLike
  readonly close: () => Promise<void>
}

/**
 * One client per open transaction: what Prisma is asked for within one tick it sends together, in the context of whoever asked first. So a client serves
 * one transaction at a time, and each operation is held against the one that it serves before Prisma puts it together with others.
 */
export function createPrismaClients(
  create: () => PrismaLike,
  whereAmI: () => Place | undefined,
  { keep, max }: PrismaBounds,
): PrismaClients {
  const byLevel = new WeakMap<object, Lease>()
  const leased = new Set<Lease>()
  const idle: Lease[] = []

  const make = (): Lease => {
    const check = ({ args, query }: Operation): Promise<unknown> => {
      const place = whereAmI()
      if (place === undefined) throw fault('SCOPE_MISSING', {})
      if (isEnded(place)) throw fault('SCOPE_CLOSED', { tenant: place.line.tenant })
      if (place.level !== lease.place?.level) throw fault('ORM_HANDLE', { library: 'Prisma', tenant: place.line.tenant })
      lease.running++
      return query(args).finally(() => {
        lease.running--
      })
    }
    const client = create()
    const extend = client.$extends as (extension: object) => PrismaLike
    const lease: Lease = { client: extend.call(client, { query: { $allOperations: check } }), place: undefined, running: 0 }
    return lease
  }

  /** Takes back the clients of transactions that are over. One that is still at work is given up: what it does must not meet another tenant. */
  const sweep = (): void => {
    for (const lease of leased) {
      if (lease.place !== undefined && !isEnded(lease.place)) continue
      leased.delete(lease)
      lease.place = undefined
      if (lease.running === 0 && idle.length < keep) idle.push(lease)
      else void lease.client.$disconnect().catch(() => {})
    }
  }

  return {
    here: () => {
      const place = whereAmI()
      if (place === undefined) throw fault('SCOPE_MISSING', {})
      if (isEnded(place)) throw fault('SCOPE_CLOSED', { tenant: place.line.tenant })
      let lease = byLevel.get(place.level)
      if (lease === undefined) {
        sweep()
        if (leased.size >= max) throw fault('ORM_BUSY', { library: 'Prisma', open: leased.size })
        lease = idle.pop() ?? make()
        lease.place = place
        leased.add(lease)
        byLevel.set(place.level, lease)
      }
      return lease.client
    },
    close: async () => {
      const all = [...idle.splice(0), ...leased]
      leased.clear()
      await Promise.all(all.map(({ client }) => client.$disconnect()))
    },
  }
}

const isEnded = ({ line, level }: Place): boolean => line.closed || isOver(level)
