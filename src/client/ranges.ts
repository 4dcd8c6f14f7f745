import type { Resolved } from '../catalog/resolve.js'
import { type Fault, fault } from '../kernel/faults.js'
import { compareVersions } from '../kernel/versions.js'
import type { Part } from '../postgres/flight.js'

/** Versions of migrations, as in the names of their files. */
export interface SchemaRange {
  /** The oldest that the application can work with: what its statements need is there. */
  readonly from?: string
  /**
   * The newest that it can work with. For as long as a scope is open, its home is not migrated beyond what it stood at; so name it only for a release that
   * must not meet a newer schema.
   */
  readonly to?: string
}

/** Which homes an application works with. Scopes of other homes are refused before any statement: SCHEMA_BEHIND, SCHEMA_AHEAD. */
export interface SchemaOptions extends SchemaRange {
  /** Homes of services follow migrations of their own, and have ranges of their own. */
  readonly services?: Readonly<Record<string, SchemaRange>>
  /**
   * How long a scope waits for the migration of a home that is behind, where `migrate up --mode on_request` has offered it. In milliseconds, 0 for not at
   * all. Default 5 000.
   */
  readonly waitMs?: number
}

export interface Ranges {
  readonly waitMs: number
  /** Must the home be kept from being migrated while the scope is open? */
  readonly holds: (resolved: Resolved) => boolean
  /** Does the home stand outside, as far as is known? */
  readonly isOutside: (resolved: Resolved) => boolean
  /** Why it is not let in; undefined when it is inside. */
  readonly refusal: (tenant: string, resolved: Resolved) => Fault | undefined
}

const WAIT_MS = 5_000
const LONGEST_WAIT_MS = 600_000
const TENANT_TRACK = 'tenant'
const NO_RANGE: SchemaRange = {}

/** Undefined where the application accepts every home. Throws INPUT_INVALID. */
export function rangesOf(options: SchemaOptions | undefined): Ranges | undefined {
  if (options === undefined) return undefined
  const { services = {}, waitMs = WAIT_MS, ...own } = options
  const issues = [
    ...issuesOf('schema', own),
    ...Object.entries(services).flatMap(([name, range]) => issuesOf(`schema.services.${name}`, range)),
    ...(Number.isInteger(waitMs) && waitMs >= 0 && waitMs <= LONGEST_WAIT_MS
      ? []
      : [`schema.waitMs must be a whole number of milliseconds, at most ${LONGEST_WAIT_MS}`]),
  ]
  if (issues.length > 0) throw fault('INPUT_INVALID', { issues })
  const byTrack = new Map<string, SchemaRange>([...Object.entries(services), [TENANT_TRACK, own]])
  // (A catalog of an older release says nothing of a track, and knows no services.)
  const rangeOf = ({ track = TENANT_TRACK }: Resolved): SchemaRange => byTrack.get(track) ?? NO_RANGE
  const isBehind = ({ from }: SchemaRange, version: string): boolean => from !== undefined && compareVersions(version, from) < 0
  const isAhead = ({ to }: SchemaRange, version: string): boolean => to !== undefined && compareVersions(version, to) > 0
  return {
    waitMs,
    holds: (resolved) => rangeOf(resolved).to !== undefined,
    isOutside: (resolved) => {
      const range = rangeOf(resolved)
      return isBehind(range, resolved.version) || isAhead(range, resolved.version)
    },
    refusal: (tenant, resolved) => {
      const range = rangeOf(resolved)
      const { version } = resolved
      if (isBehind(range, version)) return fault('SCHEMA_BEHIND', { tenant, version, from: range.from! })
      if (isAhead(range, version)) return fault('SCHEMA_AHEAD', { tenant, version, to: range.to! })
      return undefined
    },
  }
}

/** Keeps the home at the version that it has until the transaction ends: a statement of its own, before the version is compared. No row passes: rows cost. */
export const holdPart = ({ home }: Resolved): Part => ({ text: 'select where not tenantry.hold_home_v1($1)', values: [home], plan: '' })

const VERSION = /^\d{1,20}$/

function issuesOf(name: string, { from, to }: SchemaRange): readonly string[] {
  const wrong = Object.entries({ from, to }).flatMap(([end, version]) =>
    version === undefined || (typeof version === 'string' && VERSION.test(version))
      ? []
      : [`${name}.${end} must be the version of a migration: digits, as its file's name begins with`],
  )
  if (wrong.length > 0) return wrong
  return from !== undefined && to !== undefined && compareVersions(from, to) > 0 ? [`${name}.from is newer than ${name}.to`] : []
}
