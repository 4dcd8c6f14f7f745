import { createHmac } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Resolve } from '../../src/engine/webhooks/addresses.js'
import { type SendOptions, send } from '../../src/engine/webhooks/send.js'
import { secretOf, secretsOf, signedHeaders } from '../../src/engine/webhooks/sign.js'
import { MASTER, type Receiver, startReceiver } from './receiver.js'

let receiver: Receiver
beforeAll(async () => {
  receiver = await startReceiver()
})
afterAll(() => receiver.close())

const master = Buffer.from(MASTER, 'hex')
const secrets = [secretOf(master, 'a', 1)]
const to = (path: string, options: Partial<SendOptions> = {}, url = receiver.url) =>
  send({ url: `${url}${path}`, id: '7', body: '{"a":"ä"}', secrets }, { allow: ['127.0.0.1'], ...options })

describe('what is sent', () => {
  test('is the body byte by byte, with its id, the time and a signature of both by every secret that is good', async () => {
    const both = secretsOf(master, { id: 'a', generation: 2, beforeToo: true })
    await send({ url: `${receiver.url}/signed`, id: '7', body: '{"a":"ä"}', secrets: both }, { allow: ['127.0.0.1'] })
    const [{ headers, body } = expect.fail()] = receiver.at('/signed')
    expect(body).toBe('{"a":"ä"}')
    expect(headers).toMatchObject({ 'content-type': 'application/json; charset=utf-8', 'webhook-id': '7' })
    const at = Number(headers['webhook-timestamp'])
    expect(Math.abs(at * 1_000 - Date.now())).toBeLessThan(60_000)
    const signed = both.map((secret) =>
      createHmac('sha256', Buffer.from(secret.replace('whsec_', ''), 'base64'))
        .update(`7.${at}.{"a":"ä"}`)
        .digest('base64'),
    )
    expect(headers['webhook-signature']).toBe(signed.map((one) => `v1,${one}`).join(' '))
  })

  test('is signed as the example of the standard is', () => {
    const headers = signedHeaders(['whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'], {
      id: 'msg_p5jXN8AQM9LWM0D4loKWxJek',
      atS: 1_614_265_330,
      body: '{"test": 2432232314}',
    })
    expect(headers['webhook-signature']).toBe('v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=')
  })

  test('secrets differ by webhook, generation and master', () => {
    const other = Buffer.alloc(32, 7)
    const all = [secretOf(master, 'a', 1), secretOf(master, 'a', 2), secretOf(master, 'b', 1), secretOf(other, 'a', 1)]
    expect(new Set(all).size).toBe(4)
    for (const secret of all) expect(secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/)
    expect(secretOf(master, 'a', 1)).toBe(all[0])
  })
})

describe('what comes of it', () => {
  test('an answer from 200 to 299 counts, with what it begins with as plain text', async () => {
    receiver.answer('/thanks', (response) => response.writeHead(202).end('taken\u0007\u202e <script>'))
    expect(await to('/thanks')).toEqual({
      delivered: true,
      status: 202,
      tookMs: expect.any(Number),
      failure: undefined,
      excerpt: 'taken  <script>',
    })
  })

  test.each([400, 404, 410, 429, 500, 503])('%i does not', async (status) => {
    receiver.answer(`/${status}`, (response) => response.writeHead(status).end('no'))
    expect(await to(`/${status}`)).toMatchObject({ delivered: false, status, failure: `it answers with ${status}`, excerpt: 'no' })
  })

  test('one that would go on in another protocol is no answer, and keeps nobody waiting', async () => {
    receiver.answer('/other', (response) =>
      response.socket!.end('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n'),
    )
    expect(await to('/other')).toMatchObject({ delivered: false, status: 101, failure: 'it answers with 101' })
  })

  test('a redirect is not followed', async () => {
    receiver.answer('/moved', (response) => response.writeHead(307, { location: `${receiver.url}/inside` }).end())
    expect(await to('/moved')).toMatchObject({ delivered: false, status: 307, failure: expect.stringContaining('redirect') })
    expect(receiver.at('/inside')).toEqual([])
  })

  test('of an endless answer no more than a little is read', async () => {
    let written = 0
    receiver.answer('/endless', (response) => {
      response.writeHead(200)
      const more = (): void => {
        while (!response.destroyed && response.write('x'.repeat(16_384))) written += 16_384
        if (!response.destroyed) response.once('drain', more)
      }
      more()
    })
    const { delivered, excerpt } = await to('/endless')
    expect([delivered, excerpt]).toEqual([true, `${'x'.repeat(499)}…`])
    expect(written).toBeLessThan(16 * 1024 * 1024)
  })

  test('whoever does not answer in time is left', async () => {
    receiver.answer('/silent', () => {})
    expect(await to('/silent', { withinMs: 50 })).toMatchObject({ delivered: false, status: undefined, failure: 'no answer within 0.05 s' })
  })

  test('an answer that breaks off is what its status says', async () => {
    receiver.answer('/half', (response) => {
      response.writeHead(200, { 'content-length': '100' })
      response.write('half', () => response.destroy())
    })
    expect(await to('/half')).toMatchObject({ delivered: true, status: 200, excerpt: 'half' })
  })

  test('a connection that breaks, or is refused, is told in words', async () => {
    receiver.answer('/broken', (response) => response.destroy())
    expect(await to('/broken')).toMatchObject({ status: undefined, failure: 'the connection was closed without an answer' })
    const gone = await startReceiver()
    await gone.close()
    expect(await to('/', {}, gone.url)).toMatchObject({ failure: 'the connection is refused' })
    expect(await to('/', {}, receiver.url.replace('http', 'https'))).toMatchObject({ delivered: false, status: undefined })
  })

  test('who stops it is not told that it has failed', async () => {
    const stop = new AbortController()
    receiver.answer('/stopped', () => stop.abort())
    await expect(to('/stopped', { stop: stop.signal })).rejects.toBeDefined()
  })
})

describe('where it goes', () => {
  test('to the address that was looked at, whatever the name leads to a moment later', async () => {
    const asked: string[] = []
    const resolve: Resolve = async (host) => {
      asked.push(host)
      return asked.length === 1 ? [{ address: '127.0.0.1', family: 4 }] : [{ address: '127.0.0.9', family: 4 }]
    }
    const url = `http://hooks.invalid:${receiver.port}`
    expect(await to('/pinned', { resolve }, url)).toMatchObject({ delivered: true })
    expect(receiver.at('/pinned')[0]?.headers.host).toBe(`hooks.invalid:${receiver.port}`)
    // The next time it is looked at anew, and is refused.
    expect(await to('/pinned', { resolve }, url)).toMatchObject({ failure: expect.stringContaining('WEBHOOK_ADDRESS') })
    expect([asked, receiver.at('/pinned').length]).toEqual([['hooks.invalid', 'hooks.invalid'], 1])
  })

  test('nowhere, where the name leads nowhere or nobody answers about it', async () => {
    expect(await to('/', { resolve: async () => [] }, 'https://hooks.invalid')).toMatchObject({
      failure: 'the name hooks.invalid leads nowhere',
    })
    expect(await to('/', { resolve: () => new Promise(() => {}), withinMs: 50 }, 'https://hooks.invalid')).toMatchObject({
      failure: 'no answer within 0.05 s',
    })
  })

  test('not to this machine, unless that is allowed', async () => {
    expect(await to('/never', { allow: [] })).toMatchObject({ delivered: false, failure: expect.stringContaining('WEBHOOK_ADDRESS') })
    expect(receiver.at('/never')).toEqual([])
  })
})
