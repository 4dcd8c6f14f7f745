import { z } from 'zod'
import type { Role } from '../catalog/keys.js'
import { isDuration, milliseconds } from '../kernel/durations.js'

const between = (least: string, most: string) =>
  z
    .string()
    .refine(
      (text) => isDuration(text) && milliseconds(text) >= milliseconds(least) && milliseconds(text) <= milliseconds(most),
      `must be a duration from ${least} to ${most}`,
    )

const oidcSchema = z.strictObject({
  issuer: z.string().refine(isIssuer, 'must be an address with https, or with http on this machine'),
  clientId: z.string().min(1).max(200),
  clientSecret: z
    .string()
    .regex(/^(env:[A-Za-z_][A-Za-z0-9_]*|file:.+)$/, 'must be a reference: env:NAME or file:path')
    .optional(),
  scope: z
    .string()
    .regex(/^openid( [\x21\x23-\x5b\x5d-\x7e]+)*$/, 'must begin with openid')
    .default('openid profile email'),
  roleClaim: z.string().min(1).max(200).default('roles'),
  roles: z
    .record(z.string().min(1).max(200), z.enum(['viewer', 'operator', 'fleet-admin', 'security-auditor']))
    .refine((roles) => Object.keys(roles).length > 0, 'must name a role at least'),
})

export const consoleSchema = z
  .strictObject({
    url: z
      .string()
      .refine((text) => originOf(text) === text, 'must be an address such as https://tenantry.example, with nothing behind it')
      .optional(),
    idle: between('1min', '24h').default('30min'),
    absolute: between('5min', '30d').default('12h'),
    breakGlass: between('1min', '24h').default('4h'),
    oidc: oidcSchema.optional(),
  })
  .refine((given) => given.oidc === undefined || given.url !== undefined, 'oidc needs url: the issuer sends browsers back to it')

function originOf(text: string): string | undefined {
  if (!URL.canParse(text)) return undefined
  const { protocol, origin } = new URL(text)
  return protocol === 'http:' || protocol === 'https:' ? origin : undefined
}

function isIssuer(text: string): boolean {
  if (!URL.canParse(text)) return false
  const { protocol, hostname, search, hash, username } = new URL(text)
  const safe = protocol === 'https:' || (protocol === 'http:' && ['127.0.0.1', 'localhost', '[::1]'].includes(hostname))
  return safe && search === '' && hash === '' && username === ''
}

/** An issuer of OpenID Connect that people sign in at. */
export interface OidcConfig {
  readonly issuer: string
  readonly clientId: string
  /** A reference. */
  readonly clientSecret: string | null
  readonly scope: string
  readonly roleClaim: string
  /** Values of that claim, and what whoever has one may do; the first that they have counts. */
  readonly roles: Readonly<Record<string, Role>>
}

/** How people sign in, and for how long. */
export interface ConsoleConfig {
  /** The address that browsers know it by; null: whichever they ask. */
  readonly url: string | null
  readonly idleMs: number
  readonly absoluteMs: number
  /** For how long glass may be broken at most. */
  readonly breakGlassMs: number
  readonly oidc: OidcConfig | null
}

export const readConsole = (given: z.output<typeof consoleSchema>): ConsoleConfig =>
  Object.freeze({
    url: given.url ?? null,
    idleMs: milliseconds(given.idle),
    absoluteMs: milliseconds(given.absolute),
    breakGlassMs: milliseconds(given.breakGlass),
    oidc: given.oidc === undefined ? null : Object.freeze({ ...given.oidc, clientSecret: given.oidc.clientSecret ?? null }),
  })

export const consoleFieldsOf = (place: string): readonly string[] =>
  place === 'console' ? Object.keys(consoleSchema.shape) : place === 'console.oidc' ? Object.keys(oidcSchema.shape) : []
