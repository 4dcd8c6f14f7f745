/** A property, quoted where it has to be. */
export const property = (name: string): string => (/^[\p{ID_Start}_$][\p{ID_Continue}$]*$/u.test(name) ? name : quoted(name))

/** A string literal. */
export function quoted(text: string): string {
  const inner = JSON.stringify(text).slice(1, -1).replaceAll('\\"', '"').replaceAll("'", "\\'")
  return `'${inner.replaceAll('\u2028', '\\u2028').replaceAll('\u2029', '\\u2029')}'`
}

/** A comment, if there is anything to say. What would end it is written so that it does not. */
export function tsdoc(text: string | null, indent = ''): string {
  const lines = (text ?? '')
    .replaceAll('*/', '*\\/')
    .split(/\r\n|[\r\n\u2028\u2029]/)
    .map((line) => line.trim())
  while (lines.length > 0 && lines[0] === '') lines.shift()
  while (lines.length > 0 && lines.at(-1) === '') lines.pop()
  if (lines.length === 0) return ''
  if (lines.length === 1) return `${indent}/** ${lines[0]} */\n`
  return `${indent}/**\n${lines.map((line) => `${indent} *${line === '' ? '' : ` ${line}`}\n`).join('')}${indent} */\n`
}

// What a file names itself, or means by these names.
const TAKEN = [
  'Array',
  'BigInt',
  'Boolean',
  'Buffer',
  'Date',
  'Number',
  'Object',
  'Partial',
  'Record',
  'String',
  'Uint8Array',
  'Circle',
  'Interval',
  'JsonInput',
  'JsonValue',
  'Point',
  'ReadOnly',
  'Tables',
  'TenantDatabase',
  'ColumnType',
  'Generated',
  'GeneratedAlways',
  'Insertable',
  'Selectable',
  'Updateable',
]

export interface Naming {
  /** `order_line` becomes OrderLine. When that, or one of the names made from it, is taken, a number is added. */
  readonly take: (name: string, derived?: (name: string) => readonly string[]) => string
}

export function createNaming(): Naming {
  const taken = new Set(TAKEN)
  return {
    take: (name, derived = (one) => [one]) => {
      const words = name.split(/[^\p{ID_Continue}]+|_+/u).filter((word) => word !== '')
      const joined = words.map((word) => `${word[0]!.toUpperCase()}${word.slice(1)}`).join('')
      const wanted = /^[\p{ID_Start}]/u.test(joined) ? joined : `_${joined}`
      for (let n = 1; ; n++) {
        const found = n === 1 ? wanted : `${wanted}${n}`
        if (derived(found).some((one) => taken.has(one))) continue
        for (const one of derived(found)) taken.add(one)
        return found
      }
    },
  }
}
