import type { TestServer } from '../support/servers.js'
import { checkPlatform } from './checker.js'
import type { Isolation } from './doings.js'
import { type Form, invalidIndexes, seedTraces, tracesOf, writeMigration } from './migrations-killed.js'
import { inWords, type Lane, type Proxied, startProxied } from './proxied.js'
import type { MessageTally } from './proxied-kills.js'

/** Kills the connection of whoever migrates one home at chosen messages, a new migration each time, and looks at what became of it. */
export async function killMigrationsAt(
  server: TestServer,
  isolation: Isolation,
  form: Form,
  choose: (marks: readonly number[]) => readonly number[],
): Promise<MessageTally> {
  const proxied = await startProxied(server, { only: isolation }, 1)
  try {
    await seedTraces(proxied.fleet, ['only'])
    const lane = await proxied.lane()
    // The first of all meets plans and caches that are cold.
    await ride(proxied, lane, 1, form, 0)
    const { messages, marks } = await ride(proxied, lane, 2, form, 0)
    const violations: string[] = []
    const convergedMs: number[] = []
    for (const point of choose(marks)) {
      const { ms, wrong } = await ride(proxied, lane, 2 + point, form, point)
      violations.push(...wrong.map((one) => `${isolation}, ${form}, message ${point} of ${messages}: ${one}`))
      if (ms !== undefined) convergedMs.push(ms)
    }
    violations.push(...(await checkPlatform(proxied.subject)))
    return { messages, kills: convergedMs.length, violations, convergedMs }
  } finally {
    await proxied.stop()
  }
}

async function ride({ fleet, subject }: Proxied, lane: Lane, number: number, form: Form, point: number) {
  const written = await writeMigration(fleet, number, form)
  const { watch, hit, convergedMs, told, succeeded } = await lane.run(
    'migrate.up',
    { parallel: 1 },
    { fault: { at: point, do: 'kill', moment: 'before' } },
  )
  const wrong = [...(await tracesOf(subject, written))]
    .filter(([, traces]) => traces !== 'all')
    .map(([slug, traces]) => `${slug} has ${traces}`)
  wrong.push(...(await invalidIndexes(subject)))
  if (!succeeded) wrong.push(`the caller was told ${told}`)
  return {
    messages: watch.messages.length,
    // Between the rows of one answer nothing happens, on either side.
    marks: watch.messages.filter(({ from, type }) => !(from === 'server' && type === 'D')).map(({ number }) => number),
    ms: hit === undefined ? undefined : convergedMs,
    wrong: wrong.map((one) => `${inWords(watch)}: ${one}`),
  }
}
