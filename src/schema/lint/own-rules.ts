import type { LintRule } from './finding.js'

/** What lint says of files that it cannot read, and of its own ignores. */
export const SYNTAX: LintRule = {
  name: 'syntax',
  severity: 'error',
  title: 'A file parses, and holds a statement.',
  why: "It is read with PostgreSQL's own grammar, so what does not parse here runs in no home.",
  instead: 'correct the statement',
}

export const INVALID_IGNORE: LintRule = {
  name: 'ignore-invalid',
  severity: 'error',
  title: 'An ignore names a rule, gives a reason, and stands on a line before its statement.',
  why: 'Whoever reads it later has to know what was made sure of; and one that is not understood ignores nothing.',
  instead: '-- lint:ignore drop-column no release has read it since 4.2',
}

export const UNUSED_IGNORE: LintRule = {
  name: 'ignore-unused',
  severity: 'warning',
  title: 'An ignore ignores something.',
  why: 'One that is left over would hide the next mistake in its place.',
  instead: 'take it out',
}

export const OWN_RULES: readonly LintRule[] = [SYNTAX, INVALID_IGNORE, UNUSED_IGNORE]
