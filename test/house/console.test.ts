import { expect, test } from 'vitest'
import { type ConsoleRule, consoleFindings } from './console-rules.js'
import { consoleSources, parseSource, readText } from './sources.js'

const rulesIn = (text: string, path = 'console/src/parts/planted.tsx') => consoleFindings(parseSource(path, text)).map(({ rule }) => rule)

const PLANTED: readonly (readonly [rule: ConsoleRule, text: string, path?: string])[] = [
  ['package', `import { z } from 'zod'`],
  ['package', `import { sql } from '../../../src/kernel/sql.js'`],
  ['package', `import type { Tenant } from '../../../src/catalog/tenants.js'`],
  ['up', `import { Frame } from '../shell/frame.js'`],
  ['up', `import { Screen } from '../screens/overview/overview.js'`],
  ['up', `import { Chip } from '../parts/chip.js'`, 'console/src/data/read.ts'],
  ['sideways', `import { Row } from '../tenants/row.js'`, 'console/src/screens/tenant/tenant.tsx'],
  ['asks', `import { useQuery } from '@tanstack/react-query'`],
  ['asks', `import { api } from '../../data/client.js'`, 'console/src/screens/tenant/tenant.tsx'],
  ['computed', 'const m = await import(name)'],
  ['markup', 'element.innerHTML = text'],
  ['markup', 'const a = <p dangerouslySetInnerHTML={{ __html: text }} />'],
  ['markup', 'const a = <style>{text}</style>'],
  ['markup', 'const a = <script src={text} />'],
  ['markup', `const a = <a href="javascript:run()">x</a>`],
  ['markup', 'document.write(text)'],
  ['markup', 'eval(text)'],
  ['time', 'const at = Date.now()'],
  ['time', 'const at = new Date()'],
  ['time', 'const id = Math.random()'],
  ['default-export', 'export default function Screen() {}'],
  ['class', 'class Screen {}'],
  ['log', 'console.log(text)'],
  ['file-name', '', 'console/src/parts/Chip.tsx'],
  ['file-name', '', 'console/src/parts/utils.ts'],
]

test('of the console, too, what must never be is nowhere', () => {
  const sources = consoleSources()
  expect(sources.length).toBeGreaterThan(20)
  expect(sources.flatMap((source) => consoleFindings(source))).toEqual([])
})

test.each(PLANTED)('%s finds: %s', (rule, text, path) => {
  expect(rulesIn(text, path)).toEqual([rule])
})

test.each([
  [`import { useRead } from '../../data/read.js'\nimport { Chip } from '../../parts/chip.js'`, 'console/src/screens/tenant/tenant.tsx'],
  [`import { row } from './row.js'`, 'console/src/screens/tenant/tenant.tsx'],
  [`import { SCREENS } from '../screens.js'`, 'console/src/shell/frame.tsx'],
  [`const at = new Date(row.at)`, 'console/src/parts/moment.tsx'],
])('lets through: %s', (text, path) => {
  expect(rulesIn(text, path)).toEqual([])
})

test('what the console is built with, and nothing that runs in its pages, comes from outside of the package', () => {
  const { dependencies, devDependencies } = JSON.parse(readText('console/package.json')) as Record<string, Record<string, string>>
  for (const version of Object.values({ ...dependencies, ...devDependencies })) expect(version).toMatch(/^\d+\.\d+\.\d+$/)
  // A workspace has no version of its own: scripts/install.mjs compares those of the lockfile.
  expect(JSON.parse(readText('console/package.json'))).not.toHaveProperty('version')
  expect(readText('console/index.html')).not.toMatch(/https?:|<style|style=| on\w+=/)
})
