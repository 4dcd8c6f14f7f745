import { defineConfig } from 'tenantry'

export default defineConfig({
  catalog: { url: 'env:DATABASE_URL', database: 'pos_catalog' },
  tenantColumn: 'tenant_id',
  extensions: ['ltree', 'btree_gist', 'pg_trgm', 'pgcrypto'],
  // Nobody who is let into a tenant may read these; the platform's own functions verify logins with them.
  hidden: { user_account: ['password_hash', 'mfa_secret'] },
  // The first schema ends with this file: no home has rows before all of it has run.
  lint: { since: '20260907111000' },
  // When `npm start` is killed in the middle, the next one takes its work over this soon.
  lease: '5s',
})
