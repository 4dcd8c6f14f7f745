import type { Tenantry } from '../client/tenantry.js'
import { type Fault, fault } from '../kernel/faults.js'
import { levelHere, placeHere } from '../orms/here.js'
import { scopedDialect } from '../orms/knex-dialect.js'
import { OWN_ADDRESS, OWN_SCHEMA, refuseOptions } from '../orms/refuse.js'
import { tenantPool } from '../pool/tenant-pool.js'

const REFUSED = {
  driverOptions: 'the door brings its own',
  clientUrl: OWN_ADDRESS,
  host: OWN_ADDRESS,
  port: OWN_ADDRESS,
  user: OWN_ADDRESS,
  password: OWN_ADDRESS,
  pool: 'the scope has the only connection',
  replicas: OWN_ADDRESS,
  schema: OWN_SCHEMA,
  context: 'each transaction has an EntityManager of its own already',
  allowGlobalContext: 'an EntityManager that scopes share shows the entities of one tenant to another',
  resultCache: 'it is keyed by the query only, which is the same for all tenants',
}

const VERSION_6 = 'this door is for MikroORM 6; give it PostgreSqlKnexDialect of the same copy as MikroORM'

const wrongDialect = (): Fault => fault('ORM_WIRING', { library: 'MikroORM', what: 'the dialect', step: VERSION_6 })

/** The parts of MikroORM that are needed. */
interface Orm {
  readonly em: Manager
}

interface Manager {
  fork(options: { disableContextResolution: boolean }): Manager
  getContext(validate?: boolean): Manager
  /** Without Knex from version 7 on. */
  getConnection(): { getKnex?(): { readonly client: unknown } }
}

export interface TenantMikroOrmOptions {
  /** `PostgreSqlKnexDialect` from `@mikro-orm/postgresql`. */
  readonly dialect: unknown
  readonly extensions?: readonly object[]
}

/** What the door adds to the options; the types are MikroORM's concern. */
export interface TenantMikroOrmWiring {
  readonly dbName: string
  readonly connect: false
  readonly driverOptions: { readonly client: never; readonly version: string }
  readonly context: () => never
  readonly resultCache: { readonly adapter: never }
  readonly extensions: never[]
}

/**
 * The options of a long-lived MikroORM 6 whose `orm.em` is, wherever it is used, an EntityManager of the caller's transaction: `MikroORM.init(
 * tenantMikroOrm(tenantry, { dialect: PostgreSqlKnexDialect, entities }))`. An identity map never outlives a transaction, nor do two share one. Throws
 * ORM_OPTION on an option that leaks, as `find(…, { cache })` does later, and ORM_WIRING without the dialect of MikroORM 6. Outside of a scope `orm.em`
 * refuses to be used.
 */
export function tenantMikroOrm<Options extends TenantMikroOrmOptions>(
  tenantry: Tenantry,
  { dialect, extensions = [], ...options }: Options,
): Omit<Options, 'dialect' | 'extensions'> & TenantMikroOrmWiring {
  refuseOptions('MikroORM', options, REFUSED)
  if (typeof dialect !== 'function') throw wrongDialect()
  const scoped = scopedDialect(dialect, tenantPool(tenantry)) as abstract new () => object
  const managers = new WeakMap<object, Manager>()
  let manager: Manager | undefined

  const context = (): Manager | undefined => {
    const level = levelHere(tenantry)
    if (level === undefined || manager === undefined) return undefined
    let mine = managers.get(level)
    if (mine === undefined) {
      mine = manager.fork({ disableContextResolution: true })
      managers.set(level, mine)
    }
    return mine
  }

  const wiring = {
    dbName: 'the-tenant',
    ...options,
    connect: false,
    driverOptions: { client: scoped, version: '15.0' },
    context,
    resultCache: { adapter: NoResultCache },
    // The last thing that MikroORM does at its start is to show itself to those who extend it.
    extensions: [
      ...extensions,
      {
        register: ({ em }: Orm) => {
          if (!(em.getConnection().getKnex?.().client instanceof scoped)) throw wrongDialect()
          Object.setPrototypeOf(em, boundManager(tenantry, em))
          manager = em
        },
      },
    ],
  }
  return wiring as unknown as Omit<Options, 'dialect' | 'extensions'> & TenantMikroOrmWiring
}

/**
 * The same EntityManager, whose forks remember in which transaction they were made and serve no other: what they have read of one tenant stays in their
 * identity map. (A class, since MikroORM makes forks of what `constructor` is.)
 */
function boundManager(tenantry: Tenantry, global: Manager): object {
  const madeIn = new WeakMap<Manager, object | undefined>()
  const refuseStray = (manager: Manager): void => {
    if (madeIn.has(manager) && madeIn.get(manager) !== levelHere(tenantry)) throw strayManager(tenantry)
  }
  const Base = global.constructor as new (...args: unknown[]) => Manager
  class BoundManager extends Base {
    constructor(...args: unknown[]) {
      super(...args)
      madeIn.set(this, levelHere(tenantry))
    }

    override getContext(validate?: boolean): Manager {
      // While it is being made it asks itself already.
      refuseStray(this)
      // MikroORM prefers the one of its own transaction, which work that has outlived it still finds.
      const manager = super.getContext(validate)
      refuseStray(manager)
      return manager
    }
  }
  return BoundManager.prototype
}

function strayManager(tenantry: Tenantry): Fault {
  const place = placeHere(tenantry)
  if (place === undefined) return fault('SCOPE_MISSING', {})
  const { tenant, closed } = place.line
  return closed ? fault('SCOPE_CLOSED', { tenant }) : fault('ORM_HANDLE', { library: 'MikroORM', tenant })
}

/** MikroORM makes the cache itself, by `new`. */
class NoResultCache {
  get(): never {
    throw fault('ORM_OPTION', { library: 'MikroORM', option: 'cache', why: REFUSED.resultCache })
  }
  set(): void {}
  remove(): void {}
  clear(): void {}
}
