import { type Attack, attacks } from './attack.js'

const REFUSED = ['STATEMENT_REFUSED'] as const
const SEVERAL = ['42601'] as const
const NO_TENANT = ['SLUG_INVALID'] as const
const OWN = 'select secret from {own}.product'

/** The client's own wall: which statements it lets through, and what it takes for a tenant. */
export const CLIENTS: readonly Attack[] = [
  ...attacks({ position: 'P2', from: 'scope' }, [
    ['G-01', 'appends a statement', `${OWN}; reset role`, SEVERAL],
    ['G-02', 'appends a statement behind a comment', `${OWN} /* */; /* */ set role {their role}`, SEVERAL],
    ['G-03', 'appends the end of the transaction', `values (1); commit`, SEVERAL],
    ['G-04', 'begins with a comment', `/* select */ reset role`, REFUSED],
    ['G-05', 'begins with nested comments', '/* /* select */ select */ reset role', REFUSED],
    ['G-06', 'begins with a comment that ends its line', '-- select\nreset role', REFUSED],
    ['G-07', 'begins with a comment that PostgreSQL does not end there', '-- select\u2028select\nreset role', REFUSED],
    ['G-08', 'begins with parentheses', '((reset role))', REFUSED],
    ['G-09', 'writes the word in capitals', 'RESET role', REFUSED],
    ['G-10', 'begins with a space that is none', '\u00a0select 1', REFUSED],
    ['G-11', 'begins with a word that only begins like one', 'selectx from {own}.product', REFUSED],
    ['G-12', 'is empty', '', REFUSED],
    ['G-13', 'ends the transaction', 'commit', REFUSED],
    ['G-14', 'begins another one', 'begin', REFUSED],
    ['G-15', 'shows a setting', 'show {setting}', REFUSED],
    ['G-16', 'calls a procedure', 'call {own}.evil()', REFUSED],
    ['G-17', 'executes what is prepared', 'execute t1', REFUSED],
    ['G-18', 'copies', 'copy {own}.product to stdout', REFUSED],
    ['G-19', 'explains and runs', 'explain analyze delete from {own}.product', REFUSED],
    ['G-20', 'closes cursors', 'close all', REFUSED],
    ['G-21', 'fetches', 'fetch all from c', REFUSED],
    ['G-22', 'moves a cursor', 'move all in c', REFUSED],
    ['G-23', 'hides a second statement in a dollar quote that is none', `select $a$ ; $b$; reset role; $a$`, ['42601', 'ok']],
    ['G-24', 'ends a quote that the application has begun', `select 'x\\'; reset role; --'`, ['42601', 'ok']],
    ['G-25', 'writes NUL', 'select 1\u0000; reset role', ['STATEMENT_INVALID', '08P01', '42601', 'CONNECTION_LOST']],
  ]),
  ...attacks({ position: 'P5', from: 'client' }, [
    ['I-02', 'is called by two schemas', '9999, tenant_0002', NO_TENANT],
    ['I-03', 'is called by a schema and a statement', '0001; set search_path to tenant_0002; --', NO_TENANT],
    ['I-07', 'is called by a quote and a statement', '"; drop schema shared cascade; --\n\\! id', NO_TENANT],
    ['G-26', 'is called by nothing', '', ['TENANT_MISSING']],
    ['G-27', 'is called by a path', '../other', NO_TENANT],
    ['G-28', 'is called in capitals', 'ACME', NO_TENANT],
    ['I-05', 'is called by letters that look the same', '\u0430cme', NO_TENANT],
    ['G-29', 'is called in letters of full width', '\uff41\uff43\uff4d\uff45', NO_TENANT],
    ['G-30', 'is called with something that cannot be seen', 'ac\u200bme', NO_TENANT],
    ['I-04', 'is called by more than PostgreSQL would keep', 'a'.repeat(64), NO_TENANT],
    ['G-31', 'is called by something like an id', '00000000-0000-4000-8000-00000000000g', NO_TENANT],
    ['G-32', 'is called by a pattern', '%', NO_TENANT],
    ['G-33', 'is called by an id in capitals', '00000000-0000-4000-8000-00000000000A', NO_TENANT],
    ['G-34', 'is called by a name with NUL', 'acme\u0000', NO_TENANT],
    ['G-35', 'is called by somebody who is not there', '00000000-0000-4000-8000-000000000000', ['TENANT_NOT_FOUND']],
  ]),
]
