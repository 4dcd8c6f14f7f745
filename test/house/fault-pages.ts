import { FAULTS, type FaultCode } from '../../src/kernel/faults.js'

export interface FaultRow {
  readonly http: number
  readonly exit: number
  readonly retry: boolean
  readonly says: (facts: never) => string
  readonly remedy: (facts: never) => string
}

export const ROWS = Object.entries(FAULTS) as readonly (readonly [FaultCode, FaultRow])[]

/** Facts of any fault: each is its own name in braces, as a text or a list. Compared with one another they grow, or shrink. */
export function sampleFacts(step: 1 | -1 = 1): never {
  let number = 0
  const sample = (name: string): object => ({
    join: () => `{${name}}`,
    toString: () => `{${name}}`,
    [Symbol.toPrimitive]: (hint: string) => {
      if (hint !== 'number') return `{${name}}`
      number += step
      return number
    },
  })
  return new Proxy({}, { get: (_, name) => sample(String(name)) }) as never
}

/** A row may say one thing or another, by which of two facts is the larger. */
export const wordings = (say: (facts: never) => string): readonly string[] => [...new Set([say(sampleFacts(1)), say(sampleFacts(-1))])]

const cell = (text: string): string => text.replaceAll('|', '\\|')

const EXITS: Readonly<Record<number, string>> = {
  1: 'failed',
  2: 'usage or configuration',
  3: 'part of the fleet failed',
  4: 'not found',
  5: 'refused, or confirmation needed',
  6: 'conflict',
  7: 'a server could not be reached',
}

export const EXIT_STATUSES: ReadonlySet<number> = new Set(Object.keys(EXITS).map(Number))

export const HTTP_STATUSES: ReadonlySet<number> = new Set([
  400, 401, 403, 404, 405, 408, 409, 410, 412, 413, 415, 417, 422, 428, 429, 431, 500, 502, 503, 504,
])

/** docs/faults.md */
export function faultsPage(): string {
  const lines = ROWS.map(([code, { http, exit, retry, says, remedy }]) => {
    const [cause, remedies] = [wordings(says).join(' *or* '), wordings(remedy).join(' *or* ')]
    return `| <a id="${code.toLowerCase()}"></a>\`${code}\` | ${http} | ${exit} | ${retry ? 'yes' : 'no'} | ${cell(cause)} | ${cell(remedies)} |`
  })
  return `# Faults

Every typed error of Tenantry. Programs match the code (\`isFault(error, 'TENANT_NOT_FOUND')\`), never the words; codes are never renamed.
The HTTP API answers the status and a problem document (RFC 9457), the command line ends with the exit status. "Again" tells whether the
same call may succeed later without anything being changed. Words in braces are the fault's facts.

Errors that PostgreSQL raises for an application's own statement (a unique violation, say) are not in this table: they reach the caller as
the driver made them.

This page is made from \`src/kernel/faults/\`.

| exit status | meaning |
|---|---|
| 0 | done |
${Object.entries(EXITS)
  .map(([status, meaning]) => `| ${status} | ${meaning} |`)
  .join('\n')}
| 8 | changes or drift pending (only where asked for with \`--exit-code\`) |
| 130 | interrupted |

| code | HTTP | exit | again | cause | what to do |
|---|---|---|---|---|---|
${lines.join('\n')}
`
}
