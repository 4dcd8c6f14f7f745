import { parse } from 'libpg-query'
import { type Node, walk } from '../statements.js'
import type { Fact } from './facts.js'

/** Facts as every PostgreSQL from 15 to 18 would have put them. */
export const canonical = (facts: readonly Fact[]): Promise<readonly Fact[]> => Promise.all(facts.map(canonicalFact))

async function canonicalFact(fact: Fact): Promise<Fact> {
  const { query } = fact.def
  if (typeof query !== 'string') return fact
  return { ...fact, def: { ...fact.def, query: await withoutNeedlessQualifiers(query) } }
}

/**
 * PostgreSQL 15 qualifies the columns of a view over a single table, and those after it do not. Where there is but one table at the top, its name before a
 * column says nothing, and is left out here.
 */
async function withoutNeedlessQualifiers(query: string): Promise<string> {
  const select = await selectIn(query)
  const from = select?.fromClause as readonly Node[] | undefined
  if (from?.length !== 1) return query
  const range = from[0]!.RangeVar as { readonly relname: string; readonly alias?: { readonly aliasname: string } } | undefined
  if (range === undefined) return query
  const name = range.alias?.aliasname ?? range.relname
  const bytes = Buffer.from(query)
  const cuts: (readonly [number, number])[] = []
  for (const node of walk(select)) {
    const column = node.ColumnRef as { readonly fields?: readonly Node[]; readonly location?: number } | undefined
    if (column?.fields?.length !== 2 || (column.fields[0]!.String as Node | undefined)?.sval !== name) continue
    const start = column.location ?? 0
    const dot = bytes.indexOf('.', start + Buffer.byteLength(name))
    cuts.push([start, dot + 1])
  }
  let [text, at] = ['', 0]
  for (const [start, end] of cuts.sort(([a], [b]) => a - b)) {
    text += bytes.subarray(at, start).toString()
    at = end
  }
  return text + bytes.subarray(at).toString()
}

async function selectIn(query: string): Promise<Node | undefined> {
  // What our grammar does not read stays as it is: it differs then, if it differs at all, between two majors only.
  const tree = await parse(query).catch(() => undefined)
  return (tree?.stmts?.[0]?.stmt as Node | undefined)?.SelectStmt as Node | undefined
}
