import { useMay } from '../data/may.js'
import type { OperationName } from '../data/names.js'
import { useRead } from '../data/read.js'
import { refusalOf } from '../data/refusal.js'
import { useWho } from '../data/session.js'
import { SCREENS } from '../screens.js'
import { useActsHere } from './acts.js'
import { type Place, useGo } from './address.js'
import { SIGN_IN } from './screen-line.js'

export interface Choice {
  /** Of letters that the id of an element may have. */
  readonly id: string
  readonly name: string
  readonly note: string
  /** Why it cannot be chosen. */
  readonly refused?: string | undefined
  readonly go: () => void
}

const MOST = 6
const RECENT = 100
const OPERATION_ID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

// What is begun on a screen of its own, or by the first button of one.
const ELSEWHERE: readonly { readonly name: string; readonly of: OperationName; readonly to: string; readonly tab?: string }[] = [
  { name: 'Create a tenant', of: 'tenant.create', to: '/create' },
  { name: 'Add a cluster', of: 'cluster.add', to: '/clusters' },
  { name: 'Invite somebody', of: 'user.invite', to: '/settings', tab: 'people' },
  { name: 'Add a webhook', of: 'webhook.add', to: '/settings', tab: 'webhooks' },
  { name: 'Make an API key', of: 'key.create', to: '/security', tab: 'api-keys' },
  { name: 'Attack the walls', of: 'doctor.attack', to: '/security' },
  { name: 'Migrate', of: 'migrate.up', to: '/migrations' },
]

/** What a text leads to: screens, what can be done, and whatever is called like that. */
export function useChoices(text: string): { readonly choices: readonly Choice[]; readonly looking: boolean } {
  const go = useGo()
  const [who, here] = [useWho(), useActsHere()]
  const wanted = text.toLowerCase()
  const fits = (name: string): boolean => name.toLowerCase().includes(wanted)
  const leads = (kind: string, name: string, note: string, to: string, place?: Place): Choice => ({
    id: `${kind}-${name}-${note}`,
    name,
    note,
    go: () => go(to, place),
  })
  const found = useFound(text)
  const choices: readonly Choice[] = [
    ...SCREENS.filter(({ path, name }) => !path.includes('$') && path !== SIGN_IN && fits(name)).map(({ path, name }) =>
      leads('screen', name, 'screen', path),
    ),
    ...here
      .filter(({ name, refused }) => fits(name) && refused === undefined)
      .map(({ name, of, does }) => ({ id: `here-${of}`, name, note: 'here', refused: refusalOf(of, who), go: does })),
    ...(text === '' ? [] : ELSEWHERE.filter(({ name }) => fits(name))).map(({ name, of, to, tab }) => ({
      ...leads('act', name, 'action', to, tab === undefined ? {} : { search: { tab } }),
      refused: refusalOf(of, who),
    })),
    ...found.tenants.map(({ slug, state }) => leads('tenant', slug, state, '/tenants/$tenant', { params: { tenant: slug } })),
    ...found.clusters
      .filter(({ name }) => fits(name))
      .slice(0, MOST)
      .map(({ name }) => leads('cluster', name, 'cluster', '/clusters/$cluster', { params: { cluster: name } })),
    ...found.people
      .filter(({ name, shownAs }) => fits(name) || fits(shownAs))
      .slice(0, MOST)
      .map(({ name, shownAs }) => leads('person', shownAs, `person ${name}`, '/settings', { search: { tab: 'people', person: name } })),
    ...(OPERATION_ID.test(wanted) ? [{ id: wanted, name: wanted, state: 'by its id' }] : found.operations.filter(({ name }) => fits(name)))
      .slice(0, MOST)
      .map(({ id, name, state }) => ({
        ...leads('operation', name, `operation, ${state}`, '/operations/$operation', { params: { operation: id } }),
        id: `operation-${id}`,
      })),
  ]
  const sorted = choices.toSorted((a, b) => farFrom(wanted, a.name) - farFrom(wanted, b.name))
  return {
    choices: sorted.map((choice) => ({ ...choice, id: choice.id.replace(/[^\w-]/g, (letter) => `.${letter.codePointAt(0)}.`) })),
    looking: found.looking,
  }
}

/** What begins like that comes first, then what has a word that does. */
function farFrom(wanted: string, name: string): number {
  const at = ` ${name.toLowerCase()}`.indexOf(` ${wanted}`)
  return at === 0 ? 0 : at > 0 ? 1 : 2
}

/** What may be called like that. Tenants are looked for by the server; of all else there is little, or the newest is meant. */
function useFound(text: string) {
  const asks = text.length >= 2
  const mayRead = (refused: string | undefined) => ({ enabled: asks && refused === undefined })
  // Never those of another text: Enter leads to what is shown.
  const tenants = useRead('tenant.list', { search: text, limit: MOST }, { enabled: asks, keep: false })
  const clusters = useRead('cluster.list', {}, mayRead(useMay('cluster.list')))
  const people = useRead('user.list', { limit: 500 }, mayRead(useMay('user.list')))
  const operations = useRead('operation.list', { limit: RECENT }, mayRead(useMay('operation.list')))
  const rows = <Row>(output: { readonly data: readonly Row[] } | undefined): readonly Row[] => (asks ? (output?.data ?? []) : [])
  return {
    looking: asks && tenants.loading,
    tenants: rows(tenants.output),
    clusters: rows(clusters.output),
    people: rows(people.output),
    operations: rows(operations.output),
  }
}
