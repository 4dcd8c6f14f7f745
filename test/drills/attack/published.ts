import { type Ending, endingAt } from '../../../src/isolation/attacks/attack.js'
import { ATTACKS } from '../../../src/isolation/attacks/catalogue.js'

/** What `doctor.attack` answers. */
export interface Attacked {
  readonly attacks: number
  readonly data: readonly {
    readonly isolation: 'shared' | 'schema' | 'database'
    readonly assurance: 'standard' | 'strict' | 'dedicated'
    readonly refused: number
    readonly residual: number
    readonly hole: number
    readonly otherwise: number
  }[]
  readonly residuals: readonly string[]
  readonly closed: readonly string[]
  readonly notes: readonly string[]
}

/** The names of all residuals that are published for these grounds, `columnless` or not. */
export function publishedFor(data: Attacked['data'], only?: readonly string[], columnless = false): readonly string[] {
  const endings = data.flatMap(({ isolation, assurance }) =>
    ATTACKS.filter(({ id, isolations }) => only?.includes(id) !== false && isolations?.includes(isolation) !== false).map(
      (attack): Ending => endingAt((columnless ? attack.columnless : undefined) ?? attack.expected, isolation, assurance),
    ),
  )
  return [...new Set(endings.flatMap((ending) => ('residual' in ending ? [ending.residual] : [])))].sort()
}
