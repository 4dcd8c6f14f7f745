import { type Attack, attacks, DENIED, FOREIGN, NOT_THERE } from './attack.js'

/**
 * Published holes of PostgreSQL below the safe minors, in the form in which they would open these walls. Keys that begin with the tenant, policies for
 * everybody and views without filters of their own close them on older minors as well.
 */
export const HOLES: readonly Attack[] = [
  ...attacks({ position: 'P2', from: 'transaction' }, [
    // CVE-2026-120154: the row that ON CONFLICT meets is handed to its WHERE before row-level security is asked.
    [
      'R-40',
      'meets a row of the other tenant by ON CONFLICT, and makes it part of an error',
      `insert into {own}.product as p (id, name, secret) values (1, 'mine', 'x') on conflict ({key}) do update set price = 0 where p.secret::int = 1`,
      ['ok'],
    ],
    [
      'H-01',
      'meets it in its own name',
      `insert into {other}.product as p ({column}, id, name, secret) values ('{them}', 1, 'x', 'x') on conflict ({key}) do update set price = 0 where p.secret::int = 1`,
      { shared: DENIED, schema: DENIED, database: NOT_THERE },
    ],
    [
      'H-02',
      'meets it by another unique key',
      `insert into {own}.product as p (id, name, secret) values (92, 'lamp', 'x') on conflict ({column}, name) do update set price = 0 where p.secret::int = 1`,
      ['ok'],
      { needs: 'tenant column' },
    ],
    [
      'H-03',
      'meets it, and gets it back',
      `insert into {own}.product as p (id, name, secret) values (1, 'mine', 'x') on conflict ({key}) do update set price = p.price returning secret`,
      ['ok'],
    ],
    [
      'H-04',
      'meets it, and does nothing',
      `insert into {own}.product (id, name, secret) values (1, 'mine', 'x') on conflict do nothing`,
      ['ok'],
      { instead: [`insert into {own}.product (id, name, secret) values (5001, 'mine', 'x') on conflict do nothing`] },
    ],
    // CVE-2026-16237: ON CONFLICT on a view overwrites a row that the view does not show.
    [
      'R-42',
      'overwrites a row behind a view by ON CONFLICT',
      `insert into {own}.product_names (id, name, secret) values (1, 'mine', 'stolen') on conflict ({key}) do update set secret = excluded.secret`,
      DENIED,
      { keeps: true },
    ],
    [
      'H-05',
      'overwrites a row of the other tenant behind a view',
      `insert into {other}.product_names ({column}, id, name, secret) values ('{them}', 2, 'mine', 'stolen') on conflict ({key}) do update set secret = excluded.secret`,
      { shared: DENIED, schema: DENIED, database: NOT_THERE },
      { keeps: true },
    ],
    [
      'R-20',
      'asks by a unique key whether the other tenant has a name',
      `insert into {own}.product (id, name, secret) values (93, 'lamp', 'x')`,
      ['ok'],
      { instead: [`insert into {own}.product (id, name, secret) values (93, 'no such lamp', 'x')`] },
    ],
    [
      'H-06',
      'asks by a primary key whether the other tenant has a number',
      `insert into {own}.product (id, name, secret) values (1, 'mine', 'x')`,
      ['ok'],
      { instead: [`insert into {own}.product (id, name, secret) values (5001, 'mine', 'x')`] },
    ],
    // CVE-2023-39418: MERGE did not enforce policies of UPDATE and SELECT.
    [
      'R-29',
      'merges past the policies',
      `merge into {own}.product p using (values (1)) as v (i) on p.id = v.i when matched then update set price = 9 when not matched then do nothing`,
      ['ok'],
      { keeps: true },
    ],
    // CVE-2024-10976: row-level security below a sub-select was forgotten when the role changed.
    [
      'H-07',
      'reads below a sub-select in a common table expression',
      `with a as (select (select max(secret) from {other}.product where {column} = '{them}') as s) select s from a`,
      { shared: ['ok'], schema: DENIED, database: NOT_THERE },
    ],
    // CVE-2026-116327: what stands in the place of a CASE's own value is not looked at, so that a cast that may fail is run before the policy.
    [
      'H-10',
      'lets a CASE cast values before the policy hides them',
      `select 1 from {other}.product where {column} = '{them}' and case price when 1::float8 then true else secret::int = 1 end`,
      FOREIGN,
    ],
  ]),
  ...attacks({ position: 'P1', from: 'transaction' }, [
    // CVE-2016-2193, CVE-2026-14666: a plan that was made for one role is used for another.
    [
      'R-43',
      'prepares a statement as itself, and runs it in another role',
      [`prepare mine as select secret from {own}.product`, 'execute mine', 'reset role', 'execute mine'],
      DENIED,
    ],
    // CVE-2026-116311: a role takes itself out of a policy by dropping what it owns.
    [
      'H-08',
      'drops what it owns, so that its policies are gone',
      ['drop owned by current_user restrict', 'select secret from {own}.product'],
      ['ok'],
    ],
    // CVE-2021-3393: an error of a partition shows columns that may not be read.
    ['H-09', 'makes a row of another partition part of an error', `update {own}.event set at = '1990-01-01' where id = 11`, ['ok']],
  ]),
]
