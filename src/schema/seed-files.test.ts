import { mkdtemp, rm, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { readSeeds, statementsOf } from './seed-files.js'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tenantry-seeds-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

const NAME = '010_one.sql'
const read = async (content: string | Uint8Array) => {
  await writeFile(join(folder, NAME), content)
  return (await readSeeds({ path: folder, named: true }))[0]!
}
const refused = (reason: string) => ({ code: 'SEED_INVALID', facts: { file: NAME, reason: expect.stringContaining(reason) } })

test('each statement of a seed knows its line', async () => {
  const seed = await read("\uFEFF-- Ä first line\r\nselect 'ö;\nü'; /* in\nbetween */ select 2;\n\n  -- last\n  select 3\n")
  expect(await statementsOf(seed)).toEqual([
    { text: "select 'ö;\nü'", line: 2 },
    { text: 'select 2', line: 4 },
    { text: 'select 3\n', line: 7 },
  ])
  await expect(read('select 1;\n\n-- of what\ncreate table t ();').then(statementsOf)).rejects.toMatchObject({
    facts: { file: `${NAME}:4` },
  })
  await expect(read('select 1;\n\nselect from where;').then(statementsOf)).rejects.toMatchObject({ facts: { file: `${NAME}:3` } })
})

test('a long seed is read in a time that grows with it, and once', async () => {
  const long = "insert into author (name) values ('one of very many authors, whom every tenant begins with');\n"
  const seed = await read(long.repeat(20_000))
  const begun = performance.now()
  const statements = await statementsOf(seed)
  // With a look at the whole file for each statement it takes half a minute.
  expect(performance.now() - begun).toBeLessThan(20_000)
  expect(statements.at(-1)!.line).toBe(20_000)
  expect(await statementsOf({ ...seed, name: '020_same.sql' })).toBe(statements)
})

test('what is no text is refused', async () => {
  await expect(read(Buffer.from("select 'ä'", 'latin1'))).rejects.toMatchObject(refused('UTF-8'))
  await expect(read("select '\0'")).rejects.toMatchObject(refused('NUL'))
  await writeFile(join(folder, NAME), '')
  await truncate(join(folder, NAME), 10_485_761)
  await expect(readSeeds({ path: folder, named: true })).rejects.toMatchObject(refused('larger'))
})
