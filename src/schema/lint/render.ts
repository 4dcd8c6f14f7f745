import type { LintFinding, Severity } from './finding.js'

const indented = (text: string, by: string): string =>
  text
    .split('\n')
    .map((line) => (line === '' ? '' : `${by}${line}`))
    .join('\n')

/** The findings for people, file by file. */
export function renderFindings(findings: readonly LintFinding[]): string {
  const files = [...new Set(findings.map(({ file }) => file))]
  return files
    .map((file) => {
      const own = findings.filter((finding) => finding.file === file)
      const width = Math.max(...own.map(({ line }) => String(line).length))
      return [file, ...own.map((finding) => entry(finding, width))].join('\n')
    })
    .join('\n\n')
}

function entry({ line, severity, rule, advisor, what, why, rewrite, link }: LintFinding, width: number): string {
  const gap = ' '.repeat(width + 4)
  return [
    `  ${String(line).padStart(width)}  ${severity.padEnd(7)}  ${rule}${advisor === undefined ? '' : ` (${advisor})`}: ${what}`,
    indented(why, gap),
    ...(rewrite === '' ? [] : [indented(rewrite, `${gap}| `)]),
    `${gap}→ ${link}`,
  ].join('\n')
}

const NAMES: Readonly<Record<Severity, readonly [one: string, more: string]>> = {
  error: ['error', 'errors'],
  warning: ['warning', 'warnings'],
  advice: ['piece of advice', 'pieces of advice'],
}

/** `2 errors and 1 warning in 17 files`. */
export function countFindings(counts: Readonly<Record<Severity, number>>, files: number): string {
  const parts = (['error', 'warning', 'advice'] as const).filter((severity) => counts[severity] > 0)
  const said = parts.map((severity) => `${counts[severity]} ${NAMES[severity][counts[severity] === 1 ? 0 : 1]}`)
  const where = `in ${files} ${files === 1 ? 'file' : 'files'}`
  return said.length === 0 ? `nothing found ${where}` : `${said.join(', ')} ${where}`
}
