import type { Tenantry } from '../client/tenantry.js'
import { fault } from '../kernel/faults.js'
import { placeHere } from '../orms/here.js'
import { createPrismaClients, type PrismaLike } from '../orms/prisma-clients.js'
import { prismaPool } from '../orms/prisma-pool.js'
import { HOME_SCHEMA } from '../orms/prisma-text.js'
import { type TenantPoolOptions, tenantPool } from '../pool/tenant-pool.js'

const TWO_COPIES = 'it has another copy of pg: `npm dedupe` joins them, or give the door that copy as its option "pg"'

export interface TenantPrismaOptions<Adapter, Client> extends TenantPoolOptions {
  /** The class of that name from `@prisma/adapter-pg`. */
  readonly PrismaPg: new (
    pool: never,
    options: never,
  ) => Adapter
  /** Makes one PrismaClient, with this adapter and whatever options and extensions the application wants. */
  readonly create: (adapter: Adapter) => Client
  /** How many clients are kept for later while no transaction uses them. A new one takes some 3 to 20 ms of work and 1 to 3 MB. Default 20. */
  readonly keep?: number
  /** How many transactions may use Prisma at once; one more is refused with ORM_BUSY. Default 100. */
  readonly max?: number
}

export interface TenantPrisma<Client> {
  /**
   * The PrismaClient of the scope, or nested transaction, in which the caller stands. Throws SCOPE_MISSING outside of one, SCOPE_CLOSED after its end,
   * ORM_BUSY when too many transactions use Prisma already.
   */
  (): Client
  /** Disconnects all clients. */
  readonly close: () => Promise<void>
}

/**
 * PrismaClients that speak in the scope of the caller, each for one transaction at a time: a shared one would send what two tenants ask for in the same
 * tick as one of them. Ask for the client by `prisma()` where it is used; one that was kept from another transaction fails with ORM_HANDLE. Throws
 * ORM_WIRING when the adapter has another copy of `pg` than Tenantry.
 */
export function tenantPrisma<Adapter, Client extends PrismaLike>(
  tenantry: Tenantry,
  { PrismaPg, create, keep = 20, max = 100, ...options }: TenantPrismaOptions<Adapter, Client>,
): TenantPrisma<Client> {
  const pool = prismaPool(tenantPool(tenantry, options))
  const make = (): Client => {
    const adapter = new PrismaPg(pool as never, { schema: HOME_SCHEMA } as never)
    // An adapter that does not know our pool takes it for an address, and would connect to wherever the environment says.
    if ((adapter as { externalPool?: unknown }).externalPool !== pool)
      throw fault('ORM_WIRING', { library: '@prisma/adapter-pg', what: 'the pool', step: TWO_COPIES })
    return create(adapter)
  }
  const clients = createPrismaClients(make, () => placeHere(tenantry), { keep, max })
  return Object.assign(() => clients.here() as Client, { close: clients.close })
}
