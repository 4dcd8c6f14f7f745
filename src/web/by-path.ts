import { fault } from '../kernel/faults.js'
import type { WayMaker } from './way.js'

export interface ByPathOptions {
  /** What stands before the slug: with `/t`, the path `/t/acme/orders` is the tenant `acme`'s. Default: the slug is the first part of the path. */
  readonly prefix?: string
}

/**
 * By the path. It says nothing about who asks. The path is left as it is: routes begin with the prefix and the slug. One that only a lenient router takes
 * for the prefix (`/%74/acme`, `/T/acme`) is refused.
 */
export const byPath =
  ({ prefix = '' }: ByPathOptions = {}): WayMaker =>
  () => {
    if (!/^(\/[A-Za-z0-9._~-]+)*$/.test(prefix) || leads(prefix))
      throw fault('INPUT_INVALID', { issues: [`byPath: "${prefix.slice(0, 60)}" must be like /t, without a slash at its end`] })
    return {
      read: ({ target }) => {
        const path = target.split(/[?#]/, 1)[0]!
        const unclear = () => fault('REQUEST_INVALID', { reason: 'its path does not say plainly where it leads' })
        if (!path.startsWith('/') || leads(path)) throw unclear()
        if (!path.startsWith(`${prefix}/`)) {
          if (routed(path).startsWith(`${prefix.toLowerCase()}/`)) throw unclear()
          return undefined
        }
        // Not decoded: no slug needs it, and who decodes what differs between a router and the proxy before it.
        const [ref = '', ...rest] = path.slice(prefix.length + 1).split('/')
        if (ref === '' && rest.length > 0) throw unclear()
        return ref === '' ? undefined : { by: 'path', ref }
      },
    }
  }

/** The path as the most lenient router sees it: decoded, in any case, with a backslash or several slashes for one. */
const routed = (path: string): string =>
  path
    .replace(/%([0-7][0-9a-f])/gi, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16)))
    .toLowerCase()
    .replace(/[\\/]+/g, '/')

/** Does the path lead elsewhere than it seems, to one who reads `%2e`, `%2f` or a backslash? */
function leads(path: string): boolean {
  const read = path.replace(/%2e/gi, '.').replace(/%2f|%5c|\\/gi, '/')
  return read.split('/').some((part) => part === '.' || part === '..') || /%00/.test(path) || path.startsWith('//')
}
