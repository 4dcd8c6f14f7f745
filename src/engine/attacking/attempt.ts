import { type Attack, type Ending, endingAt, fill } from '../../isolation/attacks/attack.js'
import { isFault } from '../../kernel/faults.js'
import { checkStatement } from '../../kernel/row-statements.js'
import { fileText, type Sql } from '../../kernel/sql.js'
import { DriverError } from '../../postgres/errors.js'
import type { Heard, RawLine } from '../../postgres/raw-line.js'
import type { Ground } from './ground.js'

/** What came of an attack, before anybody has looked from outside. */
export interface Attempt {
  /** `plain`: on a connection without the client. */
  readonly way: 'plain' | 'client'
  /** SQLSTATE or fault code of the first thing that failed, or `ok`. */
  readonly code: string
  /** Everything that was heard. */
  readonly texts: readonly string[]
  /** How many rows were returned or touched. */
  readonly count: number
  readonly ending: Ending
  /** What is wrong with how the victim was answered afterwards. */
  readonly disturbed?: string
}

/** The attacker's line is kept from one attack to the next; whatever was left on it is discarded. */
export interface Lines {
  readonly attacker: () => Promise<RawLine>
  /** How the victim is answered on a connection that nobody has used before. */
  readonly usual: (text: string) => Promise<Heard>
  readonly end: () => Promise<void>
}

export function keepLine(ground: Ground): Lines {
  let line: RawLine | undefined
  const known = new Map<string, Heard>()
  return {
    usual: async (text) => {
      const answer = known.get(text) ?? (await onFreshLine(ground, text))
      known.set(text, answer)
      return answer
    },
    attacker: async () => {
      if (line === undefined || line.broken()) line = await ground.line('own')
      return line
    },
    end: async () => {
      await line?.end()
    },
  }
}

// The text of an attack is that of this package's tables, and goes to two scratch tenants.
const sqlOf = (text: string, { names }: Ground): Sql => fileText(fill(text, names))

const together = (heard: readonly Heard[]): Heard => ({
  code: heard.find(({ code }) => code !== 'ok')?.code ?? 'ok',
  texts: heard.flatMap(({ texts }) => texts),
  count: heard.reduce((sum, { count }) => sum + count, 0),
})

/** Tries an attack once in one way; with `instead`, the other half of an oracle. */
export type Way = (instead?: boolean) => Promise<Attempt>

/** Every way in which an attack is tried here. */
export function waysOf(ground: Ground, lines: Lines, attack: Attack): readonly Way[] {
  const expected = ground.has.has('tenant column') ? attack.expected : (attack.columnless ?? attack.expected)
  const ending = endingAt(expected, ground.isolation, ground.assurance)
  const half = (instead = false): readonly string[] => (instead ? attack.instead! : attack.does)
  const plain =
    (heard: (does: readonly string[]) => Promise<Heard>): Way =>
    async (instead) => ({ way: 'plain', ...(await heard(half(instead))), ending })
  const { client, migrate } = ground
  const throughScope: readonly Way[] = ground.scope === undefined ? [] : [(instead) => throughClient(ground, attack, half(instead), ending)]
  switch (attack.from) {
    case 'transaction':
      return [plain((does) => fromTransaction(ground, lines, attack, does)), ...throughScope]
    case 'scope':
      return throughScope
    case 'login':
      return [plain((does) => fromLogin(ground, lines, attack, does))]
    case 'pool':
      return [() => fromPool(ground, lines, attack, ending), ...throughScope]
    case 'client':
      return client === undefined ? [] : [async () => ({ way: 'client', ...(await client(fill(attack.does[0]!, ground.names))), ending })]
    case 'migration':
      return migrate === undefined ? [] : [plain((does) => migrate(fill(does[0]!, ground.names)))]
    case 'api':
      return []
  }
}

async function fromTransaction(ground: Ground, lines: Lines, attack: Attack, does: readonly string[]): Promise<Heard> {
  const line = await lines.attacker()
  const entered = await ground.enter(line, 'attacker')
  if (entered.code !== 'ok') return { ...entered, code: `cannot enter: ${entered.code}` }
  const heard = await say(ground, line, does, attack.feeds)
  if (attack.keeps) heard.push(await line.say(fileText('commit')))
  await forget(line, attack, does)
  return together(heard)
}

async function fromLogin(ground: Ground, lines: Lines, attack: Attack, does: readonly string[]): Promise<Heard> {
  const { at, feeds } = attack
  let line: RawLine
  try {
    line = at === undefined ? await lines.attacker() : await ground.line(at)
  } catch (error) {
    return failed(error)
  }
  const heard = together(await say(ground, line, does, feeds))
  await (at === undefined ? forget(line, attack, does) : line.end())
  return heard
}

/** The victim before, the attacker, the victim afterwards: all on one connection, as a pooler would have it. */
async function fromPool(ground: Ground, lines: Lines, attack: Attack, ending: Ending): Promise<Attempt> {
  const line = await ground.line('own')
  try {
    if (attack.before !== undefined) {
      await asVictim(ground, line, attack.before)
      await line.say(fileText('commit'))
    }
    const entered = await ground.enter(line, 'attacker')
    const heard =
      entered.code === 'ok' ? together([...(await say(ground, line, attack.does)), await line.say(fileText('commit'))]) : entered
    const attempt: Attempt = { way: 'plain', ...heard, ending }
    if (attack.afterwards === undefined) return attempt
    await line.say(fileText('rollback'))
    const then = await asVictim(ground, line, [attack.afterwards])
    const usual = await lines.usual(attack.afterwards)
    if (then.code !== 'ok') return { ...attempt, code: attempt.code === 'ok' ? `then ${then.code}` : attempt.code }
    const same = JSON.stringify(then.texts) === JSON.stringify(usual.texts)
    return same ? attempt : { ...attempt, disturbed: `the victim is answered ${JSON.stringify(then.texts).slice(0, 120)}` }
  } finally {
    await line.end()
  }
}

async function onFreshLine(ground: Ground, text: string): Promise<Heard> {
  const line = await ground.line('own')
  try {
    return await asVictim(ground, line, [text])
  } finally {
    await line.end()
  }
}

async function asVictim(ground: Ground, line: RawLine, texts: readonly string[]): Promise<Heard> {
  const entered = await ground.enter(line, 'victim')
  return entered.code === 'ok' ? together(await say(ground, line, texts)) : entered
}

async function throughClient(ground: Ground, attack: Attack, does: readonly string[], ending: Ending): Promise<Attempt> {
  const scope = ground.scope!
  const victim = (texts: readonly string[], keeps: boolean): Promise<Heard> => scope('victim', statementsOf(ground, texts), keeps)
  const usual = attack.afterwards === undefined ? undefined : await victim([attack.afterwards], false)
  if (attack.before !== undefined) await victim(attack.before, true)
  const heard = await scope('attacker', statementsOf(ground, does), attack.keeps === true)
  const attempt: Attempt = { way: 'client', ...heard, ending: endingInScope(ground, attack, does, ending) }
  if (attack.afterwards === undefined) return attempt
  const then = await victim([attack.afterwards], false)
  const same = then.code === 'ok' && JSON.stringify(then.texts) === JSON.stringify(usual?.texts)
  return same ? attempt : { ...attempt, disturbed: `the victim is answered ${then.code} ${JSON.stringify(then.texts).slice(0, 120)}` }
}

const statementsOf = (ground: Ground, texts: readonly string[]): readonly Sql[] => texts.map((text) => sqlOf(text, ground))

const isRefused = (statement: Sql): boolean => {
  try {
    checkStatement(statement)
    return false
  } catch {
    return true
  }
}

/** The client is a wall of its own: what begins with another word it refuses, and the protocol takes one statement. */
function endingInScope(ground: Ground, attack: Attack, does: readonly string[], plain: Ending): Ending {
  if (attack.scope !== undefined) return endingAt(attack.scope, ground.isolation, ground.assurance)
  if (attack.from === 'scope') return plain
  const statements = statementsOf(ground, does)
  const codes = 'residual' in plain ? [] : plain.filter((code) => code !== 'ok')
  if (statements.some(isRefused)) return [...codes, 'STATEMENT_REFUSED']
  if (statements.some(({ text }) => /;\s*\w/.test(text))) return [...codes, '42601']
  return plain
}

async function say(ground: Ground, line: RawLine, texts: readonly string[], feeds = ''): Promise<Heard[]> {
  const heard: Heard[] = []
  for (const text of texts) heard.push(await line.say(sqlOf(text, ground), fill(feeds, ground.names)))
  return heard
}

// What a rollback does not undo.
const LASTING = /\b(commit|rollback|discard|prepare|setseed|advisory|hold)\b/i

/** Leaves the line as one that was just opened. What cannot be discarded goes with the line. */
async function forget(line: RawLine, { keeps, from }: Attack, does: readonly string[]): Promise<void> {
  await line.say(fileText('rollback'))
  if (keeps !== true && from === 'transaction' && !does.some((text) => LASTING.test(text))) return
  const { code } = await line.say(fileText('discard all'))
  if (code !== 'ok') await line.end()
}

/** What whoever called has heard of an error. */
export function failed(error: unknown): Heard {
  const told = error as { readonly message?: string; readonly detail?: string; readonly hint?: string; readonly where?: string }
  const texts = [told.message, told.detail, told.hint, told.where].filter((text) => text !== undefined)
  const code = isFault(error) ? error.code : error instanceof DriverError ? (error.code ?? '') : 'lost'
  return { code, texts, count: 0 }
}
