import { databasesOn, homesOn, type LoginPair } from '../../catalog/cluster-life.js'
import type { StepContext } from '../../engine/operation.js'
import { assertFence } from '../../isolation/fence.js'
import { admitLogin } from '../../isolation/install.js'
import { beginIn, disableLogin, joinHomes, sessionsOf } from '../../isolation/logins.js'
import { connectionsOf, ensureLogin } from '../../isolation/roles.js'
import { jitter, systemClock } from '../../kernel/clock.js'
import { fault } from '../../kernel/faults.js'
import { isOwnLogin, passwordOf } from '../../kernel/own-password.js'
import { scramVerifier } from '../../postgres/scram.js'
import type { Session } from '../../postgres/session.js'

/** What a rotation remembers between its steps. */
export interface Rotation {
  readonly [key: string]: unknown
  readonly cluster: string
  readonly adminRef: string
  readonly hardened: boolean
  /** The id of the cluster's first database: fenced changes of its roles are made there. */
  readonly database: string
  readonly pairs: readonly LoginPair[]
  /** Another cluster on the same server logs in with what this one changes to. */
  readonly common: boolean
  /** Homes that were being made when the rotation began, with the login of then. New ones are refused meanwhile. */
  readonly creating: readonly string[]
}

export interface RotationInput {
  readonly cluster: string
  readonly appSecret?: string | undefined
  readonly retire: boolean
  readonly grace: string
}

export type RotationContext = StepContext<RotationInput, Rotation>

// A tenant is made in far less; one whose worker has died is taken over and ends within this as well.
const SETTLE_PATIENCE_MS = 60_000

/** Waits for the homes that were being made: their own operation makes the old login a member, and knows of no other. */
export async function settle({ platform, input, memory }: RotationContext): Promise<Partial<Rotation>> {
  const deadline = systemClock.now() + SETTLE_PATIENCE_MS
  while (memory.creating.length > 0) {
    const homes = await platform.catalog.rows(homesOn(memory.cluster))
    if (!homes.some(({ id, state }) => state === 'creating' && memory.creating.includes(id))) break
    if (systemClock.now() > deadline) throw fault('CLUSTER_BUSY', { cluster: input.cluster, doing: 'tenant.create' })
    await systemClock.sleep(200 * jitter())
  }
  return {}
}

/** Roles are common to all databases of a server, so the fence of any of them serves. */
async function fenced({ platform, memory, by }: RotationContext, change: (session: Session) => Promise<void>): Promise<void> {
  const { database } = await platform.tenantDatabase(memory.database)
  await database.transaction(async (session) => {
    await session.run(assertFence(by))
    await change(session)
  })
}

/** The idle logins with the new password, and members of what the others are members of. */
export async function makeLogins(context: RotationContext): Promise<Partial<Rotation>> {
  const { platform, input, memory } = context
  if (input.retire) return {}
  const secret = platform.secrets(input.appSecret!)
  const verifiers = new Map<string, string>()
  for (const { to } of memory.pairs) verifiers.set(to, await scramVerifier(passwordOf(to, secret)))
  const homes = await platform.catalog.rows(homesOn(memory.cluster))
  await fenced(context, async (session) => {
    for (const { from, to } of memory.pairs) {
      await ensureLogin(session, to, verifiers.get(to)!, { superuser: memory.hardened }, await connectionsOf(session, from))
      const roles = homes.filter(({ login }) => login === from).map(({ role }) => role)
      await joinHomes(session, to, roles)
    }
  })
  return {}
}

/** Nobody has been told of them, unless another cluster on the same server uses them. */
export async function unmakeLogins(context: RotationContext): Promise<void> {
  if (context.input.retire || context.memory.common) return
  await fenced(context, async (session) => {
    for (const { to } of context.memory.pairs) await disableLogin(session, to)
  })
}

/** Lets the idle logins into every database of the cluster, as the others are. */
export async function admitToDatabases({ platform, input, memory }: RotationContext): Promise<Partial<Rotation>> {
  if (input.retire) return {}
  const homes = await platform.catalog.rows(homesOn(memory.cluster))
  for (const { id, name } of await platform.catalog.rows(databasesOn(memory.cluster))) {
    const database = platform.connect(memory.adminRef, name)
    const here = homes.filter(({ databaseId }) => databaseId === id)
    for (const { from, to } of memory.pairs) {
      const used = here.filter(({ login }) => login === from)
      if (used.length === 0 && (id !== memory.database || isOwnLogin(to))) continue
      await admitLogin(database, to, memory.hardened)
      const preset = used.find(({ isolation }) => isolation !== 'schema')
      if (preset !== undefined) await database.transaction((session) => beginIn(session, to, name, preset.schema))
    }
  }
  return {}
}

/** Throws LOGIN_IN_USE and changes nothing while anybody is still logged in the old way. */
export async function retireLogins(context: RotationContext): Promise<Partial<Rotation>> {
  const { platform, input, memory } = context
  if (!input.retire) return {}
  const old = memory.pairs.map(({ from }) => from)
  const users = await sessionsOf(platform.connect(memory.adminRef), old)
  if (users.length > 0) {
    const by = users.map(({ sessions, application, address }) => `${sessions} of ${application} from ${address}`).join(', ')
    throw fault('LOGIN_IN_USE', { cluster: input.cluster, login: users[0]!.login, by: `sessions: ${by}` })
  }
  await fenced(context, async (session) => {
    for (const login of old) await disableLogin(session, login)
  })
  return {}
}
