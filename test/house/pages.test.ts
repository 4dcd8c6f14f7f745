import { expect, test } from 'vitest'
import { SERVER_HOLES, WALLS } from '../../src/postgres/server-holes.js'
import { expectCommitted } from './committed.js'
import { rolesPage } from './role-pages.js'
import { versionsPage } from './version-pages.js'

test('docs/versions.md is what the tables of holes say', () => {
  expectCommitted('docs/versions.md', versionsPage())
})

test('docs/roles.md is what the model of roles says', () => {
  expectCommitted('docs/roles.md', rolesPage())
})

test('every wall that is named stops a hole, and no hole stands in the table twice', () => {
  const ids = SERVER_HOLES.map(({ id }) => id)
  expect(new Set(ids).size).toBe(ids.length)
  expect(Object.keys(WALLS).filter((wall) => SERVER_HOLES.every((hole) => hole.wall !== wall))).toEqual([])
})
