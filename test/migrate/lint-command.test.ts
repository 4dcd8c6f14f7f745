import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { ALL_RULES } from '../../src/schema/lint/rules.js'
import { type CommandLine, commandLine } from '../cli/cli.js'
import { ROOT } from '../house/sources.js'

const NOTE = `-- migrate:up
create table note (
  tenant_id uuid not null default tenantry.tenant(),
  id bigint generated always as identity,
  body text not null,
  primary key (tenant_id, id)
);
`
const INDEX = '-- migrate:up\n\ncreate index note_body_idx on note (tenant_id, body);\n'

/** A project that no server stands behind: its connection string leads nowhere. */
async function project(files: Readonly<Record<string, string>>, config = ''): Promise<CommandLine> {
  const line = await commandLine({ DATABASE_URL: 'postgres://nobody@127.0.0.1:1/nowhere' })
  const all = {
    'tenantry.config.ts': `export default { catalog: {}, tenantColumn: 'tenant_id', ${config} }\n`,
    'migrations/tenant/1_note.sql': NOTE,
    ...files,
  }
  for (const [path, text] of Object.entries(all)) {
    await mkdir(dirname(join(line.folder, path)), { recursive: true })
    await writeFile(join(line.folder, path), text)
  }
  return line
}

const lint = async (line: CommandLine, ...flags: readonly string[]) => {
  const { status, stdout, stderr } = await line.run('migrate', 'lint', '--json', ...flags)
  expect(stderr).toBe('')
  const { data, ...counts } = JSON.parse(stdout) as { data: { rule: string; file: string; line: number }[]; files: number }
  return { status, found: data.map(({ rule, file, line: at }) => `${rule} ${file}:${at}`), ...counts }
}

test('new and import work on files: no server has to be there', async () => {
  const line = await project({
    'old/000001_more.up.sql': 'create table more (id bigint primary key);\n',
    'old/000001_more.down.sql': 'drop table more;\n',
  })
  const written = await line.run('migrate', 'new', 'add_due_date')
  expect(written).toMatchObject({
    status: 0,
    stderr: '',
    stdout: expect.stringMatching(/^wrote \S+_add_due_date\.sql: put statements into it/),
  })
  expect(await line.run('migrate', 'import', 'old', '--dry-run')).toMatchObject({
    stdout: '',
    stderr: expect.stringMatching(/^IMPORT_INVALID: 000001_more\.sql: would have the same version as 1_note\.sql/),
  })
  // What has no use for a server of the project says so where that one is away.
  expect((await line.run('migrate', 'verify')).stderr).toContain('with --embedded this needs no server')
  expect((await line.run('migrate', 'up', '--error-budget', '200%')).stderr).toContain('--error-budget: must be at most 100%')
})

describe('tenantry migrate lint', () => {
  test('needs no server, and says for people what is wrong, why, and what to write', async () => {
    const line = await project({ 'migrations/tenant/2_index.sql': INDEX })
    const { status, stdout } = await line.run('migrate', 'lint')
    expect(status).toBe(1)
    expect(stdout.split('\n').slice(0, 2)).toEqual([
      'migrations/tenant/2_index.sql',
      '  3  error    index-not-concurrent: builds an index on note while nobody can write to it',
    ])
    expect(stdout).toContain('     | create index concurrently if not exists note_body_idx on note (tenant_id, body);\n')
    expect(stdout).toContain('→ docs/migration-lint.md#index-not-concurrent')
    expect(stdout).toMatch(/\n1 error in 2 files\n$/)
  })

  test('ends with 0 when nothing is as grave as --fail-on', async () => {
    const line = await project({ 'migrations/tenant/2_drop.sql': '-- migrate:up\nalter table note drop column body;\n' })
    expect(await lint(line)).toMatchObject({ status: 0, found: ['drop-column migrations/tenant/2_drop.sql:2'] })
    expect(await lint(line, '--fail-on', 'warning')).toMatchObject({ status: 1 })
  })

  test('--since and lint.since leave older files unjudged, and know their tables all the same', async () => {
    const files = { 'migrations/tenant/2_index.sql': INDEX, 'migrations/tenant/3_index.sql': INDEX.replace('note_body', 'note_text') }
    const found = [expect.stringContaining('index-not-concurrent migrations/tenant/3'), expect.stringContaining('duplicate-index')]
    expect(await lint(await project(files), '--since', '2')).toMatchObject({ status: 1, files: 1, found })
    expect(await lint(await project(files, `lint: { since: '2' }`))).toMatchObject({ status: 1, files: 1, found })
    expect(await lint(await project(files), '--since', '3')).toMatchObject({ status: 0, files: 0, found: [] })
  })

  test('rules are switched off and made graver in the configuration, where an unknown one is a fault', async () => {
    const files = { 'migrations/tenant/2_drop.sql': '-- migrate:up\nalter table note drop column body;\n' }
    expect(await lint(await project(files, `lint: { rules: { 'drop-column': 'off' } }`))).toMatchObject({ status: 0, found: [] })
    expect(await lint(await project(files, `lint: { rules: { 'drop-column': 'error' } }`))).toMatchObject({ status: 1 })
    const { status, stderr } = await (await project(files, `lint: { rules: { 'drop-colum': 'off' } }`)).run('migrate', 'lint')
    expect(status).toBe(2)
    expect(stderr).toContain('there is no rule "drop-colum"; did you mean "drop-column"?')
  })

  test('services are judged as what they are: without a tenant column', async () => {
    const line = await project(
      { 'billing/1_invoice.sql': '-- migrate:up\ncreate table invoice (id bigint primary key, number text not null unique);\n' },
      `services: { billing: 'billing' }`,
    )
    expect(await lint(line, '--service', 'billing')).toMatchObject({ status: 0, files: 1, found: [] })
  })

  describe('ignores', () => {
    const withLines = (...lines: readonly string[]) => ({
      'migrations/tenant/2_index.sql': INDEX.replace('\n\n', `\n${lines.join('\n')}\n`),
    })

    test('take away the finding of the next statement', async () => {
      expect(await lint(await project(withLines('-- lint:ignore index-not-concurrent small everywhere')))).toMatchObject({ found: [] })
    })

    test('of a whole file stand anywhere in it', async () => {
      const files = { 'migrations/tenant/2_index.sql': `${INDEX}-- lint:ignore-file index-not-concurrent small everywhere\n` }
      expect(await lint(await project(files))).toMatchObject({ found: [] })
    })

    test('without a reason ignore nothing', async () => {
      expect((await lint(await project(withLines('-- lint:ignore index-not-concurrent')))).found).toEqual([
        'ignore-invalid migrations/tenant/2_index.sql:2',
        'index-not-concurrent migrations/tenant/2_index.sql:3',
      ])
    })

    test('of another rule, or of another statement, are found to ignore nothing', async () => {
      const lines = ['-- lint:ignore drop-column small everywhere', 'alter table note add column title text;']
      expect((await lint(await project(withLines(...lines)))).found).toEqual([
        'ignore-unused migrations/tenant/2_index.sql:2',
        'index-not-concurrent migrations/tenant/2_index.sql:4',
      ])
    })

    test('inside a statement are said to be in the wrong place', async () => {
      const files = {
        'migrations/tenant/2_index.sql':
          '-- migrate:up\ncreate index note_body_idx\n-- lint:ignore index-not-concurrent small\non note (tenant_id, body);\n',
      }
      expect((await lint(await project(files))).found).toContain('ignore-invalid migrations/tenant/2_index.sql:3')
    })
  })

  describe('SARIF', () => {
    test('is written to a file, and is a log as the standard has it', async () => {
      const line = await project({ 'migrations/tenant/2_index.sql': INDEX })
      const { status, stdout } = await line.run('migrate', 'lint', '--sarif', 'lint.sarif')
      expect([status, stdout]).toEqual([1, expect.stringContaining('index-not-concurrent')])
      const log = JSON.parse(await readFile(join(line.folder, 'lint.sarif'), 'utf8'))
      expect(sarifProblems(log)).toEqual([])
      expect(log.runs[0].tool.driver.rules.map(({ id }: { id: string }) => id)).toEqual(ALL_RULES.map(({ name }) => name))
      expect(log.runs[0].results[0].locations[0].physicalLocation).toEqual({
        artifactLocation: { uri: 'migrations/tenant/2_index.sql' },
        region: { startLine: 3 },
      })
    })

    test('with - is all that stdout holds', async () => {
      const { stdout } = await (await project({ 'migrations/tenant/2_index.sql': INDEX })).run('migrate', 'lint', '--sarif', '-')
      expect(sarifProblems(JSON.parse(stdout))).toEqual([])
    })

    test('that is not one would be found', () => {
      expect(sarifProblems({ version: '2.0', runs: [{ results: [{ level: 'advice', ruleId: 'x', ruleIndex: 4 }] }] })).not.toEqual([])
    })
  })

  test("of the example's own files, only those of its first schema would hold up whoever has rows", async () => {
    const line = await commandLine()
    const config = ['--config', join(ROOT, 'examples/pos/tenantry.config.ts'), '--json']
    expect(await line.run('migrate', 'lint', ...config)).toMatchObject({ status: 0 })
    const all = await line.run('migrate', 'lint', '--since', '0', ...config)
    const found = JSON.parse(all.stdout).data.map(({ rule, line }: { rule: string; line: number }) => `${rule} ${line}`)
    expect([all.status, found]).toEqual([1, ['foreign-key-not-valid 163', 'index-not-concurrent 167', 'index-not-concurrent 168']])
  })
})

/** What the standard demands of a log, in the parts that are used: section 3 of SARIF 2.1.0. */
function sarifProblems(log: unknown): readonly string[] {
  const problems: string[] = []
  const must = (holds: boolean, what: string): void => void (holds || problems.push(what))
  const { version, runs, $schema } = log as { version?: string; $schema?: string; runs?: readonly Run[] }
  must(version === '2.1.0', 'version')
  must($schema === undefined || URL.canParse($schema), '$schema')
  must(Array.isArray(runs), 'runs')
  for (const { tool, results } of runs ?? []) {
    must(typeof tool?.driver?.name === 'string', 'tool.driver.name')
    const rules = tool?.driver?.rules ?? []
    must(new Set(rules.map(({ id }) => id)).size === rules.length, 'rules.id is unique')
    for (const { id, shortDescription } of rules) must(id !== '' && typeof shortDescription?.text === 'string', `rule ${id}`)
    for (const result of results ?? []) {
      must(typeof result.message?.text === 'string' && result.message.text !== '', 'result.message.text')
      must(['none', 'note', 'warning', 'error'].includes(result.level ?? 'warning'), 'result.level')
      must(rules[result.ruleIndex ?? 0]?.id === result.ruleId, 'result.ruleIndex is that of ruleId')
      for (const { physicalLocation: at } of result.locations ?? []) {
        must(/^[^\\:]+$/.test(at.artifactLocation.uri) && !at.artifactLocation.uri.startsWith('/'), 'a relative uri')
        must(Number.isInteger(at.region.startLine) && at.region.startLine >= 1, 'region.startLine')
      }
    }
  }
  return problems
}

interface Run {
  readonly tool?: {
    readonly driver?: { readonly name?: string; readonly rules?: readonly { id: string; shortDescription?: { text?: string } }[] }
  }
  readonly results?: readonly {
    readonly ruleId?: string
    readonly ruleIndex?: number
    readonly level?: string
    readonly message?: { readonly text?: string }
    readonly locations?: readonly { physicalLocation: { artifactLocation: { uri: string }; region: { startLine: number } } }[]
  }[]
}
