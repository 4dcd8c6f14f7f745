import type { Fleet } from '../../src/testing/fleet.js'
import { fleetOn } from '../support/fleet.js'
import type { TestServer } from '../support/servers.js'

/** Two tables that say whose they are: a row of another tenant can be told by its value. */
const SHOP_MIGRATIONS = {
  'tenant/20260101000000_shop.sql': `-- migrate:up
create table orders (
  tenant_id uuid not null default tenantry.tenant(),
  id bigint generated always as identity,
  owner uuid not null default tenantry.tenant(),
  sku text not null,
  quantity integer not null default 1,
  placed_at timestamptz not null default now(),
  primary key (tenant_id, id),
  unique (tenant_id, sku)
);
-- migrate:down
drop table orders;
`,
}

export const SHOPS = { 'shared-1': 'shared', 'shared-2': 'shared', 'schema-1': 'schema', 'schema-2': 'schema' } as const

// Short, for tests that wait until somebody has waited too long; behind a pooler with one connection everybody waits.
const patienceOf = (pooled: boolean | undefined): number => (pooled ? 10_000 : 1_000)

export const openShops = (server: TestServer, options: { readonly pooled?: boolean } = {}): Promise<Fleet> =>
  fleetOn(server, { ...options, migrations: SHOP_MIGRATIONS, tenants: SHOPS, client: { acquireTimeoutMs: patienceOf(options.pooled) } })
