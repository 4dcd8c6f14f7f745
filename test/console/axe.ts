import type { Page } from 'playwright-core'
import { expect } from 'vitest'
import { barriers } from '../support/chromium.js'

/** Nothing that keeps people out, by what axe can see in the page, or within a part of it. */
export const expectAccessible = async (page: Page, within?: string): Promise<void> => expect(await barriers(page, within)).toEqual([])
