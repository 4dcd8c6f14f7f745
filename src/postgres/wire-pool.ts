import pg from 'pg'
import { systemClock } from '../kernel/clock.js'
import { fault } from '../kernel/faults.js'
import { addressOf, type ConnectionConfig, driverOptions } from './connection.js'
import type { Cutter } from './cutter.js'
import { connectionFault } from './errors.js'
import type { WireConnection } from './flight.js'

export interface WirePoolOptions {
  /** Connections at most. */
  readonly max: number
  /** Named prepared statements: false behind a pooler that does not follow them. */
  readonly prepare: boolean
  /** How long a caller waits for a free connection. */
  readonly acquireTimeoutMs: number
  readonly idleTimeoutMs: number
  /** How long a flight may stay without its answer before its connection is cut. */
  readonly answerTimeoutMs: number
  readonly applicationName: string
  /** For rehearsals: cuts its connections now and then. */
  readonly cutter?: Cutter | undefined
  /** Told of each connection that was opened. */
  readonly onOpen?: () => void
}

/** A pool whose only promise is speed and cleanliness: a connection that is not provably clean is destroyed, never handed on. */
export interface WirePool {
  /** An idle connection, if there is one. */
  readonly tryAcquire: () => WireConnection | undefined
  readonly acquire: () => Promise<WireConnection>
  /** Gives a connection back. It is kept only when it stands outside of any transaction and `destroy` is not set. */
  readonly release: (connection: WireConnection, destroy?: boolean) => void
  /** Closes the connections that nobody uses. */
  readonly closeIdle: () => void
  /** Since when its latest idle connection has been so, in milliseconds since 1970; undefined when none is. */
  readonly idleSince: () => number | undefined
  readonly end: () => Promise<void>
  /**
   * Another object whenever a connection has broken, or none is left. As long as it is the same, the server has not gone down in between, nor has
   * another taken its place: what it said is still its word.
   */
  readonly life: () => object
  readonly counts: () => { readonly open: number; readonly idle: number; readonly waiting: number }
}

interface Waiter {
  readonly resolve: (connection: WireConnection) => void
  readonly reject: (error: unknown) => void
  readonly timer: NodeJS.Timeout
}

export function openWirePool(config: ConnectionConfig, options: WirePoolOptions): WirePool {
  const idle: WireConnection[] = []
  const waiting: Waiter[] = []
  const all = new Set<WireConnection>()
  let opening = 0
  let ended = false
  let life: object = {}
  const server = addressOf(config)

  const forget = (connection: WireConnection): void => {
    connection.broken = true
    all.delete(connection)
    const at = idle.indexOf(connection)
    if (at >= 0) idle.splice(at, 1)
    if (all.size === 0) life = {}
  }

  const lose = (connection: WireConnection): void => {
    if (all.has(connection)) life = {}
    forget(connection)
  }

  const open = async (): Promise<WireConnection> => {
    opening++
    const client = new pg.Client({ ...driverOptions(config, options.applicationName) })
    const connection: WireConnection = {
      client,
      server,
      statements: options.prepare ? new Map() : undefined,
      doubtful: [],
      counter: 0,
      idleSince: 0,
      broken: false,
      answerTimeoutMs: options.answerTimeoutMs,
      answerBy: 0,
    }
    client.on('error', () => lose(connection))
    client.on('end', () => lose(connection))
    try {
      await client.connect()
      options.cutter?.attach(client)
      all.add(connection)
      options.onOpen?.()
      return connection
    } catch (error) {
      throw connectionFault(error, server)
    } finally {
      opening--
    }
  }

  const destroy = (connection: WireConnection): void => {
    forget(connection)
    // Terminate, and do not wait for a server that may be busy with what we no longer want.
    connection.client.end().catch(() => {})
    const { stream } = (connection.client as unknown as { connection: { stream: { destroy(): void } } }).connection
    setTimeout(() => stream.destroy(), 100).unref()
  }

  /** Somebody waits and there is room again: open one for the first in the queue. */
  const refill = (): void => {
    if (waiting.length === 0 || ended || all.size + opening >= options.max) return
    open().then(
      (connection) => hand(connection),
      (error) => {
        const waiter = waiting.shift()
        if (waiter !== undefined) {
          clearTimeout(waiter.timer)
          waiter.reject(error)
        }
        refill()
      },
    )
  }

  const hand = (connection: WireConnection): void => {
    if (ended) {
      destroy(connection)
      return
    }
    const waiter = waiting.shift()
    if (waiter !== undefined) {
      clearTimeout(waiter.timer)
      waiter.resolve(connection)
      return
    }
    connection.idleSince = systemClock.now()
    idle.push(connection)
  }

  const reaper = setInterval(() => {
    const now = systemClock.now()
    // A server or a network that has gone silent says nothing, not even that it is gone.
    for (const connection of all) if (connection.answerBy > 0 && connection.answerBy < now) destroy(connection)
    if (ended && all.size === 0) clearInterval(reaper)
    const before = now - options.idleTimeoutMs
    // The longest idle are at the bottom: the pool is a stack, so that few connections stay warm.
    while (idle.length > 0 && idle[0]!.idleSince < before) destroy(idle[0]!)
  }, 1_000)
  reaper.unref()

  return {
    tryAcquire: () => (ended ? undefined : idle.pop()),
    acquire: () => {
      const connection = idle.pop()
      if (connection !== undefined) return Promise.resolve(connection)
      if (ended) return Promise.reject(fault('SERVER_UNREACHABLE', { server, reason: 'this Tenantry has been closed' }))
      if (all.size + opening < options.max) {
        return open().catch((error: unknown) => {
          // Whoever queued behind this attempt must not wait for a connection that nobody opens.
          refill()
          throw error
        })
      }
      return new Promise((resolve, reject) => {
        const waiter: Waiter = {
          resolve,
          reject,
          timer: setTimeout(() => {
            waiting.splice(waiting.indexOf(waiter), 1)
            reject(
              fault('SERVER_UNREACHABLE', {
                server,
                reason: `no connection became free within ${options.acquireTimeoutMs} ms (${options.max} in use)`,
              }),
            )
          }, options.acquireTimeoutMs),
        }
        waiting.push(waiter)
      })
    },
    release: (connection, destroyIt = false) => {
      if (connection.broken || destroyIt || ended || connection.client.getTransactionStatus() !== 'I') {
        destroy(connection)
        refill()
        return
      }
      hand(connection)
    },
    closeIdle: () => {
      while (idle.length > 0) destroy(idle[0]!)
    },
    idleSince: () => idle.at(-1)?.idleSince,
    end: async () => {
      ended = true
      for (const waiter of waiting.splice(0)) {
        clearTimeout(waiter.timer)
        waiter.reject(fault('SERVER_UNREACHABLE', { server, reason: 'this Tenantry has been closed' }))
      }
      await Promise.all([...idle].map((connection) => connection.client.end().catch(() => {})))
    },
    life: () => life,
    counts: () => ({ open: all.size, idle: idle.length, waiting: waiting.length }),
  }
}
