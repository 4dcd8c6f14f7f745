interface Column {
  readonly name: string
  readonly type: string
}

/** Every column under a name of its own: the second `id` becomes `id_2`. */
export function uniqueColumns(columns: readonly Column[]): Column[] {
  const taken = new Set(columns.map(({ name }) => name))
  const seen = new Set<string>()
  return columns.map(({ name, type }) => {
    let unique = name
    for (let n = 2; seen.has(unique) || (unique !== name && taken.has(unique)); n++) unique = `${name}_${n}`
    seen.add(unique)
    return { name: unique, type }
  })
}

/**
 * Rows as JSON has them: numbers where JavaScript holds them exactly, booleans, JSON as itself, null; everything else is the text that PostgreSQL
 * writes, so that neither digits nor microseconds are lost.
 */
export const asRecords = (columns: readonly Column[], rows: readonly (readonly (string | null)[])[]): Record<string, unknown>[] =>
  // From entries, which also make an own property of a column that is called __proto__.
  rows.map((row) => Object.fromEntries(columns.map(({ name, type }, i) => [name, jsonOf(row[i] ?? null, type)])))

const NUMBERS = new Set(['int2', 'int4', 'float4', 'float8', 'oid'])

function jsonOf(text: string | null, type: string): unknown {
  if (text === null) return null
  if (type === 'bool') return text === 't'
  if (NUMBERS.has(type)) return Number.isFinite(Number(text)) ? Number(text) : text
  return type === 'json' || type === 'jsonb' ? JSON.parse(text) : text
}
