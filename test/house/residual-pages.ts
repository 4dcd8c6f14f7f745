import type { Isolation } from '../../src/catalog/homes.js'
import { type Assurance, type Attack, endingAt } from '../../src/isolation/attacks/attack.js'
import { ATTACKS } from '../../src/isolation/attacks/catalogue.js'
import { RESIDUALS, type Residual } from '../../src/isolation/attacks/residuals.js'

export const ISOLATIONS = ['shared', 'schema', 'database'] as const satisfies readonly Isolation[]
export const ASSURANCES = ['standard', 'strict', 'dedicated'] as const satisfies readonly Assurance[]

const showsAt = (attack: Attack, isolation: Isolation, assurance: Assurance): Residual | undefined => {
  if (attack.isolations?.includes(isolation) === false || attack.assurances?.includes(assurance) === false) return undefined
  const ending = endingAt(attack.expected, isolation, assurance)
  return 'residual' in ending ? ending.residual : undefined
}

/** The attacks that are part of a residual, somewhere. */
export const partsOf = (which: Residual): readonly Attack[] =>
  ATTACKS.filter((attack) =>
    ISOLATIONS.some((isolation) => ASSURANCES.some((assurance) => showsAt(attack, isolation, assurance) === which)),
  )

/** Where it shows: `at every level`, or level by level. */
function whereOf(which: Residual): string {
  const at = (assurance: Assurance): readonly Isolation[] =>
    ISOLATIONS.filter((isolation) => partsOf(which).some((attack) => showsAt(attack, isolation, assurance) === which))
  const lines = ASSURANCES.map((assurance) => [assurance, at(assurance).join(', ')] as const)
  if (lines.every(([, where]) => where === lines[0]![1])) return `at every level: ${lines[0]![1]}`
  return lines.map(([assurance, where]) => `\`${assurance}\`: ${where === '' ? 'closed' : where}`).join(' · ')
}

/** docs/residuals.md */
export function residualsPage(): string {
  const sections = (Object.keys(RESIDUALS) as Residual[]).map((which) => {
    const { title, who, why, limits } = RESIDUALS[which]
    const parts = partsOf(which)
    return [
      `## ${title}`,
      `| | |
|---|---|
| who can do it | ${who} |
| why | ${why} |
| what limits it | ${limits} |
| where | ${whereOf(which)} |`,
      parts.length === 0
        ? 'No attack shows it: doing it to a cluster would be an outage.'
        : `Attacks that are part of it: ${parts.map(({ id, title: does }) => `${id} (${does})`).join('; ')}.`,
    ].join('\n\n')
  })
  return `# Residuals: what is not forbidden

Tenantry tries ${ATTACKS.length} attacks of one tenant on another ([attacks.md](attacks.md)). All of them come to nothing, but for those on this page: PostgreSQL has no right that
would forbid them, or a level of [assurance](designs/foundation.md#what-is-assured-and-what-is-not) does not. What is named here is everything; \`tenantry doctor --attack\` fails when anything else comes through.

"Without the client" means on a connection with nothing in between. Through Tenantry's client only statements pass that begin with select, insert, update, delete, merge, with, values or table, one
in each message, so that most of this page is closed to an application that uses it, whatever SQL is injected into its statements.

This page is made from \`src/isolation/attacks/\`.

${sections.join('\n\n')}
`
}
