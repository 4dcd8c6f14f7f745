import { defineConfig } from 'tenantry'

export default defineConfig({
  catalog: { database: 'techcorp_catalog' },
  naming: { schema: 'service_{number:3}' },
  services: {
    identity: 'services/identity',
    orders: 'services/orders',
    billing: 'services/billing',
  },
})
