// biome-ignore-all lint/suspicious/noTemplateCurlyInString: what is planted is source text
import { describe, expect, test } from 'vitest'
import { type FloorRule, floorViolations } from './floors.js'
import { importsOf } from './imports.js'
import { parseSource, publishedSources } from './sources.js'

const check = (files: Readonly<Record<string, string>>) =>
  floorViolations(Object.entries(files).map(([path, text]) => importsOf(parseSource(path, text))))

const PLANTED: readonly { readonly rule: FloorRule; readonly what: string; readonly files: Readonly<Record<string, string>> }[] = [
  {
    rule: 'up',
    what: 'a lower floor that imports a higher one',
    files: { 'src/kernel/log.ts': `import { fly } from '../postgres/flight.js'` },
  },
  { rule: 'up', what: 'a type from a higher floor', files: { 'src/catalog/homes.ts': `import type { Scope } from '../client/scope.js'` } },
  {
    rule: 'up',
    what: 'a dynamic import of a higher floor',
    files: { 'src/engine/run.ts': `const m = await import('../worker/worker.js')` },
  },
  {
    rule: 'up',
    what: 'a type that is imported in place',
    files: { 'src/schema/gate.ts': `export type S = import('../client/scope.js').Scope` },
  },
  { rule: 'up', what: 'a re-export from a higher floor', files: { 'src/isolation/fence.ts': `export { gate } from '../schema/gate.js'` } },
  {
    rule: 'up',
    what: 'an operation that imports the registry',
    files: { 'src/operations/tenant/list.ts': `import { OPERATIONS } from '../registry.js'` },
  },
  { rule: 'up', what: 'a surface that imports a door', files: { 'src/cli/run.ts': `import { openControl } from '../control.js'` } },
  {
    rule: 'sideways',
    what: 'postgres that imports programs',
    files: { 'src/postgres/copy.ts': `import { run } from '../programs/child.js'` },
  },
  {
    rule: 'sideways',
    what: 'one folder of operations in another',
    files: { 'src/operations/key/list.ts': `import { tenantRow } from '../tenant/row.js'` },
  },
  { rule: 'sideways', what: 'one surface in another', files: { 'src/server/serve.ts': `import { runWorker } from '../worker/worker.js'` } },
  { rule: 'owned', what: 'pg outside of postgres', files: { 'src/engine/run.ts': `import pg from 'pg'` } },
  { rule: 'owned', what: 'pg in the data plane itself', files: { 'src/client/scope.ts': `import type { Client } from 'pg'` } },
  { rule: 'owned', what: 'COPY outside of postgres', files: { 'src/transfer/snapshot.ts': `import { from } from 'pg-copy-streams'` } },
  {
    rule: 'owned',
    what: 'child processes outside of programs',
    files: { 'src/cli/open.ts': `import { spawn } from 'node:child_process'` },
  },
  {
    rule: 'outside',
    what: 'src that imports test',
    files: { 'src/testing/fleet.ts': `import { testServer } from '../../test/support/servers-injected.js'` },
  },
  { rule: 'kernel', what: 'a package in the kernel', files: { 'src/kernel/log.ts': `import { pino } from 'pino'` } },
  {
    rule: 'client',
    what: 'more of the catalog than resolving',
    files: { 'src/client/entry.ts': `import type { Home } from '../catalog/homes.js'` },
  },
  {
    rule: 'client',
    what: 'more of isolation than names',
    files: { 'src/client/entry.ts': `import type { FencingToken } from '../isolation/fence.js'` },
  },
  { rule: 'client', what: 'a package in the data plane', files: { 'src/client/options.ts': `import type { z } from 'zod'` } },
  {
    rule: 'client-reach',
    what: 'a package that the data plane loads through another room',
    files: { 'src/client/entry.ts': `import { open } from '../postgres/session.js'`, 'src/postgres/session.ts': `import { z } from 'zod'` },
  },
  {
    rule: 'client-reach',
    what: 'a module that is loaded for a type alone',
    files: {
      'src/client/entry.ts': `import type { R } from '../catalog/resolve.js'\nimport { f } from '../catalog/resolve.js'`,
      'src/catalog/resolve.ts': `import { type Isolation } from './homes.js'`,
    },
  },
  {
    rule: 'client-reach',
    what: 'a web server in the data plane',
    files: { 'src/client/entry.ts': `import { x } from '../kernel/x.js'`, 'src/kernel/x.ts': `import { request } from 'node:http'` },
  },
  {
    rule: 'api',
    what: 'a lower floor in the client of the API',
    files: { 'src/api/fault.ts': `import { fault } from '../kernel/faults.js'` },
  },
  { rule: 'api', what: 'even a type of one', files: { 'src/api/fault.ts': `import type { Fault } from '../kernel/faults.js'` } },
  { rule: 'api', what: 'what browsers do not have', files: { 'src/api/ask.ts': `import { randomUUID } from 'node:crypto'` } },
  { rule: 'api', what: 'a package in the client of the API', files: { 'src/api/line.ts': `import { z } from 'zod'` } },
  {
    rule: 'computed',
    what: 'an import that is put together',
    files: { 'src/cli/run.ts': 'const m = await import(`../operations/${noun}/list.js`)' },
  },
  { rule: 'room', what: 'a room that the house does not have', files: { 'src/utils/text.ts': '' } },
  { rule: 'room', what: 'a file between the folders of operations', files: { 'src/operations/shared.ts': '' } },
]

describe('floors', () => {
  test('an import goes to its own room or a lower floor', () => {
    expect(floorViolations(publishedSources().map((source) => importsOf(source)))).toEqual([])
  })

  test.each(PLANTED)('finds $what', ({ rule, files }) => {
    expect(check(files).map((violation) => violation.rule)).toEqual([rule])
  })

  test('lets through what goes down', () => {
    const files = {
      'src/index.ts': `import { createTenantry } from './client/tenantry.js'\nexport * from './control.js'`,
      'src/orm/kysely.ts': `import type { Scope } from '../client/scope.js'\nimport { Kysely } from 'kysely'`,
      'src/operations/registry.ts': `import { a } from './tenant/list.js'\nimport { b } from './key/list.js'`,
      'src/operations/tenant/list.ts': `import { row } from './row.js'\nimport { z } from 'zod'`,
      'src/client/entry.ts': `import type { R } from '../catalog/resolve.js'\nimport { names } from '../isolation/names.js'`,
      'src/catalog/resolve.ts': `import type { Isolation } from './homes.js'`,
      'src/postgres/session.ts': `import pg from 'pg'\nimport { sql } from '../kernel/sql.js'`,
      'src/programs/child.ts': `import { spawn } from 'node:child_process'`,
    }
    expect(check(files)).toEqual([])
  })
})
