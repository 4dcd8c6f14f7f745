import { chown, readFile, stat } from 'node:fs/promises'

/** A user of this machine whom a program runs as. */
export interface ProgramUser {
  readonly name: string
  readonly uid: number
  readonly gid: number
}

/**
 * Whom PostgreSQL and PgBouncer run as: they refuse root, so root lends them `postgres`, or `nobody` where that does not exist.
 * Undefined when we are an ordinary user, who runs them as themself.
 */
export async function programUser(): Promise<ProgramUser | undefined> {
  if (process.getuid?.() !== 0) return undefined
  const users = (await readFile('/etc/passwd', 'utf8')).split('\n').map(parseUser)
  return ['postgres', 'nobody'].map((name) => users.find((user) => user.name === name)).find((user) => user !== undefined) ?? NOBODY
}

const NOBODY: ProgramUser = { name: 'nobody', uid: 65534, gid: 65534 }

function parseUser(line: string): ProgramUser {
  const [name = '', , uid, gid] = line.split(':')
  return { name, uid: Number(uid), gid: Number(gid) }
}

/**
 * Whom to run a server as whose files exist already: their owner. That stays right when `postgres` comes to exist (with Debian's package)
 * after `nobody` had made them. Undefined when we are an ordinary user.
 */
export async function ownerOf(path: string): Promise<ProgramUser | undefined> {
  if (process.getuid?.() !== 0) return undefined
  const { uid, gid } = await stat(path)
  return { name: `user ${uid}`, uid, gid }
}

/** Makes the user the owner of a file or folder. Nothing to do for an ordinary user. */
export async function giveTo(user: ProgramUser | undefined, path: string): Promise<void> {
  if (user) await chown(path, user.uid, user.gid)
}
