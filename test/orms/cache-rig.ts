import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { Redis } from 'ioredis'
import { createClient } from 'redis'
import {
  type Cache,
  type CacheOptions,
  type CacheStore,
  createCache,
  type RedisClient,
  type RedisStoreOptions,
  redisStore,
} from '../../src/cache.js'
import { systemClock } from '../../src/kernel/clock.js'

export const MIGRATIONS = {
  'tenant/20260101000000_product.sql': `-- migrate:up
create table product (
  tenant_id uuid not null default tenantry.tenant(),
  sku text not null,
  price integer not null,
  primary key (tenant_id, sku)
);
-- migrate:down
drop table product;
`,
}

/** What one process of an application has: a client of Redis and a cache on it. */
export interface Wired {
  readonly cache: Cache
  readonly store: CacheStore
  readonly close: () => Promise<void>
}

export type Library = 'redis' | 'ioredis'

async function connectRedis(library: Library, port: number): Promise<{ client: RedisClient; close: () => void }> {
  if (library === 'ioredis') {
    const client = new Redis({ host: '127.0.0.1', port, lazyConnect: true })
    await client.connect()
    return { client, close: () => client.disconnect() }
  }
  const client = createClient({ socket: { host: '127.0.0.1', port, reconnectStrategy: 20 }, disableOfflineQueue: true })
  // Until the cache listens itself.
  client.on('error', () => {})
  await client.connect()
  return { client, close: () => client.destroy() }
}

export async function wire(
  port: number,
  { library = 'redis', ...options }: Partial<RedisStoreOptions> & Partial<CacheOptions> & { readonly library?: Library } = {},
): Promise<Wired> {
  const { client, close } = await connectRedis(library, port)
  const store = redisStore(client, { namespace: 'test', callTimeoutMs: 5_000, ...options })
  const cache = createCache({ store, ...options })
  return {
    cache,
    store,
    close: async () => {
      await cache.close()
      close()
    },
  }
}

/** A way to a server that can be closed: then connections break and new ones are refused. */
export interface Gate {
  readonly port: number
  readonly shut: () => void
  readonly reopen: () => void
  /** Answers come this many milliseconds later from now on; asked for each. */
  readonly late: (ms: () => number) => void
  readonly close: () => Promise<void>
}

export async function openGate(target: number): Promise<Gate> {
  const sockets = new Set<Socket>()
  let open = true
  let lateMs = (): number => 0
  const server = createServer((socket) => {
    if (!open) return socket.destroy()
    const other = connect(target, '127.0.0.1')
    for (const [one, two] of [
      [socket, other],
      [other, socket],
    ] as const) {
      sockets.add(one)
      one.on('error', () => {})
      one.on('close', () => {
        sockets.delete(one)
        two.destroy()
      })
      if (one === socket) one.pipe(two)
      else {
        // One after the other, so that nothing overtakes.
        let before: Promise<unknown> = Promise.resolve()
        one.on('data', (bytes) => {
          const due = systemClock.sleep(lateMs())
          before = Promise.all([before, due]).then(() => two.destroyed || two.write(bytes))
        })
      }
    }
    return undefined
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const cut = (): void => {
    for (const socket of sockets) socket.destroy()
  }
  return {
    port: (server.address() as AddressInfo).port,
    shut: () => {
      open = false
      cut()
    },
    reopen: () => {
      open = true
    },
    late: (ms) => {
      lateMs = ms
    },
    close: async () => {
      cut()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

export async function until(check: () => Promise<boolean> | boolean, withinMs = 15_000): Promise<boolean> {
  for (const end = systemClock.now() + withinMs; systemClock.now() < end; ) {
    if (await check()) return true
    await systemClock.sleep(10)
  }
  return false
}
