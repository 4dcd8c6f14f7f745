import type { TenantListing } from './create-shops.js'

export interface TourFacts {
  readonly url: string
  readonly key: string
  /** By which the first administrator signs in; there until somebody has. */
  readonly link: string | undefined
  readonly tenants: readonly TenantListing[]
  /** Where data and secrets are kept. */
  readonly folder: string
  /** As seen from the checkout. */
  readonly envFile: string
}

/** What is running, and things to try. */
export function tourText({ url, key, link, tenants, folder, envFile }: TourFacts): string {
  const count = (isolation: string): number => tenants.filter((tenant) => tenant.isolation === isolation).length
  const curl = `curl -s -H 'Authorization: Bearer ${key}'`
  const cli = `node --env-file=${envFile} dist/bin.js`
  return `
Tenantry is running with ${tenants.length} tenants: ${count('shared')} in shared tables, ${count('schema')} in a schema, ${count('database')} in a database of their own.

  console   ${url}/
  sign in   ${link === undefined ? `${url}/sign-in` : `${link}     works once, for 24 hours`}
  API       ${url}/v1     described by ${url}/openapi.json
  API key   ${key}     a fleet-admin; kept in ${folder}/api-key

Try, from this folder:

  ${curl} '${url}/v1/tenants?isolation=database'
  ${curl} -d '{"slug":"corner-shop","isolation":"schema"}' -H 'Content-Type: application/json' ${url}/v1/tenants
  ${cli} tenant list
  ${cli} operation list --limit 5
  ${cli} migrate status

To see it at work, let customers in: type l and Enter here (again to close the shops), or start with \`npm start -- --load\`.

Ctrl-C stops everything. The data stay in ${folder}; remove it to begin anew.
`
}
