import { createHmac } from 'node:crypto'

/** What a token says: who is entered, where, until when. */
export interface TokenFacts {
  readonly databaseId: string
  readonly tenant: string
  readonly epoch: string
  readonly actor: string
  readonly request: string
  /** In seconds since 1970, by the clock of the server that it is shown to. */
  readonly expires: number
}

/** A key as the catalog hands it out: hexadecimal digits. */
export interface TokenKey {
  readonly id: number
  readonly key: string
}

/** Signed by one who is trusted to enter; the wire form of tenantry.enter_v2. */
export interface Token {
  readonly context: string
  readonly signature: Buffer
}

/** How long the server lets a token be valid at most, and how long ours are. */
export const LONGEST_TOKEN_S = 120
export const TOKEN_S = 60

const hex = (text: string): string => (text === '' ? '' : Buffer.from(text).toString('hex'))

/** HMAC-SHA256 over `database|epoch|expires|context`; see tenantry.enter_v2, which says the same. */
export function signToken({ key }: TokenKey, { databaseId, tenant, epoch, actor, request, expires }: TokenFacts): Token {
  const context = `t_${tenant.replaceAll('-', '')}_${hex(actor)}_${hex(request)}`
  const signature = createHmac('sha256', Buffer.from(key, 'hex')).update(`${databaseId}|${epoch}|${expires}|${context}`).digest()
  return { context, signature }
}
