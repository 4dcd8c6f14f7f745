import type { Isolation } from '../../src/catalog/homes.js'
import { type Assurance, type Attack, endingAt } from '../../src/isolation/attacks/attack.js'
import { ATTACKS } from '../../src/isolation/attacks/catalogue.js'
import { HARMS, type Harm, RESIDUALS, type Residual } from '../../src/isolation/attacks/residuals.js'

export const ISOLATIONS = ['shared', 'schema', 'database'] as const satisfies readonly Isolation[]
export const ASSURANCES = ['standard', 'strict', 'dedicated'] as const satisfies readonly Assurance[]

const showsAt = (attack: Attack, isolation: Isolation, assurance: Assurance): readonly Residual[] => {
  if (attack.isolations?.includes(isolation) === false || attack.assurances?.includes(assurance) === false) return []
  const endings = [attack.expected, attack.columnless ?? []].map((expected) => endingAt(expected, isolation, assurance))
  return endings.flatMap((ending) => ('residual' in ending ? [ending.residual] : []))
}

/** The attacks that are part of a residual, somewhere. */
export const partsOf = (which: Residual): readonly Attack[] =>
  ATTACKS.filter((attack) =>
    ISOLATIONS.some((isolation) => ASSURANCES.some((assurance) => showsAt(attack, isolation, assurance).includes(which))),
  )

/** Where it shows: `at every level`, or level by level. */
function whereOf(which: Residual): string {
  const parts = partsOf(which)
  // What no attack may try is everybody's, wherever they are.
  if (parts.length === 0) return `at every level: ${ISOLATIONS.join(', ')}`
  const at = (assurance: Assurance): readonly Isolation[] =>
    ISOLATIONS.filter((isolation) => parts.some((attack) => showsAt(attack, isolation, assurance).includes(which)))
  const lines = ASSURANCES.map((assurance) => [assurance, at(assurance).join(', ')] as const)
  if (lines.every(([, where]) => where === lines[0]![1])) return `at every level: ${lines[0]![1]}`
  return lines.map(([assurance, where]) => `\`${assurance}\`: ${where === '' ? 'closed' : where}`).join(' · ')
}

/** docs/residuals.md */
export function residualsPage(): string {
  const sections = (Object.keys(RESIDUALS) as Residual[]).map((which) => {
    const { title, who, why, limits } = RESIDUALS[which]
    const harms: readonly Harm[] = RESIDUALS[which].harms
    const parts = partsOf(which)
    return [
      `## ${title}`,
      `| | |
|---|---|
| who can do it | ${who} |
| why | ${why} |
| what limits it | ${limits} |
| what may come of it | ${harms.length === 0 ? 'no row is read or changed' : harms.map((harm) => HARMS[harm]).join('; ')} |
| where | ${whereOf(which)} |`,
      parts.length === 0
        ? 'No attack shows it: doing it to a cluster would be an outage.'
        : `Attacks that are part of it: ${parts.map(({ id, title: does }) => `${id} (${does})`).join('; ')}.`,
    ].join('\n\n')
  })
  return `# Residuals: what is not forbidden

Tenantry tries ${ATTACKS.length} attacks of one tenant on another ([attacks.md](attacks.md)). All of them come to nothing, but for those on this page: PostgreSQL has no right that
would forbid them, or a level of [assurance](designs/foundation.md#what-is-assured-and-what-is-not) does not. What is named here is everything; \`tenantry doctor --attack\` fails when anything else comes through, or when one of these does more than stands here.

"Without the client" means on a connection with nothing in between. Through Tenantry's client only statements pass that begin with select, insert, update, delete, merge, with, values or table, one
in each message, so that most of this page is closed to an application that uses it, whatever SQL is injected into its statements.

This page is made from \`src/isolation/attacks/\`.

${sections.join('\n\n')}
`
}
