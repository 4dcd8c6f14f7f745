import type { ExportFormat, ExportManifest } from './model.js'

/** How a customer opens the export without us. Names of tables stand in it as code, and cannot begin anything else. */
export function readmeOf(manifest: ExportManifest): string {
  const { as, tenant, snapshot, tables, leftOut, files } = manifest
  const rows = tables.map((table) => `| ${code(table.table)} | ${code(table.file)} | ${table.rows} |`)
  return `# Export of ${tenant.slug}

All rows as of ${snapshot.at}, seen at one moment. Schema version ${snapshot.version || 'none'}, PostgreSQL ${Math.floor(snapshot.serverVersion / 10_000)}.
\`export.json\` says the same for programs, with the type of every column and a SHA-256 of every file${files.length === 1 ? '' : ` (${files.length} files)`}.

${HOW[as]}

## Tables

| table | file | rows |
|---|---|---|
${rows.join('\n')}

## What is not in it

${leftOut.length === 0 ? 'Nothing that belongs to the tables was left out.' : leftOut.map((words) => `- ${inLine(words)}`).join('\n')}
`
}

const HOW: Readonly<Record<ExportFormat, string>> = {
  csv: `## How to read it

CSV in UTF-8, a file for each table, the names of the columns in the first line. A null is nothing at all, and an empty text is \`""\`. Values are exactly as
PostgreSQL writes them, with times in UTC; a value that begins with \`=\` is no formula, so let a spreadsheet import the columns as text.

\`\`\`
psql -c "\\copy orders (id, total) from 'tables/orders.csv' with (format csv, header)"
\`\`\``,
  ndjson: `## How to read it

A file for each table, a JSON object in each line. Nulls, booleans, \`smallint\`, \`integer\` and \`jsonb\` are JSON; every other value is a text exactly as
PostgreSQL writes it, with times in UTC, so that no reader rounds a \`numeric\` or a \`bigint\`. A \`jsonb\` without a value has no key.`,
  parquet: `## How to read it

A Parquet file for each table, compressed with Snappy. Booleans, integers, floating-point numbers and \`bytea\` have types of their own; every other value,
such as a \`numeric\` or a time, is a text exactly as PostgreSQL writes it, with times in UTC: cast it in the query.

\`\`\`
duckdb -c "select id, total::decimal(12, 2) from 'tables/orders.parquet'"
\`\`\``,
  sql: `## How to restore it

Into an empty schema of any PostgreSQL of this major version or a newer one:

\`\`\`
psql -X -d mydatabase -c 'create schema mine' -c 'set search_path = mine, public' -f restore.sql
\`\`\`

It runs in one transaction and ends at the first error, with nothing done.`,
}

const code = (text: string): string => {
  const plain = inLine(text).replaceAll('|', '\\|')
  return plain.includes('`') ? `\`\` ${plain} \`\`` : `\`${plain}\``
}
const inLine = (text: string): string => text.replace(/[\p{Cc}\p{Zl}\p{Zp}]/gu, ' ')
