import { readFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { INDEX } from '../../src/cli/index.generated.js'
import { kebab } from '../../src/cli/kebab.js'
import { OPERATIONS } from '../../src/operations/registry.js'
import { renderIndex } from './render-index.js'

test('the generated index is what the registry says', async () => {
  await expect(await renderIndex()).toMatchFileSnapshot('../../src/cli/index.generated.ts')
})

test('every entry loads the operation that it names', async () => {
  const loaded = await Promise.all(INDEX.map((entry) => entry.load()))
  expect(loaded.map((definition) => definition.name)).toEqual(OPERATIONS.map((definition) => definition.name))
  expect(loaded.every((definition, index) => definition === OPERATIONS[index])).toBe(true)
})

test('no input field takes the flag of every command', () => {
  const taken = new Set(['config', 'output', 'json', 'yes', 'input', 'no-input', 'help', 'exit-code'])
  for (const definition of OPERATIONS) {
    const { properties } = z.toJSONSchema(definition.input, { io: 'input', unrepresentable: 'any' })
    expect(
      Object.keys(properties ?? {})
        .map(kebab)
        .filter((flag) => taken.has(flag)),
      definition.name,
    ).toEqual([])
  }
})

test('what `tenantry --help` loads is the index and nothing behind it', async () => {
  const loaded = new Set<string>()
  const visit = async (file: URL): Promise<void> => {
    const text = await readFile(file, 'utf8')
    for (const [, specifier = ''] of text.matchAll(/^import (?!type )[^'"]*['"]([^'"]+)['"]/gm)) {
      const next = specifier.startsWith('.') ? new URL(specifier.replace(/\.js$/, '.ts'), file) : undefined
      loaded.add(next === undefined ? specifier : next.pathname.slice(next.pathname.lastIndexOf('/src/') + 5))
      if (next !== undefined) await visit(next)
    }
  }
  await visit(new URL('../../src/bin.ts', import.meta.url))
  expect([...loaded].sort()).toEqual(['cli/index.generated.ts', 'cli/kebab.ts', 'cli/overview.ts', 'node:fs'])
})
