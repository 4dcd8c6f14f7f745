import type { LintFinding, LintRule, Severity } from './finding.js'

const SCHEMA = 'https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json'
const LEVELS: Readonly<Record<Severity, 'error' | 'warning' | 'note'>> = { error: 'error', warning: 'warning', advice: 'note' }

export interface SarifOptions {
  readonly version: string
  /** Of a file of a finding, as whoever reads the log finds it: relative, with slashes. */
  readonly uri: (file: string) => string
}

/** The findings as a log of SARIF 2.1.0, as code hosts and editors read it. Rules come along with what they say. */
export function sarifOf(findings: readonly LintFinding[], rules: readonly LintRule[], { version, uri }: SarifOptions): string {
  const log = {
    $schema: SCHEMA,
    version: '2.1.0',
    runs: [
      {
        tool: {
          driver: {
            name: 'tenantry migrate lint',
            semanticVersion: version,
            rules: rules.map((rule) => ({
              id: rule.name,
              shortDescription: { text: rule.title },
              fullDescription: { text: rule.why },
              help: { text: `Write instead: ${rule.instead}\nMore: docs/migration-lint.md#${rule.name}` },
              defaultConfiguration: { level: LEVELS[rule.severity] },
              properties: { tags: rule.advisor === undefined ? [] : [rule.advisor] },
            })),
          },
        },
        columnKind: 'utf16CodeUnits',
        results: findings.map((finding) => ({
          ruleId: finding.rule,
          ruleIndex: rules.findIndex(({ name }) => name === finding.rule),
          level: LEVELS[finding.severity],
          message: {
            text: [finding.what, finding.why, ...(finding.rewrite === '' ? [] : [`Write instead:\n${finding.rewrite}`])].join('\n\n'),
          },
          locations: [
            { physicalLocation: { artifactLocation: { uri: encodeURI(uri(finding.file)) }, region: { startLine: finding.line } } },
          ],
          // The same finding is known again when lines before it come or go.
          partialFingerprints: { 'tenantryLint/v1': `${finding.rule}:${finding.file}:${finding.what}` },
        })),
      },
    ],
  }
  return `${JSON.stringify(log, null, 2)}\n`
}
