import { z } from 'zod'
import { countItems, itemAttempts, lookAhead } from '../../catalog/items.js'
import { operationById } from '../../catalog/operations.js'
import { type ChosenTenant, chooseTenants, clustersOfTenants, namedTenants } from '../../catalog/tenant-lists.js'
import { findTenant } from '../../catalog/tenants.js'
import { freezeFault } from '../../engine/freeze.js'
import { workThroughItems } from '../../engine/items.js'
import { LABEL, LABEL_KEY, MAX_LABELS, word } from '../../engine/labels.js'
import { type AcceptContext, operation, type StepContext } from '../../engine/operation.js'
import { createPace, type PacedCluster } from '../../engine/pace.js'
import type { Platform } from '../../engine/platform.js'
import { takeOver } from '../../engine/run.js'
import { parseInput, submit } from '../../engine/submit.js'
import { plainText } from '../../engine/text-input.js'
import { systemClock } from '../../kernel/clock.js'
import { counted } from '../../kernel/counted.js'
import { type FaultCode, fault, isFault } from '../../kernel/faults.js'
import { checkTenantRef } from '../../kernel/identifiers.js'
import { ACTIONS, asGiven, BULK_ACTIONS, inputFor, strangersTo } from './bulk-actions.js'
import { catalogFilter, tenantFilter } from './filter.js'
import { tenantRef } from './row.js'
import { UNSET } from './set.js'

const MOST_NAMED = 1_000
const WAIT_MS = 250

const filter = z.strictObject(tenantFilter)
const limit = (says: string) => z.coerce.number().int().optional().describe(says)

const input = z
  .strictObject({
    action: z.enum(BULK_ACTIONS).describe('What is done to each of them'),
    ...tenantFilter,
    tenants: z.array(tenantRef).min(1).max(MOST_NAMED).optional().describe('These tenants, in place of a filter'),
    expect: z.coerce.number().int().min(0).describe('How many tenants you mean: if it is another number, nothing is done'),
    confirm: z.string().max(20).optional().describe('The number once more, for `delete`'),
    reason: plainText(200).optional().describe('For `suspend` and `delete`: why; kept in the log and shown with each tenant'),
    allowReads: z.boolean().default(false).describe('For `suspend`: keep letting read-only scopes in'),
    grace: z.string().max(20).optional().describe('For `delete`: how long before they may be purged, such as 12h or 30d'),
    setTier: word.optional().describe('For `set`: the tier that they pay for'),
    setRegion: word.optional().describe('For `set`: where they belong'),
    setLabel: z
      .array(z.string().regex(LABEL, 'must be key=value'))
      .max(MAX_LABELS)
      .optional()
      .describe('For `set`: a label, as key=value; several may be given'),
    unlabel: z
      .array(z.string().regex(LABEL_KEY, 'must be the key of a label'))
      .max(MAX_LABELS)
      .optional()
      .describe('For `set`: keys of labels to take away'),
    setStatementTimeoutMs: limit('For `set`: the server cancels statements of their scopes that take longer'),
    setIdleTimeoutMs: limit('For `set`: the server ends their transactions that wait for their application for longer'),
    unset: z.array(z.enum(UNSET)).optional().describe('For `set`: take these away'),
    keep: z.string().max(20).optional().describe('For `backup`: when it may be pruned, such as 30d'),
    note: plainText(200).optional().describe('For `backup`: why it was made; kept with it'),
    verify: z.boolean().default(false).describe('For `backup`: read everything back afterwards, from every place'),
    parallel: z.coerce.number().int().min(1).max(16).default(4).describe('Tenants at once, on each cluster'),
    background: z.boolean().default(false).describe('Hand it to the workers'),
  })
  .superRefine((given, context) => {
    const wrong = (message: string) => context.addIssue({ code: 'custom', message })
    for (const field of strangersTo(given.action, given)) wrong(`${field}: is not for ${given.action}`)
    if (given.tenants !== undefined && isNarrowed(given)) wrong('say one of tenants and a filter')
  })

type Input = z.output<typeof input>

const filterOf = (given: Input): z.output<typeof filter> =>
  filter.parse(Object.fromEntries(Object.keys(tenantFilter).map((field) => [field, given[field as keyof typeof tenantFilter]])))

const isNarrowed = (given: Input): boolean => Object.values(filterOf(given)).some((value) => value !== undefined && value !== false)

interface Memory extends Record<string, unknown> {
  /** Slug and id of each, as its item is called. */
  readonly chosen: readonly string[]
}
type Context = StepContext<Input, Memory>

const FAULTS = [
  'TENANT_NOT_FOUND',
  'SLUG_INVALID',
  'SELECTION_CHANGED',
  'CONFIRMATION_NEEDED',
  'MIGRATION_INVALID',
  'MIGRATIONS_FROZEN',
  'FLEET_PARTIAL',
  'OPERATION_PAUSED',
] as const satisfies readonly FaultCode[]

export const bulkTenants = operation({
  kind: 'steps',
  name: 'tenant.bulk',
  summary: 'Do the same to many tenants: those that match now, one operation for each. A tenant that is so already is done.',
  effect: 'change',
  input,
  output: z.object({
    action: z.enum(BULK_ACTIONS),
    tenants: z.number().describe('That were chosen'),
    done: z.number(),
    skipped: z.number().describe('That were left out with a reason'),
  }),
  faults: FAULTS,
  // As each of the operations.
  access: { roles: ['operator', 'fleet-admin'] },
  http: 'POST /v1/tenant-bulk',
  startsOthers: true,
  words: {
    positionals: ['action'],
    says: ({ action, tenants, done, skipped }) =>
      tenants === 0
        ? 'no tenants match'
        : `${action}: ${done} of ${counted(tenants, 'tenant')} done${skipped === 0 ? '' : `, ${skipped} left out`}`,
    confirm: 'This does the same to every tenant that was chosen',
    types: { field: 'expect', when: { action: 'delete' } },
  },
  pausable: true,
  choosesOnce: true,
  background: ({ background }) => background,
  async accept(context, given) {
    assertInput(context.platform, given)
    const chosen = await choose(context, given)
    if (chosen.length !== given.expect) throw context.fail('SELECTION_CHANGED', { expected: given.expect, found: chosen.length })
    if (given.action === 'delete' && given.confirm !== String(chosen.length))
      throw context.fail('CONFIRMATION_NEEDED', {
        what: `${counted(chosen.length, 'tenant')} are closed for good; say so with confirm: "${chosen.length}"`,
      })
    const frozen = given.action === 'migrate' ? await freezeFault(context.tx) : undefined
    if (frozen !== undefined) throw frozen
    if (chosen.length === 0) return { done: { action: given.action, tenants: 0, done: 0, skipped: 0 } }
    const memory: Memory = { chosen: chosen.map(({ id, slug }) => `${slug} ${id}`) }
    return { memory }
  },
  steps: [{ name: 'tenants', act: workOnAll }],
  async result({ platform, by, input: { action } }) {
    const { total, done, skipped } = await platform.catalog.one(countItems(by.operation))
    return { action, tenants: total, done, skipped }
  },
})

const idOf = (item: string): string => item.slice(item.indexOf(' ') + 1)

function operationOf(platform: Platform, { action }: Input) {
  const definition = platform.find(ACTIONS[action].operation)
  if (definition === undefined) throw fault('OPERATION_INPUT', { operation: ACTIONS[action].operation })
  return definition
}

/** What the operations would refuse is refused here, before the first of them. Throws INPUT_INVALID. */
function assertInput(platform: Platform, given: Input): void {
  try {
    parseInput(operationOf(platform, given), inputFor(given.action, given, 'any'))
  } catch (error) {
    if (!isFault(error, 'INPUT_INVALID')) throw error
    throw fault('INPUT_INVALID', { issues: (error.facts.issues as readonly string[]).map((issue) => asGiven(given.action, issue)) })
  }
}

async function choose({ platform, tx, fail }: AcceptContext<(typeof FAULTS)[number]>, given: Input): Promise<readonly ChosenTenant[]> {
  if (given.tenants === undefined) return tx.rows(chooseTenants(await catalogFilter(platform, filterOf(given))))
  const refs = given.tenants.map(checkTenantRef)
  const found = await tx.rows(namedTenants(refs))
  const missing = refs.find((one) => found.every(({ ref }) => ref !== one))
  if (missing !== undefined) throw fail('TENANT_NOT_FOUND', { tenant: missing })
  return [...new Map(found.map((one) => [one.id, one])).values()]
}

async function workOnAll(context: Context): Promise<Partial<Memory>> {
  const { platform, by, input: given, memory } = context
  const { catalog } = platform
  const clusters = new Map(
    (await catalog.rows(clustersOfTenants(memory.chosen.map(idOf)))).map(({ id, cluster: name, adminRef }): [string, PacedCluster] => [
      id,
      { name, adminRef },
    ]),
  )
  const pace = createPace(platform)
  const attempts = new Map((await catalog.rows(itemAttempts(by.operation))).map((row) => [row.item, row.attempts]))
  await workThroughItems(
    context,
    new Map(memory.chosen.map((item) => [item, idOf(item)])),
    async (id, item) => {
      const attempt = (attempts.get(item) ?? 0) + 1
      attempts.set(item, attempt)
      await doTo(context, id, attempt)
      return async () => {}
    },
    {
      parallel: given.parallel,
      groupOf: (item) => clusters.get(idOf(item))?.name ?? '',
      // As a run of migrations over the fleet.
      ...(given.action === 'migrate' && {
        heedFreeze: true,
        pace: async (item: string) => {
          const cluster = clusters.get(idOf(item))
          return cluster && pace.holds(cluster)
        },
      }),
      rounds: 2,
      what: 'tenants',
      atBorder: (item, border) => platform.failpoint(`tenant.bulk/tenants[${item}]:${border}`),
      onItem: (done, total) => platform.progress(`${done} of ${counted(total, 'tenant')}`),
    },
  )
  return {}
}

async function doTo(context: Context, id: string, attempt: number): Promise<void> {
  const { platform, input: given } = context
  const isSo = async (): Promise<boolean> => ACTIONS[given.action].isSo(await platform.catalog.maybe(findTenant(id)), given)
  if (await isSo()) return
  try {
    await once(context, id, attempt)
  } catch (error) {
    // Somebody else has done it in between.
    if (!isFault(error, 'TENANT_STATE', 'TENANT_NOT_FOUND') || !(await isSo())) throw error
  }
}

/** The operation for one tenant, as whoever asked for all of them. What this attempt has begun before a crash is waited for, and its answer taken. */
async function once({ platform, by, input: given, stop }: Context, id: string, attempt: number): Promise<void> {
  const { actor, keyId } = await platform.catalog.one(operationById(by.operation))
  const caller = { actor, source: 'worker', keyId: keyId ?? undefined } as const
  const idempotencyKey = `${by.operation}/${id}/${attempt}`
  for (;;) {
    try {
      await submit(platform, operationOf(platform, given), inputFor(given.action, given, id), caller, { idempotencyKey })
      return
    } catch (error) {
      // Of that one tenant's, and not of all.
      if (isFault(error, 'OPERATION_CANCELLED'))
        throw fault('OPERATION_FAILED', { operation: String(error.facts.operation), reason: 'it was cancelled' })
      if (!isFault(error, 'OPERATION_STATE', 'OPERATION_LOST')) throw error
      // Whoever goes on with all of them finds this one.
      if (stop?.aborted === true) throw fault('OPERATION_LOST', { operation: by.operation })
      // Nobody may be able to end this one: its server is away. Who asks for the end of all of them is not kept waiting for it.
      const outlook = await platform.catalog.maybe(lookAhead(by.operation, by.token))
      if (outlook === undefined) throw fault('OPERATION_LOST', { operation: by.operation })
      if (outlook.cancel) throw fault('OPERATION_CANCELLED', { operation: by.operation })
      await takeOver(platform, [String(error.facts.operation)], stop)
      await systemClock.sleep(WAIT_MS, stop)
    }
  }
}
