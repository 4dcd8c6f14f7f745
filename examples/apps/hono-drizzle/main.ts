import { createTenantry } from 'tenantry'
import { start } from './app.js'

const { TENANTRY_CATALOG_URL, BASE = 'localhost', PORT = '3000' } = process.env
if (!TENANTRY_CATALOG_URL) {
  console.error('TENANTRY_CATALOG_URL is not set: it stands in the .env that `tenantry init` has written')
  process.exit(2)
}

const tenantry = createTenantry({ catalogUrl: TENANTRY_CATALOG_URL })
const gateway = { keys: { gateway: 'env:GATEWAY_KEY' }, audience: 'customers' }
const close = await start(tenantry, { base: BASE, gateway, port: Number(PORT) })

process.once('SIGTERM', () => {
  close()
    .then(() => tenantry.close())
    .catch((error: unknown) => {
      console.error(error)
      process.exitCode = 1
    })
})
