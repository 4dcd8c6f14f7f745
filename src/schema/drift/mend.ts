import { EXTENSION_SCHEMA, type RoleNames } from '../../isolation/names.js'
import { fileText, ident, sql } from '../../kernel/sql.js'
import type { Session } from '../../postgres/session.js'
import { type Fact, keyOf, textOf } from './facts.js'
import type { LookedAt } from './look.js'
import type { Roles } from './mend-rights.js'
import type { Mend } from './plan.js'

/** The real names that stand for the neutral ones in a home. */
export const rolesOf = ({ schema, role, login }: LookedAt, names: RoleNames): Roles => ({
  schema,
  roles: {
    $owner: names.owner,
    $code: names.code,
    $tenant: names.tenant,
    ...(role === null ? {} : { $home: role }),
    ...(login === null ? {} : { $login: login }),
  },
})

/** Runs what mends a home. Part of a transaction, as the administrator. Throws what a statement throws. */
export async function mendHome(
  session: Session,
  { schema }: LookedAt,
  { owner }: RoleNames,
  mends: readonly Mend[],
  onMend: (mend: Mend) => void,
): Promise<void> {
  await session.run(sql`set local search_path = ${ident(schema)}, ${ident(EXTENSION_SCHEMA)}, pg_temp`)
  // Functions may speak of tables that come after them.
  await session.run(sql`set local check_function_bodies = off`)
  for (const mend of mends) {
    onMend(mend)
    await session.run(mend.as === 'owner' ? sql`set local role ${ident(owner)}` : sql`set local role none`)
    await session.script(fileText(mend.sql))
  }
  await session.run(sql`set local role none`)
  await session.run(sql`set local search_path = ''`)
}

/** The same for people: one text that a superuser can run with psql in the home's database. */
export const scriptOf = ({ schema }: LookedAt, mends: readonly Mend[]): string =>
  [
    'begin;',
    `set local search_path = ${ident(schema).text}, ${ident(EXTENSION_SCHEMA).text}, pg_temp;`,
    'set local check_function_bodies = off;',
    ...mends.map(({ sql: text, loses }) => `${loses === undefined ? '' : `-- loses ${loses}\n`}${text};`),
    'commit;',
  ].join('\n')

/** In which facts two homes still differ. */
export function remaining(expected: readonly Fact[], actual: readonly Fact[]): readonly string[] {
  const [should, is] = [new Map(expected.map((fact) => [keyOf(fact), fact])), new Map(actual.map((fact) => [keyOf(fact), fact]))]
  return [...new Set([...should.keys(), ...is.keys()])].flatMap((key) => {
    const [one, other] = [should.get(key), is.get(key)]
    const fact = (one ?? other)!
    const name = [fact.kind, fact.table, fact.name].filter((part) => part !== '').join(' ')
    if (one === undefined) return [`${name} is too much`]
    if (other === undefined) return [`${name} is missing`]
    return textOf(one.def) === textOf(other.def) ? [] : [`${name} differs: ${textOf(other.def)} in place of ${textOf(one.def)}`]
  })
}
