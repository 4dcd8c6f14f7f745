import { sql, type Tenantry } from 'tenantry'
import { SHOPS, type Shop } from './shops.js'

export interface Finding {
  readonly ok: boolean
  readonly says: string
}

interface Tenant {
  readonly id: string
  readonly slug: string
  readonly state: string
  readonly isolation: Shop['isolation']
}

export interface CheckOptions {
  readonly url: string
  readonly key: string
  readonly tenantry: Tenantry
}

/** Asks a running platform from outside whether it is well. */
export async function checkPlatform({ url, key, tenantry }: CheckOptions): Promise<readonly Finding[]> {
  const ready = await fetch(`${url}/readyz`)
  const refused = await fetch(`${url}/v1/tenants`)
  const tenants = await listByApi(url, key)
  const active = tenants.filter((tenant) => tenant.state === 'active')
  const missing = SHOPS.filter((shop) => !tenants.some((tenant) => tenant.slug === shop.slug))
  const isolations = (['shared', 'schema', 'database'] as const).map((isolation) => active.find((tenant) => tenant.isolation === isolation))
  return [
    { ok: ready.status === 200, says: `GET /readyz answers ${ready.status}` },
    { ok: refused.status === 401, says: `GET /v1/tenants without a key answers ${refused.status}` },
    {
      ok: missing.length === 0,
      says: `the API lists ${tenants.length} tenants, ${active.length} of them active${missing.map((shop) => `; ${shop.slug} is missing`).join('')}`,
    },
    ...(await Promise.all(
      isolations.map((tenant) =>
        tenant === undefined ? { ok: false, says: 'an isolation has no active tenant' } : checkScope(tenantry, tenant),
      ),
    )),
    await checkLines(tenantry, active),
    await checkConsole(url),
  ]
}

/** Whoever opens the address with a browser gets the console's page, and the script that it names is there. */
export async function checkConsole(url: string): Promise<Finding> {
  const page = await fetch(`${url}/`, { headers: { Accept: 'text/html' }, redirect: 'manual' })
  const html = await page.text()
  if (page.status !== 200) {
    const why = page.headers.get('location') === null ? '' : ': no console was built, `npm run build` makes it'
    return { ok: false, says: `the console's page answers ${page.status}${why}` }
  }
  const src = /<script[^>]* src="([^"]+)"/.exec(html)?.[1]
  if (src === undefined) return { ok: false, says: 'what answers at / is not the console: its page names no script' }
  const script = await fetch(new URL(src, `${url}/`))
  const bytes = (await script.arrayBuffer()).byteLength
  const ok = script.status === 200 && /javascript/.test(script.headers.get('content-type') ?? '') && bytes > 0
  return { ok, says: `the console's page answers ${page.status}, and its script ${src} ${script.status}` }
}

async function listByApi(url: string, key: string): Promise<readonly Tenant[]> {
  const tenants: Tenant[] = []
  for (let cursor: string | null = ''; cursor !== null; ) {
    const response = await fetch(`${url}/v1/tenants?limit=500${cursor && `&cursor=${cursor}`}`, {
      headers: { Authorization: `Bearer ${key}` },
    })
    if (!response.ok) return tenants
    const page = (await response.json()) as { readonly data: readonly Tenant[]; readonly nextCursor: string | null }
    tenants.push(...page.data)
    cursor = page.nextCursor
  }
  return tenants
}

/** A scope is where the API says, and sees one tenant's rows only. */
async function checkScope(tenantry: Tenantry, tenant: Tenant): Promise<Finding> {
  const [seen] = await tenantry.tenant(tenant.slug).query(
    sql<{ tenant: string; others: number; unpaid: number }>`
      select tenantry.tenant() as tenant,
             (select count(*) from sales where tenant_id <> tenantry.tenant())::int as others,
             (
               select count(*)
               from sales
               where sales.status = 'completed'
                 and sales.total <> (select coalesce(sum(amount), 0) from payments where payments.tenant_id = sales.tenant_id and payments.sale_id = sales.id)
             )::int as unpaid`,
    { readOnly: true },
  )
  const ok = seen?.tenant === tenant.id && seen.others === 0 && seen.unpaid === 0
  return { ok, says: `${tenant.slug} (${tenant.isolation}): ${seen?.others} rows of others, ${seen?.unpaid} sales that are not paid` }
}

/** Every line that was loaded is there, once. */
async function checkLines(tenantry: Tenantry, active: readonly Tenant[]): Promise<Finding> {
  const shops = SHOPS.filter((shop) => active.some((tenant) => tenant.slug === shop.slug))
  let [found, expected] = [0, 0]
  const short: string[] = []
  for (const shop of shops) {
    const [counted] = await tenantry
      .tenant(shop.slug)
      .query(sql<{ lines: number }>`select count(*)::int as lines from sale_lines`, { readOnly: true })
    found += counted!.lines
    expected += shop.lines
    // Sales made since only add to them.
    if (counted!.lines < shop.lines) short.push(shop.slug)
  }
  return {
    ok: short.length === 0,
    says: `${shops.length} shops hold ${found} lines of sales; ${expected} were loaded${short.map((slug) => `; ${slug} lacks some`).join('')}`,
  }
}
