import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { sql } from '../../src/kernel/sql.js'
import type { Fleet } from '../../src/testing/fleet.js'
import { describeOn } from '../support/servers-injected.js'
import { openShops } from './shop.js'

interface Example {
  readonly placeOrder: (tenant: string, sku: string) => Promise<string>
  readonly close: () => Promise<void>
}

const ENVIRONMENT = ['TENANTRY_CATALOG_URL', 'TENANTRY_APP_PASSWORD'] as const

// What stands in the page is what is run; each example tells by its name for whom it is.
describeOn(['embedded-18'], 'the page of the ORMs', (server) => {
  let fleet: Fleet
  let page: string
  const before = ENVIRONMENT.map((name) => process.env[name])
  beforeAll(async () => {
    page = await readFile('docs/orms.md', 'utf8')
    fleet = await openShops(server)
    process.env.TENANTRY_CATALOG_URL = fleet.catalogUrl
    process.env.TENANTRY_APP_PASSWORD = fleet.secrets('env:TENANTRY_APP_PASSWORD')
  })
  afterAll(async () => {
    ENVIRONMENT.forEach((name, i) => {
      if (before[i] === undefined) delete process.env[name]
      else process.env[name] = before[i]
    })
    await fleet?.stop()
  })

  test.each(['pg', 'kysely', 'drizzle', 'knex', 'typeorm', 'mikro-orm', 'prisma'])(
    'its example for %s runs as written, for two tenants at once',
    async (name) => {
      const program = new RegExp(`^\`\`\`ts ${name}\n([\\s\\S]*?)^\`\`\``, 'm').exec(page)![1]!
      // Packages are looked for from where the importing file is.
      const folder = join(process.cwd(), '.build', 'test', 'orms')
      await mkdir(folder, { recursive: true })
      const file = join(folder, `page-${name}.ts`)
      await writeFile(file, program)
      const { placeOrder, close } = (await import(file)) as Example
      const slugs = ['shared-1', 'schema-1']
      expect(await Promise.all(slugs.map((slug) => placeOrder(slug, `${name} of ${slug}`)))).toEqual(
        slugs.map((slug) => `${name} of ${slug}`),
      )
      for (const slug of slugs) {
        const mine = sql<{ sku: string }>`select sku from orders where starts_with(sku, ${`${name} `})`
        expect(await fleet.app.tenant(slug).query(mine)).toEqual([{ sku: `${name} of ${slug}` }])
      }
      await close()
    },
  )
})
