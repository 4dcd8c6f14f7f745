import { Agent, request } from 'node:http'
import { type Ask, asks, idempotencyKey, type Known, numbersFrom } from './asks.js'

/** What the load is told by its parent, as a line of JSON. */
export interface LoadTask extends Known {
  readonly url: string
  readonly keys: readonly string[]
  readonly perSecond: number
  readonly seconds: number
  /** Before those that count, at half the rate: nobody's server has just been started. */
  readonly warmUpSeconds: number
}

/** And what it answers. */
export interface LoadResult {
  /** From when each was due until the last byte of its answer, by kind. */
  readonly tookMs: Readonly<Record<string, readonly number[]>>
  readonly errors: Readonly<Record<string, number>>
  readonly mostOpen: number
}

const WITHIN_MS = 30_000

/** Requests that are sent when they are due, whatever became of those before: a server that is slow is not asked less. */
async function main({ warmUpSeconds, ...task }: LoadTask): Promise<LoadResult> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1_000 })
  const next = asks(task, numbersFrom(7))
  try {
    await ask(agent, next, { ...task, perSecond: task.perSecond / 2, seconds: warmUpSeconds })
    return await ask(agent, next, task)
  } finally {
    agent.destroy()
  }
}

type Rate = Pick<LoadTask, 'url' | 'keys' | 'perSecond' | 'seconds'>

async function ask(agent: Agent, next: () => Ask, { url, keys, perSecond, seconds }: Rate): Promise<LoadResult> {
  const tookMs: Record<string, number[]> = {}
  const errors: Record<string, number> = {}
  const begun = performance.now()
  const open = new Set<Promise<void>>()
  let mostOpen = 0
  const due = (n: number): number => (n / perSecond) * 1_000
  for (let n = 0; n < perSecond * seconds; ) {
    const passed = performance.now() - begun
    if (due(n) > passed) {
      await new Promise((resolve) => setTimeout(resolve, due(n) - passed))
      continue
    }
    const made = next()
    const at = due(n)
    const one = send(agent, url, keys[n % keys.length]!, made)
      .then((wrong) => {
        if (wrong !== undefined) errors[`${made.kind}: ${wrong}`] = (errors[`${made.kind}: ${wrong}`] ?? 0) + 1
        const all = tookMs[made.kind] ?? []
        all.push(performance.now() - begun - at)
        tookMs[made.kind] = all
      })
      .finally(() => open.delete(one))
    open.add(one)
    mostOpen = Math.max(mostOpen, open.size)
    n++
  }
  await Promise.all(open)
  return { tookMs, errors, mostOpen }
}

/** What is wrong with the answer; undefined: nothing. */
function send(agent: Agent, url: string, key: string, { method, path, body, after }: Ask): Promise<string | undefined> {
  return new Promise((resolve) => {
    const headers = {
      Authorization: `Bearer ${key}`,
      ...(method === 'POST' ? { 'Content-Type': 'application/json', 'Idempotency-Key': idempotencyKey() } : {}),
    }
    const sent = request(`${url}${path}`, { method, agent, headers, timeout: WITHIN_MS }, (answer) => {
      const parts: Buffer[] = []
      answer.on('data', (part: Buffer) => parts.push(part))
      answer.on('error', (error) => resolve(error.message))
      answer.on('end', () => {
        const text = Buffer.concat(parts).toString('utf8')
        const { statusCode = 0 } = answer
        if (statusCode < 200 || statusCode > 299) return resolve(`${statusCode} ${/"code":"(\w+)"/.exec(text)?.[1] ?? ''}`)
        after?.(text)
        resolve(undefined)
      })
    })
    sent.on('timeout', () => sent.destroy(new Error(`no answer within ${WITHIN_MS} ms`)))
    sent.on('error', (error) => resolve(error.message))
    sent.end(method === 'POST' ? JSON.stringify(body) : undefined)
  })
}

let task = ''
for await (const part of process.stdin) task += part
process.stdout.write(JSON.stringify(await main(JSON.parse(task) as LoadTask)))
