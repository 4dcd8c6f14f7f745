import { z } from 'zod'
import { findCluster } from '../../catalog/clusters.js'
import { ISOLATIONS, type Isolation } from '../../catalog/homes.js'
import { dropScratchTables, makeScratchTables, makeScratchTenants, purgeScratchTenants, type Scratch } from '../../engine/leak/scratch.js'
import { MAKING_FAULTS } from '../../engine/making.js'
import { operation, type StepContext } from '../../engine/operation.js'
import { chooseCluster } from '../../engine/placing.js'
import type { FencingToken } from '../../isolation/fence.js'
import { pairedLogin } from '../../isolation/names.js'
import { randomBytes } from '../../kernel/clock.js'
import { fault } from '../../kernel/faults.js'
import { base32 } from '../../kernel/identifiers.js'
import { type LeakFigures, leakFigures, sayFigures } from './figures.js'
import { measure, SECONDS } from './measuring.js'

const input = z.strictObject({
  tenants: z.coerce.number().int().min(2).max(1_000).default(8).describe('Scratch tenants, of all isolations in turn'),
  isolation: z.array(z.enum(ISOLATIONS)).min(1).optional().describe('Only tenants of these (default: all that the cluster offers)'),
  cluster: z.string().min(1).max(63).optional().describe('Cluster to measure (default: the one with the fewest homes)'),
  rows: z.coerce.number().int().min(1).optional().describe('Go on until so many rows have been read'),
  seconds: z.coerce.number().int().min(1).max(86_400).optional().describe(`Or for so long (default: ${SECONDS}, unless rows are given)`),
  clients: z.coerce.number().int().min(2).max(500).default(40).describe('Clients at once; behind a pooler more than it has connections'),
})

interface Memory extends Scratch {
  readonly [key: string]: unknown
  readonly figures?: LeakFigures
}

type Context = StepContext<z.output<typeof input>, Memory>

export const measureLeak = operation({
  kind: 'steps',
  name: 'leak.measure',
  summary:
    'Read and write for scratch tenants under faults, the way that applications go, and count the rows that come to the wrong tenant.',
  effect: 'change',
  input,
  output: leakFigures,
  faults: [...MAKING_FAULTS, 'LOGIN_REFUSED', 'OPERATION_CANCELLED', 'TENANT_BUSY'],
  access: { roles: ['fleet-admin'] },
  startsOthers: true,
  words: {
    says: sayFigures,
    passes: ({ passed }) => passed,
    confirm: 'This makes scratch tenants and tables on the platform, keeps it busy for a while, and takes them away again',
  },

  async accept(context, given): Promise<{ memory: Memory }> {
    const all = ISOLATIONS.filter((isolation) => isolation !== 'shared' || context.platform.config.tenantColumn !== null)
    const wanted = given.isolation ?? all
    const { name, hardened } = await chooseCluster(context, given.isolation?.includes('shared') ? 'shared' : 'schema', given.cluster)
    const isolations = ISOLATIONS.filter((isolation) => wanted.includes(isolation) && (isolation !== 'shared' || hardened))
    const mark = base32(randomBytes(5))
    return { memory: { mark, cluster: name, wanted: spread(given.tenants, isolations) } }
  },

  steps: [
    {
      name: 'tenants',
      async act({ platform, memory, by }: Context) {
        unlessTakenOver(by)
        platform.progress(
          `making ${Object.entries(memory.wanted)
            .map(([isolation, count]) => `${count} ${isolation}`)
            .join(', ')} tenants`,
        )
        await makeScratchTenants(platform, memory)
        return {}
      },
      undo: ({ platform, memory }: Context) => purgeScratchTenants(platform, memory.mark),
    },
    {
      name: 'tables',
      async act({ platform, memory, by }: Context) {
        unlessTakenOver(by)
        await makeScratchTables(platform, memory, await loginOf(platform, memory.cluster), by)
        return {}
      },
      undo: ({ platform, memory, by }: Context) => dropScratchTables(platform, memory, by),
    },
    {
      name: 'measure',
      async act({ platform, memory, input: given, by }: Context) {
        unlessTakenOver(by)
        return { figures: await measure(platform, memory, given, await loginOf(platform, memory.cluster)) }
      },
    },
    {
      name: 'clear',
      async act({ platform, memory, by }: Context) {
        platform.progress('taking scratch tables and tenants away')
        await dropScratchTables(platform, memory, by)
        await purgeScratchTenants(platform, memory.mark)
        return {}
      },
    },
  ],
  result: async ({ memory }) => memory.figures!,
})

/** Whoever wanted the figures has gone; what was made is taken away. */
function unlessTakenOver({ operation: id, token }: FencingToken): void {
  if (token > 1) throw fault('OPERATION_CANCELLED', { operation: id })
}

/** Databases are dear, and few of them show as much as many. */
function spread(tenants: number, isolations: readonly Isolation[]): Readonly<Partial<Record<Isolation, number>>> {
  const cheap = isolations.filter((isolation) => isolation !== 'database')
  const databases = !isolations.includes('database') ? 0 : cheap.length === 0 ? tenants : Math.min(4, Math.floor(tenants / 4))
  const rest = tenants - databases
  const counts = cheap.map((isolation, at): [Isolation, number] => [isolation, Math.ceil((rest - at) / cheap.length)])
  return Object.fromEntries(databases === 0 ? counts : [...counts, ['database', databases]])
}

async function loginOf({ catalog, id }: Context['platform'], cluster: string): Promise<string> {
  const { loginSide } = await catalog.one(findCluster(cluster))
  return pairedLogin(id, 1, loginSide)
}
