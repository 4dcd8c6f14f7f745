import { createHmac } from 'node:crypto'
import { randomBytes } from '../../kernel/clock.js'
import { fault } from '../../kernel/faults.js'
import { streamName, type TransferColumn, type TransferTable } from '../../transfer/model.js'
import { NEWLINE } from '../../transfer/newlines.js'
import { titleOf } from '../../transfer/target.js'
import type { AnonymiseRule, AnonymiseRules } from '../anonymise-config.js'
import { FIRST_NAMES, LAST_NAMES } from './made-up-names.js'
import type { OpenOrigin } from './origin.js'

/** A value in COPY's text format; null is none. */
type Change = (value: string) => string

const NULL = '\\N'

/**
 * The same source with values that the rules make: what they replace goes no further than this process. The same value becomes the same one in every table, so
 * that references hold, and another one in every other clone: the key is made here and kept nowhere. Throws ANONYMISE_UNFIT where a rule fits no column, as
 * after a migration has renamed one.
 */
export function anonymised(source: OpenOrigin, rules: AnonymiseRules): OpenOrigin {
  const key = randomBytes(32)
  const changes = changesOf(source, rules, key)
  return {
    ...source,
    altered: new Set(source.facts.tables.filter((table) => changes.has(titleOf(table))).map(streamName)),
    read: (table) => {
      const ofTable = changes.get(titleOf(table))
      return ofTable === undefined ? source.read(table) : changed(source.read(table), ofTable)
    },
  }
}

function changesOf(source: OpenOrigin, rules: AnonymiseRules, key: Buffer): ReadonlyMap<string, readonly (Change | undefined)[]> {
  const differences: string[] = []
  const changes = new Map<string, readonly (Change | undefined)[]>()
  for (const [name, columns] of Object.entries(rules)) {
    const table = source.facts.tables.find((one) => titleOf(one) === name)
    if (table === undefined) {
      differences.push(`there is no table ${name}`)
      continue
    }
    for (const [column, rule] of Object.entries(columns)) {
      const reason = misfit(table, column, rule)
      if (reason !== undefined) differences.push(`${name}.${column}: ${reason}`)
    }
    changes.set(
      name,
      table.columns.map((column) => (Object.hasOwn(columns, column.name) ? changeOf(columns[column.name]!, column, key) : undefined)),
    )
  }
  if (differences.length > 0) throw fault('ANONYMISE_UNFIT', { from: source.title, differences })
  return changes
}

const TEXT = /^(text|character varying(\(\d+\))?|character\(\d+\)|(ext\.)?citext)$/
const DATED = /^(date|timestamp.*)$/

function misfit({ columns }: TransferTable, name: string, rule: AnonymiseRule): string | undefined {
  const type = columns.find((column) => column.name === name)?.type
  if (type === undefined) return 'there is no such column, or it is made by others'
  if (rule === 'null' || (typeof rule === 'object' && 'constant' in rule)) return undefined
  if (typeof rule === 'object') return DATED.test(type) ? undefined : `shiftDays is for dates and timestamps, and it is ${type}`
  return TEXT.test(type) || (rule === 'hash' && type === 'uuid') ? undefined : `${rule} is for texts, and it is ${type}`
}

function changeOf(rule: AnonymiseRule, { type }: TransferColumn, key: Buffer): Change {
  const digest = (value: string): Buffer => createHmac('sha256', key).update(value).digest()
  const most = Number(/\((\d+)\)/.exec(type)?.[1] ?? Number.POSITIVE_INFINITY)
  const cut = (made: string): string => made.slice(0, most)
  if (rule === 'null') return () => NULL
  if (typeof rule === 'object' && 'constant' in rule) {
    const constant = escaped(rule.constant)
    return () => constant
  }
  if (typeof rule === 'object') {
    const drawn = digest('shift').readUInt32BE()
    const days = (1 + (drawn % rule.shiftDays)) * (drawn & 0x80000000 ? -1 : 1)
    return (value) => shifted(value, days)
  }
  const hex = (value: string): string => digest(value).toString('hex')
  if (rule === 'hash' && type === 'uuid') return (value) => hex(value).replace(/^(.{8})(.{4})(.{4})(.{4})(.{12}).*$/, '$1-$2-$3-$4-$5')
  if (rule === 'hash') return (value) => cut(hex(value).slice(0, 32))
  // Addresses and numbers that belong to nobody: a domain that is kept for examples, and a country that there is not.
  if (rule === 'email') return (value) => cut(`${hex(value).slice(0, 20)}@example.com`)
  if (rule === 'phone') return (value) => cut(`+999${String(digest(value).readBigUInt64BE() % 100_000_000_000n).padStart(11, '0')}`)
  return (value) => {
    const made = digest(value)
    // The digits keep two people two, where a constraint wants that.
    return cut(`${FIRST_NAMES[made[0]! % FIRST_NAMES.length]} ${LAST_NAMES[made[1]! % LAST_NAMES.length]} ${made.toString('hex', 2, 7)}`)
  }
}

const escaped = (text: string): string =>
  text.replace(/[\\\n\r\t]/g, (found) => ({ '\\': '\\\\', '\n': '\\n', '\r': '\\r', '\t': '\\t' })[found]!)

/** Moves the day of a date or timestamp; a time of day, a zone and an infinity stay. */
function shifted(value: string, days: number): string {
  const [, year, month, day, rest = '', bc] = /^(\d{4,})-(\d\d)-(\d\d)(.*?)( BC)?$/.exec(value) ?? []
  if (year === undefined) return value
  const [y, m, d] = civilOf(daysOf(bc === undefined ? Number(year) : 1 - Number(year), Number(month), Number(day)) + days)
  const two = (n: number): string => String(n).padStart(2, '0')
  return `${String(y > 0 ? y : 1 - y).padStart(4, '0')}-${two(m)}-${two(d)}${rest}${y > 0 ? '' : ' BC'}`
}

// PostgreSQL's years reach beyond those of JavaScript's dates: eras of 400 years, each beginning in March.
function daysOf(year: number, month: number, day: number): number {
  const y = month <= 2 ? year - 1 : year
  const era = Math.floor(y / 400)
  const ofEra = y - era * 400
  const ofYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1
  return era * 146_097 + ofEra * 365 + Math.floor(ofEra / 4) - Math.floor(ofEra / 100) + ofYear
}

function civilOf(days: number): readonly [number, number, number] {
  const era = Math.floor(days / 146_097)
  const ofEra = days - era * 146_097
  const year = Math.floor((ofEra - Math.floor(ofEra / 1460) + Math.floor(ofEra / 36_524) - Math.floor(ofEra / 146_096)) / 365)
  const ofYear = ofEra - (365 * year + Math.floor(year / 4) - Math.floor(year / 100))
  const shiftedMonth = Math.floor((5 * ofYear + 2) / 153)
  const month = shiftedMonth + (shiftedMonth < 10 ? 3 : -9)
  return [year + era * 400 + (month <= 2 ? 1 : 0), month, ofYear - Math.floor((153 * shiftedMonth + 2) / 5) + 1]
}

async function* changed(rows: AsyncIterable<Buffer>, changes: readonly (Change | undefined)[]): AsyncGenerator<Buffer, void> {
  let rest: Buffer = Buffer.alloc(0)
  for await (const chunk of rows) {
    const last = chunk.lastIndexOf(NEWLINE)
    if (last === -1) {
      rest = Buffer.concat([rest, chunk])
      continue
    }
    const lines = Buffer.concat([rest, chunk.subarray(0, last)])
      .toString('utf8')
      .split('\n')
    rest = Buffer.from(chunk.subarray(last + 1))
    yield Buffer.from(`${lines.map((line) => changedLine(line, changes)).join('\n')}\n`)
  }
}

const changedLine = (line: string, changes: readonly (Change | undefined)[]): string =>
  line
    .split('\t')
    .map((value, i) => (value === NULL ? value : (changes[i]?.(value) ?? value)))
    .join('\t')
