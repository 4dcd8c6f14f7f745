import { row } from './row.js'

/** Tenants, their names and domains. */
export const TENANT_FAULTS = {
  TENANT_NOT_FOUND: row(
    404,
    4,
    false,
    (f: { tenant: string }) => `no tenant "${f.tenant}"`,
    () => 'see `tenantry tenant list` for the tenants of this platform',
  ),
  TENANT_EXISTS: row(
    409,
    6,
    false,
    (f: { slug: string }) => `a tenant with the slug "${f.slug}" exists already`,
    (f) => `choose another slug; \`tenantry tenant show ${f.slug}\` says whose it is, or was`,
  ),
  TENANT_STATE: row(
    409,
    6,
    false,
    (f: { tenant: string; state: string; wanted: string }) => `tenant "${f.tenant}" is ${f.state}; this needs ${f.wanted}`,
    (f) => `see \`tenantry tenant show ${f.tenant}\``,
  ),
  TENANT_SUSPENDED: row(
    503,
    6,
    false,
    (f: { tenant: string; reason?: string }) => `tenant "${f.tenant}" is suspended${f.reason === undefined ? '' : `: ${f.reason}`}`,
    (f) => `an operator can take it back with \`tenantry tenant resume ${f.tenant}\``,
  ),
  TENANT_DELETED: row(
    410,
    4,
    false,
    (f: { tenant: string }) => `tenant "${f.tenant}" is deleted`,
    (f) => `until it is purged, \`tenantry tenant undelete ${f.tenant}\` takes it back`,
  ),
  TENANT_HELD: row(
    409,
    5,
    false,
    (f: { tenant: string; reason: string }) => `tenant "${f.tenant}" is held: ${f.reason}`,
    (f) =>
      `whoever placed the hold can lift it with \`tenantry tenant unhold ${f.tenant}\`, or \`tenantry backup unhold\` where the tenant was purged`,
  ),
  TENANT_GRACE: row(
    409,
    5,
    false,
    (f: { tenant: string; until: string }) => `tenant "${f.tenant}" may be purged from ${f.until} on, and not before`,
    () => 'wait, or say --skip-grace',
  ),
  TENANT_DEPENDED: row(
    409,
    5,
    false,
    (f: { tenant: string; what: readonly string[] }) => `tenant "${f.tenant}" is needed from outside of its home: ${f.what.join('; ')}`,
    () => 'drop what depends on it, then purge again',
  ),
  ADOPTION_REFUSED: row(
    422,
    5,
    false,
    (f: { what: string; findings: readonly string[] }) => `${f.what} cannot be adopted as it is: ${f.findings.join('; ')}`,
    () => 'nothing has been changed; correct what is named, and look again with --dry-run',
  ),
  TENANT_READ_ONLY: row(
    503,
    6,
    false,
    (f: { tenant: string }) => `tenant "${f.tenant}" is suspended for writing; only read-only scopes are let in`,
    () => 'open the scope with { readOnly: true }, or have the tenant resumed',
  ),
  TENANT_MOVED: row(
    503,
    6,
    true,
    (f: { tenant: string }) => `tenant "${f.tenant}" has moved, and the catalog does not yet say where to`,
    () => 'try again in a moment',
  ),
  TENANT_BUSY: row(
    503,
    6,
    true,
    (f: { tenant: string; waitedMs: number }) => `tenant "${f.tenant}" is being changed; gave up after waiting ${f.waitedMs} ms`,
    () => 'try again in a moment; `tenantry operation list` shows what is running',
  ),
  HOME_NOT_BESIDE: row(
    404,
    4,
    false,
    (f: { tenant: string; home: string | null }) =>
      f.home === null
        ? `tenant "${f.tenant}" has no home beside the one it lives in`
        : `tenant "${f.tenant}" has no home "${f.home}" beside the one it lives in`,
    (f) => `see \`tenantry tenant homes ${f.tenant}\``,
  ),
  HOME_CHOICE: row(
    409,
    5,
    false,
    (f: { tenant: string; homes: readonly string[] }) =>
      `tenant "${f.tenant}" has several homes beside the one it lives in: ${f.homes.join(', ')}`,
    () => 'name the one that is meant with --home',
  ),
  HOME_PARTIAL: row(
    409,
    5,
    false,
    (f: { tenant: string; home: string }) =>
      `home "${f.home}" has only some tables of tenant "${f.tenant}", and its others are empty: the tenant cannot live there`,
    (f) =>
      `bring its rows back with \`tenantry tenant merge ${f.tenant} <table>\`, or restore the whole backup, without --table, and point the tenant to that`,
  ),
  HOME_FORMER: row(
    409,
    6,
    false,
    (f: { tenant: string }) => `tenant "${f.tenant}" has no former home that it could be pointed back to`,
    () => 'a former home is dropped when its grace has ended; what a backup holds can be restored beside, and pointed to',
  ),
  HOME_TAKEN: row(
    409,
    6,
    false,
    (f: { tenant: string; cluster: string }) => `tenant "${f.tenant}" has rows in the shared home of cluster "${f.cluster}" already`,
    (f) => `choose another isolation or cluster; \`tenantry tenant homes ${f.tenant}\` says which homes it has`,
  ),
  HOME_GRACE: row(
    409,
    5,
    false,
    (f: { tenant: string; home: string; until: string | null }) =>
      f.until === null
        ? `home "${f.home}" of tenant "${f.tenant}" is kept until somebody drops it`
        : `home "${f.home}" of tenant "${f.tenant}" is kept until ${f.until}`,
    () => 'wait, or leave out --after-grace',
  ),
  HOME_BEHIND: row(
    409,
    6,
    false,
    (f: { tenant: string; home: string; version: string; wanted: string }) =>
      `home "${f.home}" is at schema version ${f.version === '' ? 'none' : f.version}, and tenant "${f.tenant}" lives at ${f.wanted === '' ? 'none' : f.wanted}`,
    () => 'bring both to one version with `tenantry migrate up`, or say --any-version when the application works with both',
  ),
  HOME_MISSING: row(
    409,
    6,
    false,
    (f: { home: string }) => `home ${f.home} is not in its database`,
    () => 'somebody has dropped it, or has set the database back; `tenantry doctor` says what is missing',
  ),
  TENANT_RENAMED: row(
    409,
    6,
    false,
    (f: { tenant: string; slug: string }) => `"${f.tenant}" is no longer the slug of a tenant, which is now called "${f.slug}"`,
    (f) => `use its id, or the slug ${f.slug}`,
  ),
  FORMER_SLUG_NOT_FOUND: row(
    404,
    4,
    false,
    (f: { tenant: string; slug: string }) => `"${f.slug}" is no former slug of tenant "${f.tenant}"`,
    (f) => `see \`tenantry tenant show ${f.tenant}\``,
  ),
  DOMAIN_INVALID: row(
    400,
    2,
    false,
    (f: { domain: string }) => `"${f.domain}" is not a host name that a customer can have`,
    () => 'give a full name such as shop.example.com, without scheme, port, path or wildcard',
  ),
  DOMAIN_TAKEN: row(
    409,
    6,
    false,
    (f: { domain: string }) => `the domain ${f.domain} belongs to a tenant already`,
    (f) => `\`tenantry domain show ${f.domain}\` says to which; remove it there first`,
  ),
  DOMAIN_NOT_FOUND: row(
    404,
    4,
    false,
    (f: { domain: string }) => `no domain ${f.domain} here`,
    () => 'add it with `tenantry domain add TENANT DOMAIN`; `tenantry tenant show TENANT` lists those of a tenant',
  ),
  DOMAIN_UNVERIFIED: row(
    409,
    6,
    false,
    (f: { record: string; found: string }) => `${f.record} does not hold the token: ${f.found}`,
    (f) => `publish the TXT record ${f.record} that \`tenantry domain add\` has named; resolvers may remember its absence for a while`,
  ),
  DNS_UNREACHABLE: row(
    502,
    7,
    true,
    (f: { record: string; reason: string }) => `DNS gave no answer about ${f.record}: ${f.reason}`,
    () => 'try again; if it stays so, check the name servers of the domain, and `dns` in the configuration',
  ),
  TENANT_MISSING: row(
    400,
    2,
    false,
    () => 'no tenant was named',
    () => 'name the tenant by its id or slug: tenantry.tenant(idOrSlug)',
  ),
  SELECTION_CHANGED: row(
    409,
    6,
    false,
    (f: { expected: number; found: number }) => `${f.found} tenants are chosen by this, and not ${f.expected} as was expected`,
    () => 'look at `tenantry tenant list` with the same filter, and say how many you mean with --expect',
  ),
  SLUG_INVALID: row(
    400,
    2,
    false,
    (f: { slug: string }) => `"${f.slug}" is neither a tenant id nor a valid slug`,
    () => 'a slug has 2 to 39 characters: a letter, then letters, digits and hyphens in lower case, not ending in a hyphen',
  ),
  ID_INVALID: row(
    400,
    2,
    false,
    (f: { noun: string; id: string }) => `"${f.id}" is not the id of a ${f.noun}`,
    () => 'ids are UUIDs in lower case',
  ),
} as const
