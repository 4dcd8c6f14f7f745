import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { ORM_CODE } from './orm-code.js'

test('the code that is shown is that of the page about ORMs, which is run', () => {
  const page = readFileSync(new URL('../../../docs/orms.md', import.meta.url), 'utf8')
  const blocks = [...page.matchAll(/```ts \S+\n([\s\S]*?)\n```/g)].map(([, code]) => code)
  expect(Object.values(ORM_CODE)).toEqual(blocks)
})
