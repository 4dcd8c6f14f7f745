import { DECLARATIONS } from 'tenantry/api'
import { useWho } from '../../data/session.js'

const oneOf = (roles: readonly string[]): string => roles.join(' or ')

/** Why whoever is signed in may not run statements, or not such as change data; the API decides, this is so that nobody tries in vain. */
export function useRefused(): { readonly run: string | undefined; readonly write: string | undefined } {
  const role = useWho()?.role
  const { roles, stronger } = DECLARATIONS['tenant.sql']
  const why = (takes: readonly string[]): string | undefined =>
    role === undefined || takes.includes(role) ? undefined : `This takes the role ${oneOf(takes)}; you are ${role}`
  return { run: why(roles), write: why(roles) ?? why(stronger?.write ?? roles) }
}
