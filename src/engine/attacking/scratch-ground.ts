import type { Resolved } from '../../catalog/resolve.js'
import { entryParts } from '../../client/entry.js'
import { createTenantryWith } from '../../client/tenantry.js'
import { createTokens } from '../../client/tokens.js'
import { believedKeys, isSignedPlacement } from '../../isolation/assurance.js'
import type { Attack, Names } from '../../isolation/attacks/attack.js'
import { lookAtWalls } from '../../isolation/attacks/look-at-walls.js'
import {
  columnOf,
  digestsOf,
  emptyTables,
  fillAccounts,
  fillTables,
  lookAtAccounts,
  lookAtRows,
  type ScratchRows,
} from '../../isolation/attacks/scratch-tables.js'
import { assertFence, type FencingToken } from '../../isolation/fence.js'
import { disownRole, ensureHomeRole } from '../../isolation/roles.js'
import { raiseHomeWalls } from '../../isolation/walls.js'
import { newId } from '../../kernel/clock.js'
import { fault } from '../../kernel/faults.js'
import { passwordOf } from '../../kernel/own-password.js'
import { ident, join, literal, type Sql, sql } from '../../kernel/sql.js'
import type { TokenKey } from '../../kernel/token.js'
import { type Heard, openRawLine, type RawLine } from '../../postgres/raw-line.js'
import type { Database, Session } from '../../postgres/session.js'
import { catalogConnection, type Platform, serverOf } from '../platform.js'
import { failed } from './attempt.js'
import type { Ground, Look, Who } from './ground.js'
import { knowing } from './knowing.js'
import { migrateScratch, type ScratchPair, type ScratchTenant } from './scratch.js'

// The certificates are in the administrator's connection string already; no reference of the user's is called so.
const AUTHORITIES = 'scratch:authorities'
const VICTIM_PRICE = 918_273_645

// Whatever an attack would make the server do, it is over soon.
const BEGIN = sql`begin isolation level read committed read write; set local statement_timeout = '5s'; set local lock_timeout = '5s'`

export interface ScratchGround extends Ground {
  readonly close: () => Promise<void>
}

type Closers = (() => Promise<unknown> | undefined)[]

/** The walls of a cluster as they are, with a scratch pair on both sides of them. */
export async function openScratchGround(platform: Platform, pair: ScratchPair, by: FencingToken): Promise<ScratchGround> {
  const opened: Closers = []
  const close = async (): Promise<void> => {
    await Promise.all(opened.map((one) => one()))
  }
  try {
    return Object.assign(await layGround(platform, pair, by, opened), { close })
  } catch (error) {
    await close()
    throw error
  }
}

/** Whatever it opens, it adds to `opened` at once. */
async function layGround(platform: Platform, pair: ScratchPair, by: FencingToken, opened: Closers): Promise<Ground> {
  const { attacker, victim } = pair
  const { tenantColumn } = platform.config
  const run = newId().slice(0, 8)
  const marks = { attacker: `mine-${run}`, victim: `theirs-${run}`, hidden: `hidden-${run}` }
  // Straight to the server, as its administrator comes there; but for the certificate, which is the administrator's own.
  const { host, port, tls, ca } = serverOf(platform.config, platform.secrets, pair.adminRef)
  const at = (place: ScratchTenant): Database => platform.connect(pair.adminRef, place.database.name)
  const own = pair.isolation === 'database'
  // The column of scratch platform tables, where they are.
  const ownPlatform = own ? tenantColumn : null

  const resolved = async (place: ScratchTenant): Promise<Resolved> => {
    const { tenant, home, database } = place
    return {
      ...{ tenant, slug: tenant, state: 'active', isolation: pair.isolation, home: home.id, schema: home.schema, version: '1', epoch: '1' },
      ...{ databaseId: database.id, database: database.name, login: home.login, host, port },
      ...{
        tls: tls === 'verify-full',
        sslmode: tls,
        ca: ca === undefined ? null : AUTHORITIES,
        pooler: 'none' as const,
        secret: pair.appSecret,
      },
      signing: await keyOf(at(place), tenant),
    }
  }
  const places = { attacker: await resolved(attacker), victim: await resolved(victim) }
  const tokens = createTokens()

  const databaseAt: Readonly<Record<NonNullable<Attack['at']>, string>> = {
    own: attacker.database.name,
    other: victim.database.name,
    maintenance: 'postgres',
    catalog: catalogConnection(platform.config, platform.secrets).database,
  }
  const lineAs = (login: string, database: string): Promise<RawLine> => {
    const password = passwordOf(login, platform.secrets(pair.appSecret))
    return openRawLine({ host, port, tls, ca, user: login, password, database }, 'tenantry attack')
  }
  const line: Ground['line'] = (where) => lineAs(attacker.home.login, databaseAt[where])

  const enter = async (raw: RawLine, who: Who): Promise<Heard> => {
    let heard = await raw.say(BEGIN)
    for (const { text, values } of entryParts(places[who], {}, null, tokens)) if (heard.code === 'ok') heard = await raw.ask(text, values)
    return heard
  }

  // Whoever cannot even enter its own tenant attacks nothing, and nothing would come through.
  const assertIn = (who: Who, { code }: Heard): void => {
    if (code !== 'ok')
      throw fault('OPERATION_FAILED', { operation: run, reason: `the scratch tenant of the ${who} cannot be entered: ${code}` })
  }
  const trial = await line('own')
  try {
    assertIn('attacker', await enter(trial, 'attacker'))
  } finally {
    await trial.end()
  }

  // Its statement stays to be seen by whoever can look at other sessions.
  let victimLine: RawLine | undefined
  opened.push(() => victimLine?.end())
  const keepVictim = async (): Promise<void> => {
    if (victimLine !== undefined && !victimLine.broken()) return
    victimLine = await lineAs(victim.home.login, victim.database.name)
    assertIn('victim', await enter(victimLine, 'victim'))
    await victimLine.say(sql`commit`)
    await victimLine.say(sql`select ${literal(`${marks.victim}-activity`)}`)
  }
  await keepVictim()

  const tenantry = createTenantryWith(knowing([places.attacker, places.victim]), {
    secrets: (reference) => (reference === AUTHORITIES && ca !== undefined ? ca : platform.secrets(reference)),
    ...(platform.config.transport === undefined ? {} : { transport: platform.config.transport }),
    applicationName: 'tenantry attack',
    maxConnections: 1,
  })
  opened.push(() => tenantry.close())
  const scope: NonNullable<Ground['scope']> = async (who, statements, keeps) => {
    const heard: Heard[] = []
    const rollback = fault('OPERATION_CANCELLED', { operation: run })
    try {
      await tenantry.tenant(places[who].tenant).transaction(async (inside) => {
        for (const statement of statements) {
          const rows = await inside.rows(statement)
          heard.push({ code: 'ok', texts: [JSON.stringify(rows)], count: rows.length })
        }
        if (!keeps) throw rollback
      })
    } catch (error) {
      if (error !== rollback) heard.push(failed(error))
    }
    return {
      code: heard.find(({ code }) => code !== 'ok')?.code ?? 'ok',
      texts: heard.flatMap(({ texts }) => texts),
      count: heard.reduce((sum, { count }) => sum + count, 0),
    }
  }

  const rowsOf = (who: Who): ScratchRows => ({
    schema: pair[who].home.schema,
    tenantColumn,
    tenant: pair[who].tenant,
    mark: marks[who],
    guessable: who === 'victim' ? 'lamp' : 'table',
    from: who === 'victim' ? 1 : 11,
    price: who === 'victim' ? VICTIM_PRICE : 1_234,
  })
  // Without a superuser, the owner of the tables is whom row-level security does not bind.
  const asOwner = sql`set local role ${ident(platform.names.owner)}`
  const seeing = <T>(place: ScratchTenant, body: (session: Session) => Promise<T>): Promise<T> =>
    pair.hardened
      ? body(at(place))
      : at(place).transaction(async (session) => {
          await session.run(asOwner)
          return body(session)
        })

  const wallsAt = (place: ScratchTenant): Sql<{ digest: string }> =>
    lookAtWalls({
      schemas: [attacker.home.schema, victim.home.schema, ...(own ? ['platform'] : [])],
      roles: [attacker.home.role, victim.home.role],
      tenants: own ? [place.tenant] : [attacker.tenant, victim.tenant],
    })
  const alone = pair.isolation !== 'shared'
  const look = async (): Promise<Look> => {
    const [mine, theirs, accounts, ...walls] = await Promise.all([
      seeing(attacker, (session) => session.one(lookAtRows(rowsOf('attacker'), marks.victim, alone))),
      seeing(victim, (session) => session.one(lookAtRows(rowsOf('victim'), marks.attacker, alone))),
      ownPlatform === null ? { digest: '' } : seeing(attacker, (session) => session.one(lookAtAccounts(ownPlatform, victim.tenant))),
      ...[attacker, ...(own ? [victim] : [])].map((place) => at(place).one(wallsAt(place))),
    ])
    return {
      victim: `${theirs.digest} ${accounts.digest}`,
      own: mine.digest,
      stolen: mine.stolen,
      walls: walls.map(({ digest }) => digest).join(' '),
    }
  }

  const changing = (place: ScratchTenant, statements: readonly Sql[]): Promise<void> =>
    at(place).transaction(async (session) => {
      await session.run(assertFence(by))
      await session.script(join([...(pair.hardened ? [] : [asOwner]), ...statements], ';\n'))
    })
  const fillAt = (place: ScratchTenant, whose: readonly Who[]): Promise<void> =>
    changing(place, [
      emptyTables(place.home.schema),
      ...whose.flatMap((who) => fillTables(rowsOf(who))),
      ...(ownPlatform === null
        ? []
        : [
            sql`delete from platform.account`,
            ...(['attacker', 'victim'] as const).map((who) => fillAccounts(ownPlatform, rowsOf(who), marks.hidden)),
          ]),
    ])
  const homes: readonly (readonly [ScratchTenant, readonly Who[]])[] =
    pair.isolation === 'shared'
      ? [[attacker, ['attacker', 'victim']]]
      : [
          [attacker, ['attacker']],
          [victim, ['victim']],
        ]
  let whole: string | undefined
  const mend = async (): Promise<void> => {
    await keepVictim()
    await Promise.all(homes.map(([place, whose]) => fillAt(place, whose)))
    const { walls } = await look()
    whole ??= walls
    if (walls !== whole) for (const [place] of homes) await raiseAgain(platform, pair, place, by)
  }
  // What is not part of the rows, but made of them: statistics, and a view that is filled when it is told to.
  await mend()
  for (const [place] of homes) await changing(place, digestsOf(place.home.schema))

  const closed = await at(attacker).one(sql<{ closed: boolean }>`
    select not has_database_privilege('public', 'postgres', 'connect') as closed`)

  return {
    isolation: pair.isolation,
    assurance: pair.assurance,
    version: (await at(attacker).one(sql<{ version: number }>`select current_setting('server_version_num')::int as version`)).version,
    get names(): Names {
      return {
        ...{ own: attacker.home.schema, other: victim.home.schema, me: attacker.tenant, them: victim.tenant },
        ...{ 'my role': attacker.home.role, 'their role': victim.home.role },
        ...{ 'my database': attacker.database.name, 'their database': victim.database.name },
        ...{ column: columnOf(tenantColumn), key: `${columnOf(tenantColumn)}, id` },
        ...{ setting: 'tenantry.context', 'their context': `${victim.tenant}\x1f\x1f` },
        ...{ login: attacker.home.login, owner: platform.names.owner, code: platform.names.code, tenants: platform.names.tenant },
        ...{ epoch: '1', version: '1', 'database id': attacker.database.id },
        ...{ pid: String(victimLine!.pid), 'large object': '1', canary: marks.victim },
      }
    },
    has: new Set([
      ...(pair.hardened ? ['hardened'] : []),
      ...(tenantColumn === null ? [] : ['tenant column']),
      ...(closed.closed ? ['closed server'] : []),
    ]),
    isForeign: (text) => text.includes(marks.victim) || text.includes(marks.hidden) || text.includes(String(VICTIM_PRICE)),
    line,
    enter,
    scope,
    client: (ref) => tried(async () => tenantry.tenant(ref).query(sql`select 1`)),
    migrate: (up) => tried(() => migrateScratch(platform, pair, attacker, up, by)),
    look,
    mend,
  }
}

/** What signs whom one enters, where the tenant is entered with a token. */
async function keyOf(database: Database, tenant: string): Promise<TokenKey | null> {
  const { signed } = await database.one(isSignedPlacement(tenant))
  const newest = signed ? (await database.rows(believedKeys)).at(-1) : undefined
  return newest === undefined ? null : { id: newest.id, key: newest.key.toString('hex') }
}

const tried = (body: () => Promise<unknown>): Promise<Heard> => body().then(() => ({ code: 'ok', texts: [], count: 0 }), failed)

/** Whatever was done to the walls of a home is taken back as far as what makes them goes. */
async function raiseAgain(platform: Platform, pair: ScratchPair, { home, database }: ScratchTenant, by: FencingToken): Promise<void> {
  await platform.connect(pair.adminRef, database.name).transaction(async (session) => {
    await session.run(assertFence(by))
    await disownRole(session, home.role)
    await ensureHomeRole(session, home.role, platform.names, home.login, { superuser: pair.hardened })
    await raiseHomeWalls(session, home, platform.names, platform.config.tenantColumn)
  })
}
