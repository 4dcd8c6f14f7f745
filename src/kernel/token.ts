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

/** For how long ours are valid; tenantry.enter_v2 takes none that is valid for more than 120 s. */
export const TOKEN_S = 60

const hex = (text: string): string => (text === '' ? '' : Buffer.from(text).toString('hex'))

/** Who is entered, in letters that a setting takes. */
export const contextOf = ({ tenant, actor, request }: Pick<TokenFacts, 'tenant' | 'actor' | 'request'>): string =>
  `t_${tenant.replaceAll('-', '')}_${hex(actor)}_${hex(request)}`

/** HMAC-SHA256 over `database|epoch|expires|context`; see tenantry.enter_v2, which says the same. */
export function signToken({ key }: TokenKey, facts: TokenFacts): Token {
  const { databaseId, epoch, expires } = facts
  const context = contextOf(facts)
  const signature = createHmac('sha256', Buffer.from(key, 'hex')).update(`${databaseId}|${epoch}|${expires}|${context}`).digest()
  return { context, signature }
}
