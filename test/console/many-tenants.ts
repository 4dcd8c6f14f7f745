import { sql } from '../../src/kernel/sql.js'
import type { Fleet } from '../../src/testing/fleet.js'

/** Shared tenants in the catalog alone, in one statement: lists show them, and nobody enters them. */
export const addTenants = (fleet: Fleet, count: number, prefix: string): Promise<void> =>
  fleet.platform.catalog.run(sql`
    with made as (
      insert into catalog.tenant (id, slug, name, isolation, state, state_since, created_at)
      select gen_random_uuid(), ${prefix}::text || '-' || lpad(n::text, 5, '0'), 'Shop ' || n, 'shared', 'active',
             now() - n * interval '1 min', now() - n * interval '1 min'
      from generate_series(1, ${count}::int) n
      returning id
    )
    insert into catalog.placement (tenant_id, home_id, epoch)
    select made.id, (select h.id from catalog.home h where h.isolation = 'shared' limit 1), 1 from made`)
