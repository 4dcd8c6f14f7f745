import { z } from 'zod'
import { type ClusterListing, databaseById, findCluster, listClusters } from '../../catalog/clusters.js'
import { ISOLATIONS, type Isolation } from '../../catalog/homes.js'
import type { Judged } from '../../engine/attacking/judge.js'
import { clearPair, makePair, planPair, type ScratchPair } from '../../engine/attacking/scratch.js'
import { openScratchGround } from '../../engine/attacking/scratch-ground.js'
import { runSuite } from '../../engine/attacking/suite.js'
import { operation, type StepContext } from '../../engine/operation.js'
import type { Platform } from '../../engine/platform.js'
import type { Attack } from '../../isolation/attacks/attack.js'
import { ATTACKS } from '../../isolation/attacks/catalogue.js'
import { MODELS } from '../../isolation/model.js'
import { ASSURANCES } from '../../kernel/assurance.js'
import { fault } from '../../kernel/faults.js'
import type { Session } from '../../postgres/session.js'
import { versionText } from '../../postgres/version.js'

const input = z.strictObject({
  cluster: z.string().min(1).max(63).optional().describe('Only this cluster'),
  isolation: z.enum(ISOLATIONS).optional().describe('Only this isolation (default: every one that the cluster has)'),
  only: z
    .array(z.enum(ATTACKS.map(({ id }) => id) as [string, ...string[]]))
    .optional()
    .describe('Only these attacks, by their ids'),
})

const row = z.object({
  cluster: z.string(),
  isolation: z.enum(ISOLATIONS),
  assurance: z.enum(ASSURANCES),
  server: z.string(),
  refused: z.number().describe('Attempts that came to nothing, as expected'),
  residual: z.number().describe('Attempts that are part of a published residual'),
  hole: z.number().describe('Attempts that only a newer minor of PostgreSQL stops'),
  otherwise: z.number().describe('Attempts that came to nothing, for another reason than expected'),
  skipped: z.number().describe('Attacks that mean nothing there'),
})

const output = z.object({
  attacks: z.number().describe('How many are known'),
  data: z.array(row),
  residuals: z.array(z.string()).describe('The published residuals that showed'),
  closed: z.array(z.string()).describe('Attacks that are published as part of a residual, and came to nothing here'),
  notes: z.array(z.string()).describe('What was stopped for another reason than expected, or only by a newer minor'),
})

interface Result extends z.output<typeof row> {
  readonly residuals: readonly string[]
  readonly closed: readonly string[]
  readonly notes: readonly string[]
  readonly breaches: readonly string[]
  readonly breachIds: readonly string[]
}

interface Memory {
  readonly [key: string]: unknown
  readonly pairs: readonly ScratchPair[]
  readonly results?: readonly Result[]
}

type Context = StepContext<z.output<typeof input>, Memory>

// A fault is read by people: the first few tell what is the matter, and the ids of all of them are enough to try them again.
const NAMED = 12

export const attackWithDoctor = operation({
  kind: 'steps',
  name: 'doctor.attack',
  summary: 'Attack the walls of a cluster with a scratch pair of tenants, which is made for it and destroyed again.',
  effect: 'change',
  input,
  output,
  faults: ['CLUSTER_NOT_FOUND', 'ISOLATION_UNAVAILABLE', 'ATTACK_BREACHED', 'MIGRATION_FAILED', 'SECRET_MISSING', 'SERVER_UNREACHABLE'],
  access: { roles: ['fleet-admin'] },
  http: 'POST /v1/doctor/attack',
  words: {
    says: ({ attacks, data, residuals, notes }) =>
      [
        data.every(({ refused, residual, hole, otherwise }) => refused + residual + hole + otherwise === 0)
          ? 'no attack was tried: those that were asked for mean nothing where this looked'
          : `no attack came through: ${attacks} are known, tried ${data.length === 1 ? 'on one ground' : `on ${data.length} grounds`}`,
        ...(residuals.length === 0 ? [] : [`residuals that are published, and showed: ${residuals.join(', ')}`]),
        ...notes,
      ].join('\n'),
    columns: ['cluster', 'isolation', 'assurance', 'server', 'refused', 'residual', 'hole', 'otherwise', 'skipped'],
    confirm:
      'This makes two scratch tenants of each isolation on the cluster, lets one attack the other, and destroys them; no other tenant is touched',
  },

  async accept({ platform, tx, fail }, { cluster, isolation }) {
    if (cluster !== undefined && (await tx.maybe(findCluster(cluster))) === undefined) throw fail('CLUSTER_NOT_FOUND', { cluster })
    const pairs: ScratchPair[] = []
    for (const one of await tx.rows(listClusters)) {
      if (one.defaultDatabase === null || (cluster !== undefined && one.name !== cluster)) continue
      for (const kind of ISOLATIONS)
        if ((isolation ?? kind) === kind && has(platform, one, kind)) pairs.push(await plan(platform, tx, one, kind))
    }
    if (pairs.length === 0 && isolation !== undefined)
      throw fail('ISOLATION_UNAVAILABLE', { isolation, reason: 'no cluster that is to be attacked has it' })
    return { memory: { pairs } as Memory }
  },

  steps: [
    {
      name: 'make',
      async act({ platform, memory, by }: Context) {
        for (const pair of memory.pairs) await makePair(platform, pair, by)
        return {}
      },
      undo: ({ platform, memory, by }: Context) => clearAll(platform, memory, by),
    },
    {
      name: 'attack',
      async act({ platform, memory, input: { only }, by }: Context) {
        const attacks = only === undefined ? ATTACKS : ATTACKS.filter(({ id }) => only.includes(id))
        const ended = await Promise.allSettled(memory.pairs.map((pair) => attack(platform, pair, attacks, by)))
        return { results: ended.map((one) => (one.status === 'fulfilled' ? one.value : raise(one.reason))) }
      },
    },
    {
      name: 'clear',
      async act({ platform, memory, by }: Context) {
        await clearAll(platform, memory, by)
        return {}
      },
    },
    {
      name: 'judge',
      async act({ memory }: Context) {
        const which = memory.results!.flatMap(({ breaches }) => breaches)
        if (which.length === 0) return {}
        const ids = [...new Set(memory.results!.flatMap(({ breachIds }) => breachIds))]
        const again = ['tenantry doctor --attack', ...(ids.length === 0 ? [] : ['--only', ...ids])].join(' ')
        const [breaches, more] = [which.length, Math.max(0, which.length - NAMED)]
        const grounds = memory.results!.map((one) => ({ ...countsOf(one), breach: one.breaches.length }))
        throw fault('ATTACK_BREACHED', { breaches, which: which.slice(0, NAMED), more, ids, again, grounds })
      },
    },
  ],

  async result({ memory }) {
    const results = memory.results!
    return {
      attacks: ATTACKS.length,
      data: results.map(countsOf),
      residuals: [...new Set(results.flatMap(({ residuals }) => residuals))].sort(),
      closed: results.flatMap(({ closed }) => closed),
      notes: results.flatMap(({ notes }) => notes),
    }
  },
})

const has = ({ config }: Platform, { hardened }: ClusterListing, isolation: Isolation): boolean =>
  (hardened || !MODELS[isolation].needsHardening) && (config.tenantColumn !== null || !MODELS[isolation].needsTenantColumn)

async function plan(platform: Platform, tx: Session, cluster: ClusterListing, isolation: Isolation): Promise<ScratchPair> {
  const { name, adminRef, appSecretRef, hardened, loginSide } = cluster
  const main = await tx.one(databaseById(cluster.defaultDatabase!))
  return planPair(platform, isolation, { cluster: name, adminRef, appSecret: appSecretRef, hardened, main, loginSide })
}

async function clearAll(platform: Platform, { pairs }: Memory, by: Context['by']): Promise<void> {
  // What one server does not let go is no reason to leave the others' behind.
  const ended = await Promise.allSettled(pairs.map((pair) => clearPair(platform, pair, by)))
  const failed = ended.flatMap((one, i) => (one.status === 'rejected' ? [{ pair: pairs[i]!, reason: one.reason as unknown }] : []))
  for (const { pair, reason } of failed) {
    const facts = { cluster: pair.cluster, isolation: pair.isolation, error: reason instanceof Error ? reason.message : String(reason) }
    platform.log.error(facts, 'a scratch pair could not be cleared')
  }
  for (const { reason } of failed) raise(reason)
}

const raise = (error: unknown): never => {
  throw error
}

async function attack(platform: Platform, pair: ScratchPair, attacks: readonly Attack[], by: Context['by']): Promise<Result> {
  const ground = await openScratchGround(platform, pair, by)
  try {
    const { judged, count } = await runSuite(ground, attacks)
    const at = `on ${pair.cluster}, ${pair.isolation}`
    const told = (which: (one: Judged) => boolean): readonly string[] =>
      judged
        .filter(which)
        .map(
          ({ attack: id, way, saw }) =>
            `${id} (${titleOf(id)}) ${at}, ${way === 'client' ? 'through the client' : 'past the client'}: ${saw}`,
        )
    const { breach, ...counts } = count
    return {
      ...{ cluster: pair.cluster, isolation: pair.isolation, assurance: pair.assurance, server: versionText(ground.version), ...counts },
      residuals: [
        ...new Set(judged.flatMap(({ verdict, residual }) => (verdict === 'residual' && residual !== undefined ? [residual] : []))),
      ],
      closed: told(({ verdict, residual }) => verdict === 'refused' && residual !== undefined),
      notes: told(({ verdict }) => verdict === 'otherwise' || verdict === 'hole'),
      breaches: told(({ verdict }) => verdict === 'breach'),
      breachIds: judged.flatMap(({ attack: id, verdict }) => (verdict === 'breach' && isKnown(id) ? [id] : [])),
    }
  } finally {
    await ground.close()
  }
}

const countsOf = ({ residuals, closed, notes, breaches, breachIds, ...counts }: Result): z.output<typeof row> => counts

const isKnown = (id: string): boolean => ATTACKS.some((known) => known.id === id)
const titleOf = (id: string): string => ATTACKS.find((known) => known.id === id)?.title ?? id
