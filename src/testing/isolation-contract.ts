import { BULK_CONTRACT } from './contract-bulk.js'
import type { ContractCase } from './contract-case.js'
import { CODE_CONTRACT } from './contract-code.js'
import { FENCE_CONTRACT } from './contract-fence.js'
import { ROWS_CONTRACT } from './contract-rows.js'
import { SCOPES_CONTRACT } from './contract-scopes.js'

/** The same sentences for every isolation model, every PostgreSQL, direct and through a pooler. A model that fails one is not an isolation model. */
export const ISOLATION_CONTRACT: readonly ContractCase[] = [
  ...ROWS_CONTRACT,
  ...CODE_CONTRACT,
  ...FENCE_CONTRACT,
  ...SCOPES_CONTRACT,
  ...BULK_CONTRACT,
]
