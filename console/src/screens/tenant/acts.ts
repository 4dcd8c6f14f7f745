import type { OperationName } from '../../data/names.js'
import { MAY, stateWords, type Tenant } from '../../words/tenant-words.js'
import type { DeedName } from './deeds.js'

// The state that each takes; a hold has none.
const TAKES: Readonly<Record<Exclude<DeedName, 'hold' | 'unhold'>, keyof typeof MAY>> = {
  suspend: 'suspend',
  resume: 'resume',
  clone: 'clone',
  backup: 'backup',
  set: 'change',
  rename: 'change',
  domain: 'change',
  delete: 'delete',
  undelete: 'undelete',
  purge: 'undelete',
}

/** Why it cannot be asked for as it stands; undefined where it can. The server decides; this is for what need not be offered. */
export function refusalOf(deed: DeedName, { state, heldFor }: Pick<Tenant, 'state' | 'heldFor'>): string | undefined {
  if (deed === 'hold') return heldFor === null ? undefined : `It is held for: ${heldFor}`
  if (deed === 'unhold') return heldFor === null ? 'It is not held' : undefined
  if (!MAY[TAKES[deed]].includes(state)) return `Not while it is ${stateWords(state)}`
  return deed === 'purge' && heldFor !== null ? `It is held for: ${heldFor}` : undefined
}

/** The operation behind each, and how it is called where it is found by its name. */
export const ACTS: Readonly<Record<DeedName, { readonly of: OperationName; readonly says: (slug: string) => string }>> = {
  suspend: { of: 'tenant.suspend', says: (slug) => `Suspend ${slug} …` },
  resume: { of: 'tenant.resume', says: (slug) => `Resume ${slug} …` },
  backup: { of: 'backup.create', says: (slug) => `Back up ${slug} …` },
  clone: { of: 'tenant.clone', says: (slug) => `Clone ${slug} …` },
  set: { of: 'tenant.set', says: (slug) => `Change tier, region, labels, limits of ${slug} …` },
  rename: { of: 'tenant.rename', says: (slug) => `Rename ${slug} …` },
  domain: { of: 'domain.add', says: (slug) => `Add a domain to ${slug} …` },
  hold: { of: 'tenant.hold', says: (slug) => `Hold ${slug} …` },
  unhold: { of: 'tenant.unhold', says: (slug) => `Lift the hold of ${slug} …` },
  delete: { of: 'tenant.delete', says: (slug) => `Delete ${slug} …` },
  undelete: { of: 'tenant.undelete', says: (slug) => `Take ${slug} back …` },
  purge: { of: 'tenant.purge', says: (slug) => `Purge ${slug} …` },
}
