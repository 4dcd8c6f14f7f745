import { type Fact, type Kind, keyOf, textOf } from './facts.js'

/** What should be and what is, fact by fact. What a statement takes along with it is taken out of what is, so that it is made anew. */
export interface Sides {
  readonly expected: (kind: Kind) => readonly Fact[]
  readonly actual: (kind: Kind) => readonly Fact[]
  /** The same fact of the other side. */
  readonly found: (fact: Fact) => Fact | undefined
  readonly wanted: (fact: Fact) => Fact | undefined
  readonly same: (fact: Fact) => boolean
  readonly forget: (fact: Fact) => void
  /** All that belongs to a relation, a routine or a type. */
  readonly forgetObject: (table: string) => void
  readonly change: (fact: Fact, def: Fact['def']) => void
}

export function sidesOf(expected: readonly Fact[], actual: readonly Fact[]): Sides {
  const [should, is] = [indexed(expected), indexed(actual)]
  const ofKind = (facts: ReadonlyMap<string, Fact>, kind: Kind): readonly Fact[] => [...facts.values()].filter((fact) => fact.kind === kind)
  return {
    expected: (kind) => ofKind(should, kind),
    actual: (kind) => ofKind(is, kind),
    found: (fact) => is.get(keyOf(fact)),
    wanted: (fact) => should.get(keyOf(fact)),
    same: (fact) => {
      const [one, other] = [should.get(keyOf(fact)), is.get(keyOf(fact))]
      return one !== undefined && other !== undefined && textOf(one.def) === textOf(other.def)
    },
    forget: (fact) => {
      is.delete(keyOf(fact))
    },
    forgetObject: (table) => {
      for (const [key, fact] of is) if (fact.table === table) is.delete(key)
    },
    change: (fact, def) => {
      is.set(keyOf(fact), { ...fact, def })
    },
  }
}

const byKey = (one: Fact, other: Fact): number => (keyOf(one) < keyOf(other) ? -1 : 1)
const indexed = (facts: readonly Fact[]): Map<string, Fact> => new Map([...facts].sort(byKey).map((fact) => [keyOf(fact), fact]))

/** Those that are spoken of before those that speak of them. */
export function inOrder(facts: readonly Fact[], speaks: (fact: Fact, of: Fact) => boolean): readonly Fact[] {
  const [ordered, open] = [[] as Fact[], new Set<Fact>()]
  const visit = (fact: Fact): void => {
    if (ordered.includes(fact) || open.has(fact)) return
    open.add(fact)
    for (const other of facts) if (other !== fact && speaks(fact, other)) visit(other)
    ordered.push(fact)
  }
  for (const fact of facts) visit(fact)
  return ordered
}
