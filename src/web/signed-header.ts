import { systemClock } from '../kernel/clock.js'
import { fault } from '../kernel/faults.js'
import { checkTenantRef } from '../kernel/identifiers.js'
import { createKeyring, type KeyringOptions } from '../kernel/keyring.js'
import type { Secrets } from '../kernel/secrets.js'
import type { WayMaker } from './way.js'

export interface SignedHeaderOptions extends KeyringOptions {
  /** Which application the header is for: one that was made for another is refused, though the keys be the same. */
  readonly audience: string
  /** Default `tenantry-tenant`. */
  readonly header?: string
}

const HEADER = 'tenantry-tenant'
const PURPOSE = 'tenant header'
const SHAPE = /^v1\.([A-Za-z0-9_-]{1,40})\.([A-Za-z0-9_-]{1,2000})\.([A-Za-z0-9_-]{43})$/
// Whoever sees the header may use it for so long, for the same tenant.
const LONGEST_S = 300
const DEFAULT_S = 60
// Clocks of two machines are never the same.
const SKEW_S = 30

const nowS = (): number => Math.floor(systemClock.now() / 1_000)

/**
 * By a header that a part of yours which has checked who asks (a gateway, another service) has signed with `createHeaderSigner`. Anybody else's is
 * refused with 401.
 */
export const bySignedHeader =
  (options: SignedHeaderOptions): WayMaker =>
  ({ secrets }) => {
    const { audience, header = HEADER } = checked(options)
    const keyring = createKeyring(options, secrets)
    const unproven = (reason: string) => fault('TENANT_UNPROVEN', { by: 'header', reason })
    return {
      challenge: 'TenantrySigned',
      read: (facts) => {
        const values = facts.header(header.toLowerCase())
        if (values.length === 0) return undefined
        if (values.length > 1) throw unproven('it was sent more than once')
        const [, key, body, signature] = SHAPE.exec(values[0]!) ?? []
        if (key === undefined) throw unproven('it is not of the form v1.key.body.signature')
        const objection = keyring.objection(PURPOSE, key, `${key}.${body}`, signature!)
        if (objection !== undefined) throw unproven(objection)
        // Signed by us, so it has its shape.
        const { tenant, to, exp } = JSON.parse(Buffer.from(body!, 'base64url').toString('utf8')) as {
          tenant: string
          to: string
          exp: number
        }
        if (to !== audience) throw unproven('it was made for another application')
        if (exp < nowS()) throw unproven('it has expired')
        if (exp > nowS() + LONGEST_S + SKEW_S) throw unproven('it is valid for too long')
        return { by: 'header', ref: tenant, vouched: true }
      },
    }
  }

/** The value of the header for a tenant, by id or slug, valid for `seconds` (1 to 300, default 60). Throws SLUG_INVALID, INPUT_INVALID. */
export type SignHeader = (tenant: string, options?: { readonly seconds?: number }) => string

export function headerSigner(options: SignedHeaderOptions, secrets: Secrets): SignHeader {
  const { audience } = checked(options)
  const keyring = createKeyring(options, secrets)
  return (tenant, { seconds = DEFAULT_S } = {}) => {
    if (!Number.isInteger(seconds) || seconds < 1 || seconds > LONGEST_S)
      throw fault('INPUT_INVALID', { issues: [`seconds must be a whole number from 1 to ${LONGEST_S}`] })
    const facts = { tenant: checkTenantRef(tenant), to: audience, exp: nowS() + seconds }
    const body = Buffer.from(JSON.stringify(facts)).toString('base64url')
    const signed = keyring.sign(PURPOSE, (key) => `${key}.${body}`)
    return `v1.${signed.key}.${body}.${signed.signature}`
  }
}

function checked(options: SignedHeaderOptions): SignedHeaderOptions {
  if (typeof options.audience !== 'string' || options.audience === '')
    throw fault('INPUT_INVALID', { issues: ['audience: name the application that the header is for'] })
  return options
}
