import { readFile } from 'node:fs/promises'
import { OPERATIONS } from '../../src/operations/registry.js'

const registry = new URL('../../src/operations/registry.ts', import.meta.url)

/** The text of src/cli/index.generated.ts, from the registry: which file exports which operation is what its imports say. */
export async function renderIndex(): Promise<string> {
  const homes = new Map<unknown, { readonly name: string; readonly path: string }>()
  for (const [, name = '', path = ''] of (await readFile(registry, 'utf8')).matchAll(/^import \{ (\w+) \} from '\.\/(.+)\.js'$/gm)) {
    const module = (await import(new URL(`../../src/operations/${path}.js`, import.meta.url).href)) as Record<string, unknown>
    homes.set(module[name], { name, path })
  }
  const entries = OPERATIONS.map((definition) => {
    const home = homes.get(definition)!
    return `  {
    name: '${definition.name}',
    summary: ${quoted(definition.summary)},
    positionals: [${(definition.words.positionals ?? []).map(quoted).join(', ')}],
    load: () => import('../operations/${home.path}.js').then((module) => module.${home.name}),
  },
`
  })
  return `// Generated from src/operations/registry.ts by \`npx vitest run test/cli/index.test.ts --update\`. Do not edit.
import type { IndexEntry } from './index-entry.js'

export const INDEX: readonly IndexEntry[] = [
${entries.join('')}]
`
}

const quoted = (text: string): string => (text.includes("'") ? JSON.stringify(text) : `'${text}'`)
