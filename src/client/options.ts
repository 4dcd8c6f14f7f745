import { fault } from '../kernel/faults.js'

/** How one scope behaves. Options of a call win over those of the tenant's handle. */
export interface ScopeOptions {
  /** Lets nothing be written; the only kind of scope that a tenant in state `read_only` accepts. Default false. */
  readonly readOnly?: boolean
  /** Default `read committed`. The fence holds at every level. */
  readonly isolation?: 'read committed' | 'repeatable read' | 'serializable'
  /** Each statement is cancelled by the server after this many milliseconds. Default: the tenant's limit, which it cannot exceed, or else the login's, 60 s. */
  readonly timeoutMs?: number
  /** Who acts, as the database sees it: `tenantry.actor()`. At most 200 characters, none of them control characters. */
  readonly actor?: string
  /** The id of the request, as the database sees it: `tenantry.request()`. The same limits. */
  readonly request?: string
  /** Ends the wait for the migration of the tenant's home, if the scope has to wait for one, with the signal's reason. A statement is not cancelled by it. */
  readonly signal?: AbortSignal
}

/** Merges and checks. Throws INPUT_INVALID. */
export function scopeOptions(base: ScopeOptions, call: ScopeOptions | undefined): ScopeOptions {
  if (call === undefined) return base
  const options = { ...base, ...call }
  checkLabel('actor', options.actor)
  checkLabel('request', options.request)
  if (options.isolation !== undefined && !LEVELS.has(options.isolation)) {
    throw fault('INPUT_INVALID', { issues: [`isolation "${String(options.isolation)}" is not one of ${[...LEVELS].join(', ')}`] })
  }
  if (options.timeoutMs !== undefined && !(Number.isInteger(options.timeoutMs) && options.timeoutMs > 0 && options.timeoutMs < 2 ** 31)) {
    throw fault('INPUT_INVALID', { issues: ['timeoutMs must be a positive whole number of milliseconds'] })
  }
  return options
}

const LEVELS: ReadonlySet<string> = new Set(['read committed', 'repeatable read', 'serializable'])

function checkLabel(name: string, value: string | undefined): void {
  if (value === undefined) return
  // The packed setting uses a control character to separate its fields.
  // biome-ignore lint/suspicious/noControlCharactersInRegex: that is what is looked for
  if (typeof value !== 'string' || value.length > 200 || /[\u0000-\u001f]/.test(value)) {
    throw fault('INPUT_INVALID', { issues: [`${name} must be text of at most 200 characters without control characters`] })
  }
}
