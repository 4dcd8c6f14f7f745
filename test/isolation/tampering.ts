import type { LintId } from '../../src/isolation/advisor/ids.js'
import type { Check } from '../../src/isolation/doctor/finding.js'

/** What tamperings name. */
export interface Names {
  /** The schema and role of the shared home, then of the schema home. */
  readonly shared: string
  readonly sharedRole: string
  readonly own: string
  readonly ownRole: string
  readonly app: string
  readonly owner: string
  readonly code: string
  readonly tenant: string
  /** The tenant-bearing database, and that of the catalog. */
  readonly database: string
  readonly catalog: string
}

export interface Tampering {
  readonly name: string
  readonly lint: LintId
  readonly check: Check
  /** Run as a superuser, through a connection that shares nothing with the product. */
  readonly tamper: (n: Names) => string
  /** What else the same deed cannot but break, or what the fix uncovers: told by other rules and mended by their fixes. */
  readonly beside?: readonly Check[]
  /** The fix is a sentence that no SQL can stand in for; this is what a person does about it. */
  readonly byHand?: (n: Names) => string
  /** Takes away what the tampering needed and no rule minds. */
  readonly afterwards?: (n: Names) => string
}
