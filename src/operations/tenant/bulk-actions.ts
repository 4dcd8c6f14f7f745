import type { Tenant } from '../../catalog/tenants.js'

export const BULK_ACTIONS = ['resume', 'suspend', 'set', 'backup', 'migrate', 'delete'] as const
export type BulkAction = (typeof BULK_ACTIONS)[number]

/** What may be given for the operations of a bulk; each action takes some of it. */
export interface Given {
  readonly reason?: string | undefined
  readonly allowReads?: boolean | undefined
  readonly grace?: string | undefined
  readonly setTier?: string | undefined
  readonly setRegion?: string | undefined
  readonly setLabel?: readonly string[] | undefined
  readonly unlabel?: readonly string[] | undefined
  readonly setStatementTimeoutMs?: number | undefined
  readonly setIdleTimeoutMs?: number | undefined
  readonly unset?: readonly string[] | undefined
  readonly keep?: string | undefined
  readonly note?: string | undefined
  readonly verify?: boolean | undefined
}

interface Action {
  /** What is submitted for each tenant. */
  readonly operation: string
  /** The fields that it takes, and what the operation calls them. */
  readonly fields: { readonly [field in keyof Given]?: string }
  readonly fixed?: Readonly<Record<string, unknown>>
  /** It is as it should be without anything being done; undefined: the tenant is no more. */
  readonly isSo: (tenant: Tenant | undefined, given: Given) => boolean
}

/** What each action does to one tenant. */
export const ACTIONS: Readonly<Record<BulkAction, Action>> = {
  resume: { operation: 'tenant.resume', fields: {}, isSo: (tenant) => tenant?.state === 'active' },
  suspend: {
    operation: 'tenant.suspend',
    fields: { reason: 'reason', allowReads: 'allowReads' },
    isSo: (tenant, { allowReads }) => tenant?.state === (allowReads === true ? 'read_only' : 'suspended'),
  },
  set: {
    operation: 'tenant.set',
    fields: {
      setTier: 'tier',
      setRegion: 'region',
      setLabel: 'label',
      unlabel: 'unlabel',
      setStatementTimeoutMs: 'statementTimeoutMs',
      setIdleTimeoutMs: 'idleTimeoutMs',
      unset: 'unset',
    },
    isSo: () => false,
  },
  backup: { operation: 'backup.create', fields: { keep: 'keep', note: 'note', verify: 'verify' }, isSo: () => false },
  // The operation itself finds what is up to date.
  migrate: { operation: 'migrate.home', fields: {}, fixed: { newest: true }, isSo: () => false },
  delete: {
    operation: 'tenant.delete',
    fields: { reason: 'reason', grace: 'grace' },
    isSo: (tenant) => tenant === undefined || tenant.state === 'deleted' || tenant.state === 'purging',
  },
}

const FIELDS = [...new Set(Object.values(ACTIONS).flatMap(({ fields }) => Object.keys(fields)))] as readonly (keyof Given)[]

const isGiven = (value: unknown): boolean => value !== undefined && value !== false

/** Given fields that the action does not take. */
export const strangersTo = (action: BulkAction, given: Given): readonly string[] =>
  FIELDS.filter((field) => isGiven(given[field]) && ACTIONS[action].fields[field] === undefined)

/** The input of the operation for one tenant. */
export function inputFor(action: BulkAction, given: Given, tenant: string): Readonly<Record<string, unknown>> {
  const { fields, fixed } = ACTIONS[action]
  const own = Object.entries(fields).flatMap(([field, name]) => {
    const value = given[field as keyof Given]
    return isGiven(value) ? [[name, value] as const] : []
  })
  return { tenant, ...fixed, ...Object.fromEntries(own) }
}

/** What its own operation calls a field is what we call it. */
export function asGiven(action: BulkAction, issue: string): string {
  const found = Object.entries(ACTIONS[action].fields).find(([, name]) => issue.startsWith(`${name}:`) || issue.startsWith(`${name}.`))
  return found === undefined ? issue : `${found[0]}${issue.slice(found[1].length)}`
}
