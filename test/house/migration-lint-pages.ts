import { ALL_RULES } from '../../src/schema/lint/rules.js'

/** The rules of other linters of migrations, and what says the same here, or why nothing does. */
export const OTHERS: Readonly<Record<string, Readonly<Record<string, readonly string[] | string>>>> = {
  squawk: {
    'adding-field-with-default': ['volatile-default'],
    'adding-foreign-key-constraint': ['foreign-key-not-valid'],
    'adding-not-nullable-field': ['set-not-null'],
    'adding-required-field': ['add-not-null-column'],
    'adding-serial-primary-key-field': ['sequence', 'volatile-default'],
    'ban-alter-domain-with-add-constraint': ['domain-constraint'],
    'ban-char-field': ['char-type'],
    'ban-concurrent-index-creation-in-transaction': ['concurrently-in-transaction'],
    'ban-create-domain-with-constraint': 'a new domain has no rows; adding to one that is there is `domain-constraint`',
    'ban-drop-column': ['drop-column'],
    'ban-drop-database': ['refused-statement'],
    'ban-drop-not-null': ['drop-not-null'],
    'ban-drop-table': ['drop-table'],
    'ban-duplicate-column-assignments': 'PostgreSQL refuses it itself',
    'ban-truncate-cascade': ['truncate'],
    'ban-uncommitted-transaction': ['refused-statement'],
    'changing-column-type': ['type-change'],
    'constraint-missing-not-valid': ['check-not-valid', 'foreign-key-not-valid', 'validated-at-once'],
    'disallowed-unique-constraint': ['unique-constraint'],
    'identifier-too-long': ['identifier-too-long'],
    'prefer-bigint-over-int': ['narrow-key'],
    'prefer-bigint-over-smallint': ['narrow-key'],
    'prefer-identity': ['sequence'],
    'prefer-repack': ['maintenance'],
    'prefer-robust-stmts': 'the ledger knows what has run: the contrary is `if-not-exists`; outside of a transaction it is `not-reentrant`',
    'prefer-text-field': ['varchar-limit'],
    'prefer-timestamptz': ['timestamp-without-zone'],
    'renaming-column': ['rename-column'],
    'renaming-table': ['rename-table'],
    'require-concurrent-index-creation': ['index-not-concurrent'],
    'require-concurrent-index-deletion': ['drop-index-not-concurrent'],
    'require-concurrent-partition-detach': ['detach-partition'],
    'require-concurrent-reindex': ['maintenance'],
    'require-enum-value-ordering': 'the order of an enum is for whoever compares with <',
    'require-table-schema': 'the contrary holds here: `other-schema`',
    'require-timeout-settings': 'Tenantry sets them for every file',
    'transaction-nesting': ['refused-statement'],
  },
  strong_migrations: {
    'removing a column': ['drop-column'],
    'changing the type of a column': ['type-change'],
    'renaming a column': ['rename-column'],
    'renaming a table': ['rename-table'],
    'creating a table with force': ['cascade', 'drop-table'],
    'adding an auto-incrementing column': ['sequence', 'volatile-default'],
    'adding a stored generated column': ['stored-generated-column'],
    'adding a foreign key': ['foreign-key-not-valid'],
    'adding a check constraint': ['check-not-valid'],
    'executing SQL directly': ['do-block'],
    'backfilling data': ['schema-and-data', 'changes-all-rows'],
    'adding an index non-concurrently': ['index-not-concurrent'],
    'adding a reference': ['foreign-key-not-valid', 'index-not-concurrent'],
    'adding a unique constraint': ['unique-constraint'],
    'adding an exclusion constraint': ['exclusion-constraint'],
    'adding a json column': ['json-column'],
    'adding a column with a volatile default': ['volatile-default'],
    'setting NOT NULL on an existing column': ['set-not-null'],
    'renaming an enum value': ['enum-rename'],
    'renaming a schema': ['refused-statement'],
    'removing an index non-concurrently': ['drop-index-not-concurrent'],
    'a non-unique index of more than three columns': ['wide-index'],
  },
  eugene: {
    'E1 validated constraint': ['check-not-valid', 'foreign-key-not-valid'],
    'E2 not null': ['set-not-null'],
    'E3 json': ['json-column'],
    'E4 more statements behind a lock': ['schema-and-data', 'validated-at-once'],
    'E5 rewriting type change': ['type-change'],
    'E6 index': ['index-not-concurrent'],
    'E7 unique constraint': ['unique-constraint'],
    'E8 exclusion constraint': ['exclusion-constraint'],
    'E9 lock without a timeout': 'Tenantry takes the locks of a file first, under a limit',
    'E10 rewrite under a lock': ['volatile-default', 'type-change', 'stored-generated-column'],
    'E11 serial, stored': ['sequence', 'stored-generated-column'],
    'W12 several alters': ['repeated-alter'],
    'W13 enum': ['enum-rename', 'enum-value-used'],
    'W14 primary key over an index': ['unique-constraint'],
    'W15 foreign key without index': ['foreign-key-without-index'],
  },
}

const cell = (text: string): string => text.replaceAll('|', '\\|')
const link = (rule: string): string => `[${rule}](#${rule})`

/** docs/migration-lint.md */
export function migrationLintPage(): string {
  const rows = ALL_RULES.map(({ name, severity, advisor, title, why, instead }) => {
    const advised = advisor === undefined ? '' : ` [${advisor}](advisor.md#${advisor.toLowerCase()})`
    return `| <a id="${name}"></a>\`${name}\`${advised} | ${severity} | ${cell(title)} | ${cell(why)} | ${cell(instead)} |`
  })
  const others = Object.entries(OTHERS).flatMap(([tool, rules]) =>
    Object.entries(rules).map(([rule, here]) => `| ${tool} | ${rule} | ${typeof here === 'string' ? here : here.map(link).join(', ')} |`),
  )
  return `# Lint of migrations

\`tenantry migrate lint\` reads the files of a project and says what Tenantry would refuse, what would fail in a home with rows, what would make others wait, and what costs more than it should. It asks no server, so it runs
in CI before there is one.

\`\`\`sh
tenantry migrate lint                               # all files
tenantry migrate lint --since 20260907111000        # those that are newer
tenantry migrate lint --pending                     # those that some home has not applied: this asks the catalog
tenantry migrate lint --fail-on warning             # ends with 1 on warnings, too
tenantry migrate lint -o json
tenantry migrate lint --sarif lint.sarif            # and a log of SARIF 2.1.0 beside; \`--sarif -\` writes it to stdout
\`\`\`

Each finding has its rule, a severity, the file and the line that its statement begins on, the reason, and wherever there is one a safe way to write it, with your own names: SQL that is itself without a finding. What takes several
files is shown as several, each beginning with its line \`-- migrate:up\`. Values that fill a new column are examples.

- **error**: Tenantry, the gate or PostgreSQL refuses it; or it fails where there are rows, stops a release that is running, or makes everybody wait for as long as a table is large. The command ends with 1.
- **warning**: it may do harm, or it costs every home. \`--fail-on warning\` ends with 1.
- **advice**: it could be better. \`--fail-on advice\` ends with 1.

Only the up sections of SQL files are judged. All files are read in their order, whatever \`--since\` says: a rule knows which tables, columns and indexes the files before have made, and that nobody waits for a table which the same file makes.
Function bodies, \`do\` blocks and data steps in TypeScript are not looked into. Behind a \`do\` block \`unknown-table\` is silent, since nobody knows what it has made.

## Ignoring a finding

On a line of its own before the statement, or for the whole file, always with the reason:

\`\`\`sql
-- lint:ignore drop-column no release has read it since 4.2
alter table note drop column pinned;

-- lint:ignore-file varchar-limit the lengths come from a standard
\`\`\`

An ignore without a reason is a finding, and so is one that ignores nothing. A file that was applied is never edited, comments included: take it as it is with \`since\`.

## Configuration

\`\`\`ts
export default defineConfig({
  // …
  lint: {
    since: '20260907111000', // files up to this one are read, and not judged
    rules: { 'varchar-limit': 'off', 'drop-column': 'error' },
  },
})
\`\`\`

## Rules

| rule | severity | what should be | why | write instead |
|---|---|---|---|---|
${rows.join('\n')}

## Rules of others

What [squawk](https://github.com/sbdchd/squawk), [strong_migrations](https://github.com/ankane/strong_migrations) and [eugene](https://github.com/kaaveland/eugene) look for has its place here.

| tool | its rule | here |
|---|---|---|
${others.join('\n')}

This page is made from \`src/schema/lint/rules/\`.
`
}
