import type { OutputOf } from 'tenantry/api'
import type { Tone } from './tone.js'

export type Tenant = OutputOf<'tenant.show'>
export type TenantState = Tenant['state']

export const TENANT_STATES = [
  'active',
  'suspended',
  'read_only',
  'creating',
  'warm',
  'deleted',
  'purging',
] as const satisfies readonly TenantState[]

const STATES: Readonly<Record<TenantState, { readonly words: string; readonly tone: Tone }>> = {
  creating: { words: 'creating', tone: 'accent' },
  warm: { words: 'warm', tone: 'quiet' },
  active: { words: 'active', tone: 'good' },
  suspended: { words: 'suspended', tone: 'warn' },
  read_only: { words: 'read-only', tone: 'warn' },
  deleted: { words: 'deleted', tone: 'bad' },
  purging: { words: 'purging', tone: 'bad' },
}

export const stateWords = (state: TenantState): string => STATES[state].words
export const stateTone = (state: TenantState): Tone => STATES[state].tone

/** It is on its way to another state. */
export const isMoving = (state: TenantState): boolean => state === 'creating' || state === 'purging'

export const ISOLATIONS = ['shared', 'schema', 'database'] as const

const KEPT_APART: Readonly<Record<Tenant['isolation'], string>> = {
  shared: 'rows in tables that tenants share, by row-level security',
  schema: 'a schema of its own',
  database: 'a database of its own',
}

export const isolationWords = (isolation: Tenant['isolation']): string => KEPT_APART[isolation]

/** A home without migrations has no version yet. */
export const versionWords = (version: string): string => (version === '' ? 'none' : version)

export const labelWords = (labels: Tenant['labels']): readonly string[] => Object.entries(labels).map(([key, value]) => `${key}=${value}`)

/** What may be asked of a tenant in this state. The server decides; this is for what need not be offered. */
export const MAY: Readonly<
  Record<'suspend' | 'resume' | 'delete' | 'undelete' | 'clone' | 'backup' | 'change' | 'connect', readonly TenantState[]>
> = {
  suspend: ['active', 'read_only', 'suspended'],
  resume: ['suspended', 'read_only'],
  delete: ['active', 'suspended', 'read_only'],
  undelete: ['deleted'],
  clone: ['active', 'suspended', 'read_only'],
  backup: ['active', 'suspended', 'read_only'],
  change: ['active', 'suspended', 'read_only'],
  connect: ['active', 'read_only'],
}
