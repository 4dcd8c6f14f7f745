import { readFileSync } from 'node:fs'
import type { SqlFile } from '../../src/kernel/ledger.js'

const read = (path: string): string => readFileSync(new URL(`../../sql/${path}`, import.meta.url), 'utf8')

/** The statement that makes a function, so that it replaces the one that is there. */
const replacing = (text: string, name: string): string => {
  const start = text.search(new RegExp(`create (or replace )?function ${name.replace('.', '[.]')}[(]`))
  return text.slice(start, text.indexOf('$$;', start) + 3).replace('create function', 'create or replace function')
}

/** The same of one whose body is SQL. */
const atomic = (text: string, name: string): string => {
  const start = text.indexOf(`create function ${name}(`)
  return text.slice(start, text.indexOf('\nrevoke ', start)).replace('create function', 'create or replace function')
}

const home = read('home/0001_home.sql')
const assurance = read('home/0011_assurance.sql')
const ways = read('home/0017_ways_in.sql')

/** Made anew: the rights on it are gone, and everybody needs them. */
const view = assurance.indexOf('create or replace view tenantry.entrance_v1')
const entrance = `${assurance.slice(view, assurance.indexOf(';', view) + 1)} revoke all on tenantry.entrance_v1 from public;`

/**
 * Files of a release that is newer than ours. They replace the functions that every scope runs, add to the table that every scope reads, and cannot be
 * applied twice.
 */
export const NEWER: { readonly catalog: readonly SqlFile[]; readonly home: readonly SqlFile[] } = {
  catalog: [
    {
      number: 9001,
      name: 'newer',
      text: `alter table catalog.tenant add column newer boolean; ${atomic(read('catalog/0017_hosts.sql'), 'catalog.resolve_v4')}`,
    },
  ],
  home: [
    {
      number: 9001,
      name: 'newer',
      text: `alter table tenantry.placement add column newer boolean;
        drop view tenantry.entrance_v1;
        ${entrance}
        ${['tenantry.enter_v1', 'tenantry.enter_v2'].map((name) => replacing(ways, name)).join('\n')}
        ${['tenantry.hold_v1', 'tenantry.wait_v1', 'tenantry.no_entrance_v1'].map((name) => replacing(home, name)).join('\n')}`,
    },
  ],
}

/** The release after that. */
export const NEWEST: SqlFile = { number: 9002, name: 'newest', text: 'alter table tenantry.home add column newest boolean' }
