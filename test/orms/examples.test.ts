import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'

const DOORS: Readonly<Record<string, string>> = { index: 'tenantry', web: 'tenantry/web', jobs: 'tenantry/jobs' }

// The compiler holds these files against each library's own types; here the pages are held against the files.
test.each(['web', 'jobs'])('the example of docs/%s.md is the one that compiles', async (page) => {
  const text = await readFile(join(import.meta.dirname, `example-${page}.ts`), 'utf8')
  const asUsers = text.replace(/'\.\.\/\.\.\/src\/(\w+)\.js'/g, (_, door: string) => `'${DOORS[door]}'`)
  const shown = await readFile(join(import.meta.dirname, '..', '..', 'docs', `${page}.md`), 'utf8')
  const inOrder = (code: string) => code.replace(/^(import .*\n)+/, (imports) => `${imports.trimEnd().split('\n').sort().join('\n')}\n`)
  expect(inOrder(/```ts\n([\s\S]*?)```/.exec(shown)![1]!)).toBe(inOrder(asUsers))
})
