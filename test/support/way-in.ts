import { createHmac } from 'node:crypto'

/** What a catalog says of a tenant to whoever enters it. */
export interface WayIn {
  readonly tenant: string
  readonly epoch: string
  readonly version: string
  readonly databaseId: string
  readonly signing?: { readonly id: number; readonly key: string } | null
}

export interface TokenOptions {
  readonly actor?: string
  readonly request?: string
  /** Of the token, in seconds since 1970; default: in a minute. */
  readonly expires?: number
  readonly key?: { readonly id: number; readonly key: string }
  /** What is signed instead of what is shown. */
  readonly signed?: Partial<WayIn> & { readonly actor?: string; readonly expires?: number }
}

/** The statement that enters a tenant, as somebody would write it who has read the wire contract and not our code. */
export function wayIn(to: WayIn, options: TokenOptions = {}): { readonly text: string; readonly values: readonly unknown[] } {
  const { actor = '', request = '', expires = Math.floor(Date.now() / 1_000) + 60 } = options
  const key = options.key ?? to.signing
  if (key === undefined || key === null) {
    return {
      text: "select set_config('role', tenantry.enter_v1($1, $2, $3, $4, $5, $6), true)",
      values: [to.tenant, to.epoch, to.version, to.databaseId, actor, request],
    }
  }
  const contextOf = (tenant: string, who: string): string =>
    ['t', tenant.replaceAll('-', ''), Buffer.from(who).toString('hex'), Buffer.from(request).toString('hex')].join('_')
  const said = { ...to, actor, expires, ...options.signed }
  const message = [said.databaseId, said.epoch, said.expires, contextOf(said.tenant, said.actor)].join('|')
  const signature = createHmac('sha256', Buffer.from(key.key, 'hex')).update(message).digest()
  return {
    text: "select set_config('role', tenantry.enter_v2($1, $2, $3, $4, $5, $6, $7), true)",
    values: [contextOf(to.tenant, actor), to.epoch, to.version, to.databaseId, expires, key.id, signature],
  }
}
