import { type Attack, attacks, DENIED, type Expected, NOT_THERE, residual } from './attack.js'

const THEIRS = `select secret from {other}.product where {column} = '{them}'`
const ENTER = `select set_config('role', tenantry.enter_v1('{them}', {epoch}, '{version}', '{database id}', '', ''), true)`

/** A forged setting opens shared tables only, and only where the setting is what is believed. */
const FORGED: Expected = { 'shared/standard': residual('context'), shared: ['ok'], schema: DENIED, database: NOT_THERE }

/** The role of another home: the same one in a shared home, and one with nothing to see in another database. */
const SWITCHED: Expected = {
  'schema/dedicated': DENIED,
  'database/dedicated': DENIED,
  'shared/dedicated': ['ok'],
  schema: ['ok'],
  shared: ['ok'],
  database: NOT_THERE,
}

/** Its own tenant in another's home: what is there stays hidden, and cannot be changed. */
const STANDING: Expected = { ...(SWITCHED as object), schema: residual('role-switch') }

/** Without a tenant column nothing stands behind the role; at `dedicated` it cannot be taken, and in another database it opens nothing. */
const ALONE: Pick<Attack, 'columnless'> = { columnless: { dedicated: DENIED, schema: residual('role-alone'), database: NOT_THERE } }

/** Where the other tenant lives in another database, it is not known here. */
const ENTERED: Expected = {
  'database/standard': ['TN001'],
  'database/strict': ['TN001'],
  'database/dedicated': ['TN001'],
  standard: residual('trusted-login'),
  otherwise: ['TN014'],
}

/** Being somebody else: the tenant of the transaction, the role, the session, the actor. */
export const IDENTITY: readonly Attack[] = [
  ...attacks({ position: 'P1', from: 'transaction' }, [
    ['R-01', "says that the transaction is the other tenant's", [`set local {setting} = '{their context}'`, THEIRS], FORGED],
    ['C-01', 'says so for the session', [`set {setting} = '{their context}'`, THEIRS], FORGED],
    [
      'C-02',
      'says so, and writes',
      [`set local {setting} = '{their context}'`, `update {other}.product set price = 3 where {column} = '{them}'`],
      FORGED,
    ],
    [
      'C-03',
      "says so, and inserts in the other's name",
      [
        `set local {setting} = '{their context}'`,
        `insert into {other}.product ({column}, id, name, secret) values ('{them}', 81, 'forged', 'x')`,
      ],
      { ...(FORGED as object), 'shared/strict': DENIED, 'shared/dedicated': DENIED },
    ],
    [
      'R-28',
      'says that somebody else acts',
      [`set local {setting} = E'{me}\\x1fchief executive\\x1f'`, 'select tenantry.actor()'],
      { standard: residual('context'), otherwise: ['ok'] },
      { never: 'chief executive' },
    ],
    [
      'C-04',
      'says that it is nobody',
      [`set local {setting} = ''`, 'select secret from {own}.product'],
      { standard: ['TN000'], otherwise: ['ok'] },
      { needs: 'tenant column' },
    ],
    [
      'C-05',
      'says what is no tenant at all',
      [`set local {setting} = 'x'' or true --'`, 'select secret from {own}.product'],
      { standard: ['22P02'], otherwise: ['ok'] },
      { needs: 'tenant column' },
    ],
    [
      'C-06',
      'takes back what was set for the transaction',
      ['reset all', 'select secret from {own}.product'],
      ['TN000'],
      { needs: 'tenant column' },
    ],
    ['R-07', 'writes the setting that only the wall may write', `set local backtrace_functions = 't_{them}'`, DENIED],
    ['C-07', 'takes that setting back', 'reset backtrace_functions', DENIED],
    ['S-05', "leaves its role and takes the other's", ['reset role', 'set local role {their role}', THEIRS], SWITCHED, ALONE],
    ['S-06', "takes the other's role at once", ['set local role {their role}', THEIRS], SWITCHED, ALONE],
    ['C-08', "takes no role, then the other's", ['set local role none', 'set local role {their role}', THEIRS], SWITCHED, ALONE],
    [
      'S-08',
      "takes back its session's authorization",
      ['set session authorization default', 'set local role {their role}', THEIRS],
      SWITCHED,
      ALONE,
    ],
    [
      'C-36',
      "takes the other's role, and leaves a row of its own there",
      ['set local role {their role}', `insert into {other}.product (id, name, secret) values (94, 'left', 'x')`],
      STANDING,
      { ...ALONE, keeps: true },
    ],
    [
      'C-37',
      "takes the other's role, and locks a table",
      ['set local role {their role}', 'lock table {other}.product in access exclusive mode'],
      { ...(STANDING as object), shared: residual('lock') },
    ],
    [
      'C-38',
      "takes the other's role, and changes rows",
      ['set local role {their role}', `update {other}.product set price = 6`],
      SWITCHED,
      { ...ALONE, keeps: true },
    ],
    [
      'C-39',
      "takes the other's role, and inserts in the other's name",
      ['set local role {their role}', `insert into {other}.product ({column}, id, name, secret) values ('{them}', 95, 'forged', 'x')`],
      { ...(SWITCHED as object), shared: DENIED, schema: DENIED },
      { ...ALONE, keeps: true },
    ],
    [
      'C-40',
      "takes the other's role, and says that the transaction is theirs",
      ['set local role {their role}', `set local {setting} = '{their context}'`, THEIRS],
      { ...(SWITCHED as object), 'schema/standard': residual('context'), 'shared/standard': residual('context') },
      ALONE,
    ],
    [
      'C-41',
      "takes the other's role, says that the transaction is theirs, and writes",
      [
        'set local role {their role}',
        `set local {setting} = '{their context}'`,
        `update {other}.product set price = 7 where {column} = '{them}'`,
      ],
      { ...(SWITCHED as object), 'schema/standard': residual('context'), 'shared/standard': residual('context') },
      { ...ALONE, keeps: true },
    ],
    [
      'S-42',
      "takes the other's role, and reads what has no row-level security",
      ['set local role {their role}', 'select newest from {other}.sale_total'],
      { database: NOT_THERE, 'database/dedicated': DENIED, otherwise: DENIED },
      ALONE,
    ],
    ['S-07', 'takes the session of the other role', ['set session authorization {their role}', THEIRS], DENIED],
    ['C-09', 'takes the role that owns the tables', ['set local role {owner}', THEIRS], DENIED],
    ['C-10', 'takes the role that owns functions and views', ['set local role {code}', THEIRS], DENIED],
    ['C-11', "leaves its role and takes the owner's", ['reset role', 'set local role {owner}', THEIRS], DENIED],
    ['C-12', 'leaves its role and reads as the login', ['reset role', 'select secret from {own}.product'], DENIED],
    ['C-13', 'leaves its role and enters the other tenant', ['reset role', ENTER, THEIRS], ENTERED],
    ['C-14', 'ends the transaction, and enters the other tenant in the next', ['commit', 'begin', ENTER, THEIRS], ENTERED],
    ['C-15', 'enters the other tenant from its own role', [ENTER, THEIRS], DENIED],
    ['S-10', 'ends the transaction and reads', ['commit', 'select secret from {own}.product'], DENIED],
    ['R-39', 'chains another transaction to it', ['commit and chain', 'select secret from {own}.product'], DENIED],
    ['C-16', 'chains another transaction to a rollback', ['rollback and chain', 'select secret from {own}.product'], DENIED],
    ['S-12', 'rolls back and begins anew', ['rollback', 'begin', 'savepoint a', 'select secret from {own}.product'], DENIED],
    [
      'C-17',
      'ends the transaction and says whose the next is',
      ['commit', 'begin', `set local {setting} = '{their context}'`, THEIRS],
      { database: NOT_THERE, otherwise: DENIED },
    ],
    ['S-11', 'discards the session, then reads', ['commit', 'discard all', 'select secret from {own}.product'], DENIED],
    ['C-18', 'discards the session inside of the transaction', 'discard all', ['25001']],
    ['C-19', 'rolls back to before it was let in', ['rollback to savepoint tenantry_1', THEIRS], ['3B001']],
    ['C-20', 'takes the snapshot of somebody else', `set transaction snapshot '00000003-0000001B-1'`, ['25001', '0A000', '22023']],
    ['C-21', 'lets its role stand above row-level security', ['alter role current_user bypassrls', THEIRS], DENIED],
    [
      'C-22',
      "makes itself a member of the other's role",
      'grant {their role} to {my role}',
      { shared: ['42501', '0LP01'], otherwise: DENIED },
    ],
    ['C-23', 'makes itself a member of the owner', 'grant {owner} to {my role}', DENIED],
    ['C-24', 'makes itself a member of who reads everything', 'grant pg_read_all_data to {my role}', DENIED],
  ]),
  ...attacks({ position: 'P2', from: 'transaction', needs: 'hardened' }, [
    [
      'R-03',
      'sets the tenant inside of a condition',
      `select secret from {own}.product where id = 11 or set_config('{setting}', '{their context}', true) is null`,
      DENIED,
    ],
    [
      'C-25',
      'sets the tenant, then reads, in one statement',
      `with forged as materialized (select set_config('{setting}', '{their context}', true) as s) select p.secret from forged, {own}.product p where s is not null`,
      DENIED,
    ],
    ['C-26', 'sets the role inside of an expression', `select set_config('role', '{their role}', true)`, DENIED],
    ['C-27', 'sets the search path inside of an expression', `select set_config('search_path', '{other}', true)`, DENIED],
    ['C-28', 'turns row-level security off inside of an expression', `select set_config('row_security', 'off', true)`, DENIED],
    ['C-29', 'writes the protected setting inside of an expression', `select set_config('backtrace_functions', 't_{them}', true)`, DENIED],
    [
      'C-30',
      'sets the tenant by updating the view of settings',
      `update pg_settings set setting = '{their context}' where name = '{setting}'`,
      DENIED,
    ],
    ['C-31', 'calls it by its full name', `select pg_catalog.set_config('{setting}', '{their context}', false)`, DENIED],
    [
      'C-32',
      'calls it as an argument of an aggregate',
      `select count(set_config('{setting}', '{their context}', true)) from {own}.product`,
      DENIED,
    ],
    [
      'C-33',
      'calls it in the arguments of LIMIT',
      `select secret from {own}.product limit length(set_config('{setting}', '{their context}', true))`,
      DENIED,
    ],
    [
      'C-34',
      'calls it in the value of a row that it writes',
      `insert into {own}.product (id, name, secret) values (91, set_config('{setting}', '{their context}', true), 'x')`,
      DENIED,
    ],
    ['C-35', 'calls it as a table', `select * from set_config('{setting}', '{their context}', true), {own}.product`, DENIED],
  ]),
]
