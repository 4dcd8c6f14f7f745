import { afterAll, beforeAll, expect, test } from 'vitest'
import { sql } from '../../src/kernel/sql.js'
import type { Fleet } from '../../src/testing/fleet.js'
import { fleetOn } from '../support/fleet.js'
import { testServer } from '../support/servers-injected.js'

const PEOPLE = `-- migrate:up
create table person (
  tenant_id uuid not null default tenantry.tenant(), id int, email text, name text not null, phone varchar(12), secret text, ref uuid, born date, seen timestamptz,
  note text, plain text, loud text generated always as (upper(email)) stored,
  primary key (tenant_id, id), unique (tenant_id, email)
);
create table letter (tenant_id uuid not null default tenantry.tenant(), id int, email text, primary key (tenant_id, id),
  foreign key (tenant_id, email) references person (tenant_id, email));
-- migrate:down
drop table letter, person;
`
const RULES = {
  person: {
    email: 'email',
    name: 'name',
    phone: 'phone',
    secret: 'null',
    ref: 'hash',
    born: { shiftDays: 500 },
    seen: { shiftDays: 500 },
    note: { constant: 'a\tb\\c' },
  },
  letter: { email: 'email' },
} as const

interface Person {
  readonly [column: string]: string | null
}

let fleet: Fleet
beforeAll(async () => {
  fleet = await fleetOn(testServer(), {
    migrations: { 'tenant/1_people.sql': PEOPLE },
    tenants: { origin: 'shared' },
    config: { anonymise: RULES },
  })
  await fleet.app.tenant('origin').transaction(async (tx) => {
    await tx.run(sql`
      insert into person (id, email, name, phone, secret, ref, born, seen, note, plain)
      select n, 'real' || n || E'\\n@x', 'Real ' || n, '+49 30 ' || n, 'top', gen_random_uuid(), date '1999-12-31' + n, '2020-02-28 23:30:00+00', 'real', E'kept\\t' || n
      from generate_series(1, 50) n`)
    await tx.run(sql`insert into person (id, name, born, seen) values (0, 'Real', 'infinity', '0044-03-15 12:00:00+00 BC')`)
    await tx.run(sql`insert into letter (id, email) select id, email from person`)
  })
})
afterAll(() => fleet?.stop())

const people = (slug: string): Promise<readonly Person[]> =>
  fleet.app.tenant(slug).query(sql<Person>`
    select p.id::text, p.email, p.name, phone, secret, ref::text, born::text, (seen at time zone 'UTC')::text as seen, note, plain, loud
    from person p order by p.id`)

test.for(['shared', 'schema'])('a clone in a %s home has nothing of what the rules name, and everything else', async (isolation) => {
  const made = await fleet.run<{ anonymised: string[] }>('tenant.clone', { tenant: 'origin', as: `clone-${isolation}`, isolation })
  expect(made.anonymised).toContain('person.email')
  const [were, are] = [await people('origin'), await people(`clone-${isolation}`)]
  expect(are.map(({ plain }) => plain)).toEqual(were.map(({ plain }) => plain))
  expect(JSON.stringify(are)).not.toMatch(/real|top|\+49/i)
  expect(are[0]).toMatchObject({ email: null, note: null, born: 'infinity', seen: expect.stringMatching(/^004\d-\d\d-\d\d 12:00:00 BC$/) })
  expect(new Set(are.slice(1).map(({ email }) => email)).size).toBe(50)
  for (const one of are.slice(1))
    expect(one).toMatchObject({
      email: expect.stringMatching(/^[0-9a-f]{20}@example\.com$/),
      name: expect.stringMatching(/^[A-Z][a-z]+ [A-Z][a-z]+ [0-9a-f]{10}$/),
      phone: expect.stringMatching(/^\+999\d{8}$/),
      secret: null,
      note: 'a\tb\\c',
      loud: one.email!.toUpperCase(),
    })
  // All by the same days, so that what lay between two dates still does.
  const days = (text: string): number => Date.parse(text.slice(0, 10)) / 86_400_000
  const moved = new Set(
    are.slice(1).flatMap((one, i) => [days(one.born!) - days(were[i + 1]!.born!), days(one.seen!) - days(were[i + 1]!.seen!)]),
  )
  expect(moved.size).toBe(1)
  expect(Math.abs([...moved][0]!)).toBeLessThanOrEqual(500)
  // References hold, and two clones have nothing in common by which they could be told to be of one.
  const { n } = (
    await fleet.app.tenant(`clone-${isolation}`).query(sql<{ n: number }>`
    select count(*)::int as n from letter l join person p on p.email = l.email and p.id = l.id`)
  )[0]!
  expect(n).toBe(50)
})

test('two clones have no made-up value in common', async () => {
  const [one, other] = [await people('clone-shared'), await people('clone-schema')]
  expect(one.filter(({ email }) => email !== null && other.some((person) => person.email === email))).toEqual([])
})

test('who asks for it has all values, and rules that fit no column clone nothing', async () => {
  await fleet.run('tenant.clone', { tenant: 'origin', as: 'plain', anonymise: false })
  expect(await people('plain')).toEqual(await people('origin'))
  await fleet.app.tenant('origin').query(sql`select 1 as one`)
  const { anonymise } = fleet.platform.config
  Object.defineProperty(fleet.platform, 'config', {
    value: { ...fleet.platform.config, anonymise: { ...anonymise, letter: { mail: 'email', id: 'hash' }, gone: { x: 'null' } } },
  })
  await expect(fleet.run('tenant.clone', { tenant: 'origin', as: 'none' })).rejects.toMatchObject({
    code: 'ANONYMISE_UNFIT',
    facts: {
      differences: expect.arrayContaining([
        expect.stringContaining('letter.mail'),
        expect.stringContaining('letter.id'),
        expect.stringContaining('gone'),
      ]),
    },
  })
  await expect(fleet.tenant('none')).rejects.toThrow()
})
