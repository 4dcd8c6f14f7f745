import { type BinaryLike, type ScryptOptions, scrypt, timingSafeEqual } from 'node:crypto'
import { promisify } from 'node:util'
import { randomBytes } from '../../kernel/clock.js'
import { fault } from '../../kernel/faults.js'
import { turns } from '../../postgres/turns.js'

/** Of scrypt. It stands in what is stored, so that it can grow. */
export interface PasswordCost {
  readonly N: number
  readonly r: number
  readonly p: number
}

/** How passwords are stored, and recognised. */
export interface Passwords {
  /** What is stored of a password: parameters, salt and hash. */
  readonly hash: (password: string) => Promise<string>
  /** Is it this password? For whoever has none, or is not there, the same work is done, and it is not. */
  readonly matches: (password: string, stored: string | null | undefined) => Promise<boolean>
}

// 32 MiB and about a tenth of a second each.
const COST: PasswordCost = { N: 2 ** 15, r: 8, p: 3 }
const BYTES = 32
// Sign-in must be no way to keep the process busy: so many at once, so many that wait, for so long.
const AT_ONCE = 2
const MOST_WAITING = 32
const PATIENCE_MS = 10_000

export const SHORTEST_PASSWORD = 12
export const LONGEST_PASSWORD = 200

const derive = promisify<BinaryLike, BinaryLike, number, ScryptOptions, Buffer>(scrypt)

/** What a password is hashed with. The same letters are the same password, however a keyboard writes them. */
const hashOf = (password: string, salt: Buffer, { N, r, p }: PasswordCost): Promise<Buffer> =>
  // All that it takes: whoever has a password of another cost is not to be told apart by a failure.
  derive(password.normalize('NFKC'), salt, BYTES, { N, r, p, maxmem: 128 * r * (N + p + 2) })

const takeTurn = turns(AT_ONCE, PATIENCE_MS)
let waiting = 0

/** Everything that hashes goes through here. Throws RATE_LIMITED when too many wait. */
export async function inTurn<T>(body: () => Promise<T>): Promise<T> {
  const busy = () => fault('RATE_LIMITED', { whose: 'to sign in, from everywhere', seconds: 2 })
  if (waiting >= MOST_WAITING) throw busy()
  waiting++
  let giveBack: (() => void) | undefined
  try {
    giveBack = await takeTurn()
  } finally {
    waiting--
  }
  if (giveBack === undefined) throw busy()
  try {
    return await body()
  } finally {
    giveBack()
  }
}

const STORED = /^scrypt\$(\d{1,8})\$(\d{1,3})\$(\d{1,3})\$([\w-]{16,64})\$([\w-]{43})$/

export const passwordsAt = (cost: PasswordCost = COST): Passwords => ({
  hash: async (password) => {
    const salt = randomBytes(16)
    const hash = await hashOf(password, salt, cost)
    return ['scrypt', cost.N, cost.r, cost.p, salt.toString('base64url'), hash.toString('base64url')].join('$')
  },
  matches: async (password, stored) => {
    const [, N, r, p, salt = '', hash = ''] = STORED.exec(stored ?? '') ?? []
    const known =
      N === undefined
        ? { cost, salt: Buffer.alloc(16), hash: Buffer.alloc(BYTES) }
        : { cost: { N: Number(N), r: Number(r), p: Number(p) }, salt: Buffer.from(salt, 'base64url'), hash: Buffer.from(hash, 'base64url') }
    const given = await hashOf(password, known.salt, known.cost)
    return timingSafeEqual(given, known.hash) && N !== undefined
  },
})
