import { type Fact, KINDS, type Kind, onLevel, textOf } from './facts.js'

const HEADING = `# What the migrations of these homes make. Written by \`tenantry migrate verify --write\`; do not edit it.
# The same on PostgreSQL 15 to 18, and for every isolation.
`

/** What a page tells of each fact before its name. */
const LABELS: Partial<Record<Kind, string>> = { column: '', 'domain check': 'check', constraint: '' }

/** The shape of a home as a text that people can read and compare: an object after the other, each with what belongs to it. */
export function renderSnapshot(facts: readonly Fact[]): string {
  const told = [...onLevel(facts, 'shape'), ...facts.filter(({ kind }) => kind === 'comment')].filter((fact) => !goesWithout(fact))
  const byObject = new Map<string, Fact[]>()
  for (const fact of told) byObject.set(fact.table, [...(byObject.get(fact.table) ?? []), fact])
  const objects = [...byObject].map(([table, own]) => ({ table, own, kind: headOf(own) }))
  objects.sort((a, b) => KINDS.indexOf(a.kind.kind) - KINDS.indexOf(b.kind.kind) || compare(a.table, b.table))
  return [HEADING, ...objects.map(({ table, own, kind }) => renderObject(table, kind, own))].join('\n')
}

/** What a reader knows already: that a key has an index, and an identity column a sequence that counts from 1. */
function goesWithout({ kind, def }: Fact): boolean {
  if (kind === 'index') return textOf(def) === textOf({ constraint: true })
  if (kind !== 'sequence' || def.identity !== true) return false
  const { column: _, maximum: __, ...rest } = def
  return textOf(rest) === textOf({ identity: true, type: 'bigint', start: '1', increment: '1', minimum: '1', cache: '1' })
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

/** The fact that is the object itself, or the first that is told of it. */
const headOf = (own: readonly Fact[]): Fact => sorted(own)[0]!

const sorted = (own: readonly Fact[]): readonly Fact[] =>
  [...own].sort(
    (a, b) => Number(a.name !== '') - Number(b.name !== '') || KINDS.indexOf(a.kind) - KINDS.indexOf(b.kind) || compare(a.name, b.name),
  )

function renderObject(table: string, head: Fact, own: readonly Fact[]): string {
  const title = head.name === '' && head.kind !== 'comment' ? `${String(head.def.kind ?? head.kind)} ${table}` : `table ${table}`
  const [first, ...rest] =
    head.name === '' && head.kind !== 'comment' ? [head, ...sorted(own).filter((fact) => fact !== head)] : [undefined, ...sorted(own)]
  const lines = first === undefined ? [title] : [`${title}${described(first.def, ['kind', 'def', 'query'])}`, ...body(first)]
  for (const fact of rest) lines.push(...indented(renderPart(fact)))
  return `${lines.join('\n')}\n`
}

/** Bodies of routines and queries of views keep their lines. */
const body = ({ def }: Fact): readonly string[] =>
  [def.def, def.query].flatMap((text) => (typeof text === 'string' ? indented(text.trimEnd()) : []))

const indented = (text: string): readonly string[] => text.split('\n').map((line) => `  ${line}`.trimEnd())

function renderPart({ kind, name, def }: Fact): string {
  const label = LABELS[kind] ?? kind
  const said =
    kind === 'comment' ? JSON.stringify(def.says) : typeof def.def === 'string' ? def.def : kind === 'column' ? String(def.type) : ''
  return `${[label, name, said].filter((part) => part !== '').join(' ')}${described(def, ['kind', 'def', 'type', 'says', 'on'], kind !== 'column')}`
}

/** The rest, as `key value`, in the order of the keys. What is so by its very name needs no `true`. */
function described(def: Fact['def'], without: readonly string[], all = true): string {
  const rest = Object.entries(def).filter(([key]) => !without.includes(key) && (all || key !== 'type'))
  return rest
    .sort(([a], [b]) => compare(a, b))
    .map(
      ([key, value]) =>
        `, ${key}${value === true ? '' : ` ${typeof value === 'string' ? value.replace(/\s*\n\s*/g, ' ') : Array.isArray(value) ? value.join(', ') : textOf(value)}`}`,
    )
    .join('')
}
