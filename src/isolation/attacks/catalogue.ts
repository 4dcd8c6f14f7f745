import type { Attack } from './attack.js'
import { CALLERS } from './callers.js'
import { CATALOGS } from './catalogs.js'
import { CLIENTS } from './clients.js'
import { CONNECTIONS } from './connections.js'
import { DEFINITIONS } from './definitions.js'
import { ELSEWHERE } from './elsewhere.js'
import { FUNCTIONS } from './functions.js'
import { HOLES } from './holes.js'
import { IDENTITY } from './identity.js'
import { INTERNALS } from './internals.js'
import { MIGRATIONS } from './migrations.js'
import { READING } from './reading.js'
import { WRITING } from './writing.js'

/** Every attack that is known here. A new one is a line in one of these tables. */
export const ATTACKS: readonly Attack[] = [
  ...READING,
  ...WRITING,
  ...IDENTITY,
  ...CATALOGS,
  ...FUNCTIONS,
  ...DEFINITIONS,
  ...INTERNALS,
  ...ELSEWHERE,
  ...CONNECTIONS,
  ...CLIENTS,
  ...MIGRATIONS,
  ...HOLES,
  ...CALLERS,
]
