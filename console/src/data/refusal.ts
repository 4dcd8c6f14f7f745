import { DECLARATIONS } from 'tenantry/api'
import type { OperationName } from './names.js'
import type { Who } from './session.js'

/** Who asks, as far as it says what they may do. */
export type Asker = Pick<Who, 'role'> & { readonly session: Pick<NonNullable<Who['session']>, 'ownRole'> | null }

/**
 * Why whoever asks may not run this, before anybody is asked; undefined where they may, and while nobody knows who it is. The server decides by the same
 * declaration: this is so that nobody fills in a form in vain.
 */
export function refusalOf(name: OperationName, who: Asker | undefined, given: Readonly<Record<string, unknown>> = {}): string | undefined {
  if (who === undefined) return undefined
  const { roles, stronger = {}, lasting, onlySession, own, tenant, effect } = DECLARATIONS[name]
  const { role, session } = who
  const takes = (needed: readonly string[]) => `This takes the role ${wordsOf(needed)}; you are ${role}`
  if (!roles.includes(role)) return takes(roles)
  for (const [field, needed] of Object.entries(stronger))
    if (given[field] !== undefined && given[field] !== false && !needed.includes(role)) return takes(needed)
  if (onlySession === true && session === null) return 'This is for people who are signed in, not for keys'
  if (lasting === true && session !== null && !roles.includes(session.ownRole))
    return `What it makes outlasts broken glass: this takes ${wordsOf(roles)} as a role of your own`
  if (role === 'tenant-admin' && tenant === undefined && effect !== 'read' && own !== true)
    return takes(roles.filter((one) => one !== role))
  return undefined
}

const wordsOf = (roles: readonly string[]): string =>
  roles.length < 2 ? (roles[0] ?? 'of nobody') : `${roles.slice(0, -1).join(', ')} or ${roles.at(-1)}`
