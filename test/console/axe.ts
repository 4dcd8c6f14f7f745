import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { Page } from 'playwright-core'
import { expect } from 'vitest'

// What axe looks at that depends on colours.
const COLOURS = { type: 'rule', values: ['color-contrast', 'link-in-text-block'] }

let source: string | undefined

interface Found {
  readonly violations: readonly {
    readonly id: string
    readonly impact: string | null
    readonly help: string
    readonly nodes: readonly { readonly html: string; readonly failureSummary?: string }[]
  }[]
}

/** Nothing that keeps people out, by what axe can see in the page, or within a part of it: in the light all that it knows, in the dark again what has to do with colours. */
export async function expectAccessible(page: Page, within?: string): Promise<void> {
  // As text that is evaluated: what adds a script to the page is refused by its policy.
  source ??= readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
  if (!(await page.evaluate(`'axe' in window`))) await page.evaluate(`${source}; undefined`)
  const found: string[] = []
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
    const options = { preload: false, resultTypes: ['violations'], ...(colorScheme === 'dark' ? { runOnly: COLOURS } : {}) }
    const { violations } = (await page.evaluate(
      `axe.run(${JSON.stringify(within) ?? 'document'}, ${JSON.stringify(options)}).then(({ violations }) => ({ violations }))`,
    )) as Found
    for (const { id, impact, help, nodes } of violations) {
      if (impact !== 'serious' && impact !== 'critical') continue
      found.push(`${colorScheme}: ${id}: ${help}\n${nodes.map((node) => `  ${node.html}\n  ${node.failureSummary}`).join('\n')}`)
    }
  }
  await page.emulateMedia({ colorScheme: 'light' })
  expect(found).toEqual([])
}
