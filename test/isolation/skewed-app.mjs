import { writeSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { createTenantry, sql } from '../../dist/index.js'

// An application on a machine whose clock is wrong. Arguments: the catalog, and a tenant. Each line that it is sent is one scope; it says how it went.
const [catalogUrl, tenant] = process.argv.slice(2)
const tenantry = createTenantry({ catalogUrl, placementTtlMs: 200 })
writeSync(1, `clock ${Date.now()}\n`)

for await (const actor of createInterface({ input: process.stdin })) {
  const said = await tenantry
    .tenant(tenant, { actor })
    .query(sql`select tenantry.tenant() as tenant, tenantry.actor() as actor`)
    .then(
      ([row]) => `${row.tenant} ${row.actor}`,
      (error) => error.code ?? String(error),
    )
  writeSync(1, `${said}\n`)
}
process.exit(0)
