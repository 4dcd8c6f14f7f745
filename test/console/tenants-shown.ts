import type { Locator, Page } from 'playwright-core'

/** The number of tenants on the overview. */
export const tenantCount = (page: Page): Locator =>
  page
    .locator('section')
    .filter({ has: page.getByRole('heading', { name: 'Tenants', exact: true }) })
    .locator('p data')

/** Waits until the overview shows so many tenants. */
export const tenantsShown = (page: Page, tenants: number): Promise<void> =>
  tenantCount(page)
    .and(page.locator(`data[value="${tenants}"]`))
    .waitFor()
