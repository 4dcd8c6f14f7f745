/** What the configuration of a new platform says. */
export interface NewPlatform {
  /** Undefined for none. */
  readonly tenantColumn: string | undefined
  readonly catalogDatabase: string
  readonly url: string
}

/** The text of tenantry.config.ts. */
export function configText({ tenantColumn, catalogDatabase, url }: NewPlatform): string {
  const column =
    tenantColumn === undefined
      ? `  // Without a tenantColumn, tenants live in schemas and databases of their own. It cannot be added later without touching every table.
  // The isolation of a tenant that is created without naming one: schema or database.
  isolation: 'schema',`
      : `  // The column that carries the tenant in every tenant table. It cannot be changed later without touching every table.
  tenantColumn: '${tenantColumn}',
  // The isolation of a tenant that is created without naming one: shared, schema or database.
  isolation: 'shared',`
  return `import { defineConfig } from 'tenantry'

export default defineConfig({
  catalog: {
    // The server that holds the catalog, as an administrator: a reference (env:NAME or file:path), never the connection string itself.
    url: ${JSON.stringify(url).replaceAll("'", "\\'").replace(/^"|"$/g, "'")},
    // The catalog's own database on that server. It never holds tenants.
    database: '${catalogDatabase}',
  },
${column}
  // The folder of tenant/ and platform/ migrations.
  migrations: 'migrations',
})
`
}

/** A first migration to begin from: two tables, one of which refers to the other. */
export function firstMigration(tenantColumn: string | undefined): string {
  const column = tenantColumn === undefined ? '' : `  ${tenantColumn} uuid not null default tenantry.tenant(),\n`
  const key = (...columns: readonly string[]): string =>
    `(${[...(tenantColumn === undefined ? [] : [tenantColumn]), ...columns].join(', ')})`
  const rules =
    tenantColumn === undefined
      ? '-- Tables are named without a schema: the same file runs in every home.'
      : `-- Every table begins with the tenant, which comes first in every key and fills itself inside a scope.
-- Tables are named without a schema: the same file runs in shared tables, in a schema and in a database.`
  return `-- migrate:up
${rules}

create table projects (
${column}  id bigint generated always as identity,
  name text not null check (name <> ''),
  created_at timestamptz not null default now(),
  primary key ${key('id')}
);

create table tasks (
${column}  id bigint generated always as identity,
  project_id bigint not null,
  title text not null check (title <> ''),
  done boolean not null default false,
  primary key ${key('id')},
  foreign key ${key('project_id')} references projects ${key('id')} on delete cascade
);

create index tasks_project_idx on tasks ${key('project_id')};

-- migrate:down
drop table tasks;
drop table projects;
`
}

export const APP_SNIPPET = `import { createTenantry, sql } from 'tenantry'
const tenantry = createTenantry({ catalogUrl: process.env.TENANTRY_CATALOG_URL })
const acme = tenantry.tenant('acme')
await acme.query(sql\`insert into projects (name) values (\${'First'})\`)
console.log(await acme.query(sql\`select id, name from projects\`))
await tenantry.close()
`
