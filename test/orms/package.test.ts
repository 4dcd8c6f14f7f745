import { existsSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import pg from 'pg'
import { publint } from 'publint'
import { formatMessage } from 'publint/utils'
import { describe, expect, test } from 'vitest'

const ROOT = join(import.meta.dirname, '..', '..')
const read = (path: string) => JSON.parse(readFileSync(join(ROOT, path), 'utf8'))
const { exports, dependencies, devDependencies, peerDependencies, peerDependenciesMeta } = read('package.json')
const orms = read('test/orms/package.json')

/** What the doors are for, by the package whose object they are handed. */
const LIBRARIES = [
  'kysely',
  'drizzle-orm',
  'knex',
  'typeorm',
  '@mikro-orm/postgresql',
  '@prisma/client',
  '@prisma/adapter-pg',
  'express',
  'fastify',
]

describe('the package', () => {
  test.skipIf(!existsSync(join(ROOT, 'dist', 'index.js')))('is clean by publint, as it is built', async () => {
    const { messages } = await publint({ pkgDir: ROOT, level: 'suggestion', pack: 'npm', strict: true })
    expect(messages.map((message) => formatMessage(message, read('package.json')))).toEqual([])
  })

  test('every library under test that it has a door for is an optional peer, and none a dependency', () => {
    for (const name of LIBRARIES) {
      expect(Object.keys(peerDependencies), name).toContain(name)
      expect(peerDependenciesMeta[name], name).toEqual({ optional: true })
      expect(Object.keys(dependencies), name).not.toContain(name)
      expect(Object.keys(orms.dependencies), name).toContain(name)
    }
    expect(Object.keys(exports)).toEqual(expect.arrayContaining(['./knex', './typeorm', './mikro-orm', './prisma']))
  })

  test('a peer is of the line that is under test, and no later one', () => {
    for (const [name, range] of Object.entries<string>(peerDependencies)) {
      const [, line] = /^\^(\d+\.\d+)\.0$/.exec(range) ?? []
      const [major, minor] = ((orms.dependencies[name] ?? devDependencies[name]) as string).split('.').map(Number)
      const [peerMajor, peerMinor] = (line ?? '').split('.').map(Number)
      expect([name, range, peerMajor]).toEqual([name, range, major])
      // Before 1.0 each minor version is a line of its own.
      if (major === 0) expect([name, peerMinor]).toEqual([name, minor])
      else expect(peerMinor, name).toBeLessThanOrEqual(minor!)
    }
  })

  test('the page of the ORMs says which versions are tested', () => {
    const page = readFileSync(join(ROOT, 'docs', 'orms.md'), 'utf8')
    const told = {
      Kysely: 'kysely',
      Drizzle: 'drizzle-orm',
      Knex: 'knex',
      TypeORM: 'typeorm',
      MikroORM: '@mikro-orm/core',
      Prisma: '@prisma/client',
    }
    for (const [name, dependency] of Object.entries(told)) expect(page).toContain(`${name} ${orms.dependencies[dependency]}`)
    expect(page).toContain(`\`pg\` ${orms.dependencies.pg}`)
  })

  test('libraries under test have the one copy of pg that scopes have', () => {
    const mine = createRequire(import.meta.url)
    for (const library of ['@prisma/adapter-pg', '@mikro-orm/postgresql'])
      expect(createRequire(mine.resolve(library))('pg').Pool, library).toBe(pg.Pool)
    expect(read('node_modules/pg/package.json').version).toBe(orms.dependencies.pg)
  })
})
