import { createHash, randomUUID } from 'node:crypto'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { exportJWK, exportSPKI, generateKeyPair, type JWTPayload, SignJWT, UnsecuredJWT } from 'jose'

/** What goes wrong with the next token, and with those after it until something else is said. */
export interface Wrongs {
  /** Other claims, or other values of them; undefined takes one away. */
  readonly claims?: Readonly<Record<string, unknown>>
  /** Signed by a key that nobody knows, by what is no key for that (the client's secret, the public key itself), or by nobody. */
  readonly signed?: 'strange' | 'secret' | 'public' | 'none'
  /** What is answered in place of a token. */
  readonly status?: number
  /** What is answered in place of the keys. */
  readonly keys?: number
  /** Nothing is answered at all. */
  readonly down?: boolean
}

/** An issuer of OpenID Connect on this machine, which believes whoever asks and really signs. */
export interface TestIssuer {
  readonly url: string
  wrongs: Wrongs
  /** How often it has described itself. */
  described: number
  /** Who signs in next. */
  who: Readonly<Record<string, unknown>>
  /** As a browser that follows: the code and the state that lead back. */
  readonly authorize: (location: string) => Promise<{ readonly code: string; readonly state: string; readonly redirect: string }>
  readonly stop: () => Promise<void>
}

export async function startIssuer(client: { readonly id: string; readonly secret: string }): Promise<TestIssuer> {
  const [own, strange] = [await generateKeyPair('RS256', { extractable: true }), await generateKeyPair('RS256')]
  const jwk = { ...(await exportJWK(own.publicKey)), kid: 'one', alg: 'RS256', use: 'sig' }
  const codes = new Map<string, URLSearchParams>()
  const server = createServer((request, response) => {
    const json = (status: number, body: unknown): void => {
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
    }
    if (issuer.wrongs.down === true) return void request.socket.destroy()
    const { pathname, searchParams } = new URL(request.url ?? '/', issuer.url)
    if (pathname === '/.well-known/openid-configuration') {
      issuer.described++
      return json(200, {
        issuer: issuer.url,
        authorization_endpoint: `${issuer.url}/authorize`,
        token_endpoint: `${issuer.url}/token`,
        jwks_uri: `${issuer.url}/keys`,
      })
    }
    if (pathname === '/keys') return issuer.wrongs.keys === undefined ? json(200, { keys: [jwk] }) : json(issuer.wrongs.keys, {})
    if (pathname === '/authorize') {
      const code = randomUUID()
      codes.set(code, searchParams)
      const back = new URL(searchParams.get('redirect_uri')!)
      back.searchParams.set('code', code)
      back.searchParams.set('state', searchParams.get('state')!)
      return void response.writeHead(302, { location: back.href }).end()
    }
    void read(request).then(async (form) => {
      const asked = codes.get(form.get('code') ?? '')
      codes.delete(form.get('code') ?? '')
      const challenge = createHash('sha256')
        .update(form.get('code_verifier') ?? '')
        .digest('base64url')
      const basic = `Basic ${Buffer.from(`${client.id}:${client.secret}`).toString('base64')}`
      const right =
        (client.secret === '' ? form.get('client_id') === client.id : request.headers.authorization === basic) &&
        asked?.get('code_challenge') === challenge &&
        asked.get('code_challenge_method') === 'S256' &&
        asked.get('redirect_uri') === form.get('redirect_uri')
      if (issuer.wrongs.status !== undefined) return json(issuer.wrongs.status, { error: 'temporarily_unavailable' })
      if (!right) return json(400, { error: 'invalid_grant' })
      json(200, { token_type: 'Bearer', access_token: 'not looked at', id_token: await token(asked!.get('nonce')!) })
    })
  })
  const token = async (nonce: string): Promise<string> => {
    const now = Math.floor(Date.now() / 1_000)
    const { claims = {}, signed } = issuer.wrongs
    const said = { iss: issuer.url, aud: client.id, iat: now, exp: now + 60, nonce, ...issuer.who, ...claims }
    const payload = Object.fromEntries(Object.entries(said).filter(([, value]) => value !== undefined)) as JWTPayload
    if (signed === 'none') return new UnsecuredJWT(payload).encode()
    if (signed === 'secret' || signed === 'public') {
      const shared = signed === 'secret' ? client.secret : await exportSPKI(own.publicKey)
      return new SignJWT(payload).setProtectedHeader({ alg: 'HS256', kid: 'one' }).sign(Buffer.from(shared))
    }
    return new SignJWT(payload)
      .setProtectedHeader({ alg: 'RS256', kid: 'one' })
      .sign(signed === 'strange' ? strange.privateKey : own.privateKey)
  }
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const issuer: TestIssuer = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    wrongs: {},
    described: 0,
    who: {},
    authorize: async (location) => {
      const answer = await fetch(location, { redirect: 'manual' })
      const back = new URL(answer.headers.get('location')!)
      return { code: back.searchParams.get('code')!, state: back.searchParams.get('state')!, redirect: back.href }
    },
    stop: () => {
      server.closeAllConnections()
      return new Promise((resolve) => server.close(() => resolve()))
    },
  }
  return issuer
}

async function read(request: IncomingMessage): Promise<URLSearchParams> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return new URLSearchParams(Buffer.concat(chunks).toString())
}
