import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { LintFinding } from '../../src/schema/lint/finding.js'
import { lintMigrations } from '../../src/schema/lint/lint-migrations.js'
import { readMigrations } from '../../src/schema/migration-files.js'
import { newFolder } from '../support/folders.js'

export const FIXTURES = new URL('./lint/', import.meta.url).pathname

// What only a person can say: there is nothing to write in its place, or something that is no SQL.
export const WITHOUT_REWRITE = new Set(
  `syntax ignore-invalid ignore-unused refused-statement search-path roles-and-grants policies-and-owners maintenance foreign-key-across-schemas
  part-of-another-schema writes-platform unknown-table explicit-lock duplicate-index null-key-index`.split(/\s+/),
)

export const fixture = (name: string): Promise<string> => readFile(`${FIXTURES}${name}.sql`, 'utf8')

/** Writes files as a project has them, and lints those behind the first: the tables that were there before. */
export async function lint(texts: readonly string[], rules: Record<string, 'off'> = {}): Promise<readonly LintFinding[]> {
  const folder = await newFolder('lint')
  for (const kind of ['tenant', 'platform']) await mkdir(join(folder, kind))
  await writeFile(join(folder, 'platform', '1_before.sql'), await fixture('before.platform'))
  for (const [at, text] of [await fixture('before.tenant'), ...texts].entries())
    await writeFile(join(folder, 'tenant', `${at}_file.sql`), text)
  return lintMigrations(await readMigrations(folder, 'tenant'), {
    tenantColumn: 'tenant_id',
    platformFiles: await readMigrations(folder, 'platform'),
    rules,
  })
}

export const filesOf = (text: string): readonly string[] => text.split(/^-- file\n/m)

/** `1_file.sql:3` of every line that ends in `-- bad`. */
export const marked = (files: readonly string[]): readonly string[] =>
  files.flatMap((text, at) =>
    text.split('\n').flatMap((line, index) => (line.endsWith('-- bad') ? [`tenant/${at + 1}_file.sql:${index + 1}`] : [])),
  )

/** The project with what a finding proposes in place of the statement that it is about: in its file, or in files of its own. */
export function mended(files: readonly string[], { file, line, rewrite }: LintFinding): readonly string[] {
  const at = Number(/(\d+)_file/.exec(file)![1]) - 1
  const lines = files[at]!.split('\n')
  const end = lines.findIndex((text, index) => index >= line - 1 && /;\s*(-- bad)?$/.test(text))
  const [before, behind] = [lines.slice(0, line - 1), lines.slice(end + 1)]
  if (!rewrite.startsWith('-- migrate:up')) {
    // What is written once more goes where it was written first.
    const once = before.filter((text) => text === '' || !rewrite.startsWith(text.replace(/;$/, '')))
    return files.with(at, [...once, rewrite, ...behind].join('\n'))
  }
  const rest = [...before, ...behind].join('\n')
  const kept = /^[^-\s]/m.test(rest) ? [rest] : []
  return [...files.slice(0, at), ...kept, ...rewrite.split(/^(?=-- migrate:up)/m), ...files.slice(at + 1)]
}
