import { POOLER_HOLES } from '../../src/postgres/pooler-holes.js'
import { fixedIn, SAFE_MINORS, SERVER_HOLES, type ServerHole, WALLS } from '../../src/postgres/server-holes.js'

const MAJORS = Object.keys(SAFE_MINORS).map(Number)

const cell = (text: string): string => text.replaceAll('|', '\\|')

function holds({ wall, extension }: ServerHole): string {
  const only = extension === undefined ? '' : `only with the extension ${extension}`
  if (wall === undefined) return only === '' ? '**nothing**' : `**nothing**, but ${only}`
  const { says, hardened } = WALLS[wall]
  return [`${says}${hardened ? ' (hardened clusters)' : ''}`, ...(only === '' ? [] : [only])].join('; ')
}

/** docs/versions.md */
export function versionsPage(): string {
  const servers = [...SERVER_HOLES]
    .reverse()
    .map((hole) => {
      const fixed = MAJORS.map((major) => (fixedIn(hole, major) === 0 ? '–' : `${major}.${fixedIn(hole, major)}`))
      return `| ${hole.id} | ${fixed.join(' | ')} | ${cell(hole.means)} | ${cell(holds(hole))} |`
    })
    .join('\n')
  const poolers = POOLER_HOLES.map(
    ({ id, since, fixed, means, unless }) => `| ${id} | ${since ?? 'all'} | ${fixed} | ${cell(means)} | ${cell(unless)} |`,
  ).join('\n')
  return `# Versions

## PostgreSQL

Tenantry runs on PostgreSQL ${MAJORS[0]} to ${MAJORS.at(-1)}. The first safe releases are ${MAJORS.map((major) => `**${major}.${(SAFE_MINORS as Record<number, number>)[major]}**`).join(', ')}: older ones have published holes that a tenant could use,
or through which somebody could come to the data of tenants. \`tenantry cluster add\` refuses an older server (\`VERSION_UNSAFE\`) unless it is told to take
it (\`--allow-unsafe-version\`); a server that Tenantry itself has started for development is taken with a warning. \`cluster add\`, \`init\` and \`doctor\` say
which of these a server has, and which of those are stopped by a wall of ours all the same. That is a reason to sleep until the upgrade, not one to leave it.

The columns with versions name the first release without the hole; – stands for a major that never had it. Where nothing of ours holds, only the upgrade does.

| | ${MAJORS.join(' | ')} | what it means for tenants | what holds without the upgrade |
|---|${MAJORS.map(() => '---').join('|')}|---|---|
${servers}

## PgBouncer

Any release from 1.18 on works. \`cluster add\` and \`doctor\` ask the pooler for its version and its settings (with \`--pooler-secret\`; the generated
configuration lets that role look), or take what \`--pooler-version\` says, and warn of the holes that matter there. Distributions close holes without a new
number: Debian's 1.18.0-1+deb12u1 has neither CVE-2025-2291 nor CVE-2025-12819, and says 1.18.0.

| | since | fixed in | what it means here | it does not matter where |
|---|---|---|---|---|
${poolers}

This page is made from \`src/postgres/server-holes.ts\` and \`src/postgres/pooler-holes.ts\`.
`
}
