export { type LeakCount, type LeakOptions, leakBound, measureLeaks } from '../engine/leak/meter.js'
export type { LeakStored, LeakTenant, LeakWay } from '../engine/leak/way.js'

/** The table that the meter reads and writes, as a tenant migration. Who a row belongs to is said by columns that the meter fills, whatever else marks it. */
export const LEAK_MIGRATIONS: Readonly<Record<string, string>> = {
  'tenant/20260101000000_parcel.sql': `-- migrate:up
create table parcel (
  tenant_id uuid not null default tenantry.tenant(),
  id bigint generated always as identity,
  owner text not null,
  toucher text not null,
  doomed boolean not null default false,
  primary key (tenant_id, id)
);

-- migrate:down
drop table parcel;
`,
}
