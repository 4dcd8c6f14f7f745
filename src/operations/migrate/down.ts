import { z } from 'zod'
import { operation, type StepContext } from '../../engine/operation.js'
import { fault } from '../../kernel/faults.js'
import { assertAlone } from './overlap.js'
import { planUndo, UNDOING_FAULTS, type Undoing, undo, undoing } from './undoing.js'

const input = z.strictObject({
  to: z
    .string()
    .regex(/^\d{1,20}$/, 'must be the version of a file, or 0')
    .optional()
    .describe('Undo what came after this version; 0 undoes everything'),
  steps: z.coerce
    .number()
    .int()
    .min(1)
    .max(10_000)
    .optional()
    .describe('How many files to undo, from the newest that any home has. Default: 1'),
  ...undoing,
})

type Context = StepContext<z.output<typeof input>, Undoing>

export const migrateDown = operation({
  kind: 'steps',
  pausable: true,
  name: 'migrate.down',
  summary: 'Undo the newest migrations in every home, by their down sections.',
  effect: 'destroy',
  input,
  output: z.object({
    dryRun: z.boolean(),
    homes: z.number().describe('Homes, or platform schemas, that were visited; with dryRun, that would be'),
    tenants: z.number().describe('Tenants in them; a shared home serves many'),
    version: z.string().describe('Where they stand now; empty: before the first migration'),
    files: z.array(z.string()).describe('What was undone, the newest first'),
  }),
  faults: UNDOING_FAULTS,
  access: { roles: ['fleet-admin'] },
  http: 'POST /v1/migrations/down',
  words: {
    says: ({ dryRun, homes, tenants, version, files }) => {
      if (files.length === 0) return 'nothing to undo'
      const where = `${files.join(', ')} in ${homes} homes with ${tenants} tenants`
      return dryRun
        ? `would undo ${where}, down to ${version || 'the beginning'}`
        : `undid ${where}; they are at ${version || 'the beginning'}`
    },
    confirm: 'This runs down sections in every home, and what they drop is gone with its rows',
    typed: 'down',
  },
  async accept(context, given) {
    if (given.to !== undefined && given.steps !== undefined)
      throw fault('INPUT_INVALID', { issues: ['steps: say how far by `to` or by `steps`, not by both'] })
    const memory = await planUndo(context, 'migrate.down', given, (versions, newest) => target(versions, newest, given))
    if (!given.dryRun) return { memory }
    const { found: homes, tenants, to, files } = memory
    return { done: { dryRun: true, homes, tenants, version: to, files: [...files] } }
  },
  again: ({ tx }, given) => assertAlone(tx, { name: 'migrate.down', input: given }),
  steps: [{ name: 'undo', act: (context: Context) => undo(context) }],
  result: async ({ memory: { homes = 0, tenants, to, files } }) => ({ dryRun: false, homes, tenants, version: to, files: [...files] }),
})

function target(
  versions: readonly string[],
  newest: string,
  { to, steps = 1 }: { readonly to?: string | undefined; readonly steps?: number | undefined },
): string {
  if (to === undefined) return versions[versions.indexOf(newest) - steps] ?? ''
  if (/^0+$/.test(to) && !versions.includes(to)) return ''
  if (!versions.includes(to)) throw fault('INPUT_INVALID', { issues: [`to: there is no file of version ${to}`] })
  return to
}
