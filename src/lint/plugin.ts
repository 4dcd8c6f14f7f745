import { noRawPool } from './no-raw-pool.js'
import { noSearchPath } from './no-search-path.js'
import { noSessionState } from './no-session-state.js'
import { noTenantFromRequest } from './no-tenant-from-request.js'
import { noTransactionWords } from './no-transaction-words.js'
import type { LintRule } from './syntax.js'

const RULES = {
  'no-raw-pool': noRawPool,
  'no-search-path': noSearchPath,
  'no-session-state': noSessionState,
  'no-tenant-from-request': noTenantFromRequest,
  'no-transaction-words': noTransactionWords,
}

export interface LintPlugin {
  readonly meta: { readonly name: string; readonly namespace: string }
  readonly rules: Readonly<Record<keyof typeof RULES, LintRule>>
}

export interface LintConfig {
  name: string
  plugins: { tenantry: LintPlugin }
  rules: Record<string, 'error'>
}

/** The rules alone, for a configuration of your own. */
export const plugin: LintPlugin = { meta: { name: 'tenantry/eslint', namespace: 'tenantry' }, rules: RULES }

/** All rules as errors: an entry of a flat configuration. Spread it with `files` of your own to limit it to application code. */
export const recommended: LintConfig = {
  name: 'tenantry/recommended',
  plugins: { tenantry: plugin },
  rules: Object.fromEntries(Object.keys(RULES).map((name) => [`tenantry/${name}`, 'error'])),
}
